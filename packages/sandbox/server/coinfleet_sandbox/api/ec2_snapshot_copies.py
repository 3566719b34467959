"""Copies of EBS snapshots, also from one region to another: each has the data, and tags and a key of its own."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.utils import random_snapshot_id
from moto.kms import kms_backends

from .context import Context, log
from .ec2_support import mark
from .errors import aws_error
from .overrides import replace

NO_VOLUME = "vol-ffffffff"
"""What AWS names as the volume of a copy: nobody may use it."""
NO_KEY = "Given key ID is not accessible"


def _source(context: Context, region: str | None, snapshot_id: str | None) -> Any:
    for name, value in (("sourceRegion", region), ("sourceSnapshotId", snapshot_id)):
        if not value:
            raise aws_error("MissingParameter", f"The request must contain the parameter {name}")
    backends = ec2_backends[context.options.account_id]
    if region not in backends.regions:
        raise aws_error("InvalidParameterValue", f"Value ({region}) for parameter SourceRegion is invalid.")
    snapshot = backends[region].snapshots.get(snapshot_id)
    if snapshot is None:
        raise aws_error("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist in {region}.")
    if snapshot.status != "completed":
        raise aws_error("IncorrectState", f"Snapshot '{snapshot_id}' is in invalid state - {snapshot.status}; it must be 'completed'.")
    if snapshot.from_ami:
        raise NotImplementedError("CopySnapshot of a root volume's snapshot")
    return snapshot


def _can_use(context: Context, region: str, key_id: str | None) -> bool:
    """Whether EBS of a region can use a key, as far as the key itself decides: it is there and enabled."""
    if key_id is None:
        return True
    prefix = f"arn:aws:kms:{region}:{context.options.account_id}:"
    if key_id.startswith("arn:") and not key_id.startswith(prefix):
        return False
    backend = kms_backends[context.options.account_id][region]
    try:
        return bool(backend.describe_key(key_id.removeprefix(prefix) if ":alias/" in key_id else key_id).key_state == "Enabled")
    except Exception:
        return False


def _key_of_copy(backend: Any, source: Any, encrypted: bool, key_id: str | None) -> str | None:
    if key_id and not (encrypted or source.encrypted):
        message = "The parameter KmsKeyId requires the parameter Encrypted to be set."
        raise aws_error("InvalidParameterDependency", message)
    if not (encrypted or source.encrypted):
        return None
    return key_id or str(backend.default_kms_key_id or backend._create_default_encryption_key())


def _job(context: Context, copy: Any, source: Any, keys: tuple[tuple[str, str | None], ...]) -> Any:
    def job() -> None:
        try:
            # AWS looks at keys after it has answered.
            with context.lock:
                if not all(_can_use(context, region, key) for region, key in keys):
                    raise RuntimeError(NO_KEY)
            context.hypervisor.copy_snapshot(copy.id, source.id)
        except Exception as error:
            log.error("copy %s of snapshot %s failed: %s", copy.id, source.id, error)
            copy.state_message = str(error)
            mark(copy, "failed", True)
            return
        mark(copy, "copied", True)

    return job


def _copy_snapshot(context: Context) -> Any:
    def copy_snapshot(self: Any) -> ActionResult:
        self.error_on_dryrun()
        backend, from_region = self.ec2_backend, self._get_param("SourceRegion")
        source = _source(context, from_region, self._get_param("SourceSnapshotId"))
        key_id = _key_of_copy(backend, source, bool(self._get_bool_param("Encrypted", False)), self._get_param("KmsKeyId"))
        copy = Snapshot(
            backend,
            random_snapshot_id(),
            volume=SimpleNamespace(id=NO_VOLUME, size=source.volume_size),
            description=self._get_param("Description") or f"[Copied {source.id} from {from_region}]",
            kms_key_id=key_id,
        )
        copy.add_tags(self._parse_tag_specification().get("snapshot", {}))
        mark(copy, "started", time.time())
        mark(copy, "size", source.volume_size)
        backend.snapshots[copy.id] = copy
        keys = ((from_region, source.kms_key_id), (backend.region_name, key_id))
        context.run(f"copy {copy.id}", _job(context, copy, source, keys), copy.id, source.id)
        return ActionResult({"SnapshotId": copy.id, "Tags": copy.tag_set})

    return copy_snapshot


def install(context: Context) -> None:
    """Put real copies behind moto's."""
    replace(ElasticBlockStore, "copy_snapshot", lambda _: _copy_snapshot(context))
