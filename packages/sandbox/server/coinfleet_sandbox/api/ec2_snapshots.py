"""EBS snapshots: they take time, and only a completed one is good for a volume."""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from .context import Context, log
from .ec2_support import is_root_volume, mark, marked
from .ec2_volumes import volume_state
from .errors import aws_error
from .overrides import replace


def _status(context: Context, snapshot: Any) -> str:
    started = marked(snapshot, "started")
    if started is None:
        return "completed"
    if marked(snapshot, "failed", False):
        return "error"
    ready = marked(snapshot, "copied", False) and time.time() - started >= context.options.snapshot_sec
    return "completed" if ready else "pending"


def _progress(context: Context, snapshot: Any) -> str:
    if _status(context, snapshot) == "completed":
        return "100%"
    elapsed = time.time() - marked(snapshot, "started")
    return f"{min(99, int(100 * elapsed / max(context.options.snapshot_sec, 0.001)))}%"


def _copy_job(context: Context, snapshot: Any, volume_id: str) -> Any:
    def job() -> None:
        try:
            context.hypervisor.create_snapshot(snapshot.id, volume_id)
        except Exception as error:
            log.error("snapshot %s of %s failed: %s", snapshot.id, volume_id, error)
            mark(snapshot, "failed", True)
            return
        mark(snapshot, "copied", True)

    return job


def _create_snapshot(context: Context) -> Any:
    def create_snapshot(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
            if volume_state(volume) not in ("available", "in-use"):
                raise aws_error("IncorrectState", f"The volume '{volume.id}' is '{volume_state(volume)}'.")
            if is_root_volume(volume):
                raise NotImplementedError("CreateSnapshot of a root volume; make an image instead")
            result = original(self)
            snapshot = result.result
            mark(snapshot, "started", time.time())
            mark(snapshot, "size", volume.size)
            snapshot.kms_key_id = volume.kms_key_id
            context.run(f"snapshot {snapshot.id}", _copy_job(context, snapshot, volume.id), volume.id, snapshot.id)
            return result

        return wrapped

    return create_snapshot


def _delete_snapshot(context: Context) -> Any:
    def delete_snapshot(self: Any) -> EmptyResult:
        self.error_on_dryrun()
        snapshot_id = self._get_param("SnapshotId")
        self.ec2_backend.delete_snapshot(snapshot_id)
        context.run(f"deleting {snapshot_id}", lambda: context.hypervisor.delete_snapshot(snapshot_id), snapshot_id)
        return EmptyResult()

    return delete_snapshot


def resume(context: Context) -> None:
    """After a restart: a copy that was cut off has failed."""
    regions = ec2_backends[context.options.account_id].values()
    for snapshot in [one for region in list(regions) for one in region.snapshots.values()]:
        if marked(snapshot, "started") is not None and not marked(snapshot, "copied", False):
            mark(snapshot, "failed", True)


def _multi_volume(self: Any) -> ActionResult:
    raise NotImplementedError("CreateSnapshots (multi-volume)")


def install(context: Context) -> None:
    """Put real copies behind moto's snapshots."""
    replace(ElasticBlockStore, "create_snapshot", _create_snapshot(context))
    replace(ElasticBlockStore, "delete_snapshot", lambda _: _delete_snapshot(context))
    replace(ElasticBlockStore, "create_snapshots", lambda _: _multi_volume)
    status = property(lambda self: _status(context, self), lambda self, value: None)
    Snapshot.status = status
    replace(Snapshot, "progress", lambda _: property(lambda self: _progress(context, self)))
    replace(Snapshot, "volume_size", lambda _: property(lambda self: marked(self, "size") or self.volume.size))
