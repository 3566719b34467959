"""ModifyVolume: takes time, one at a time, four in a rolling day."""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.elastic_block_store import VolumeModification
from moto.ec2.responses._base_response import EC2BaseResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from .context import Context, log
from .ec2_support import ec2_backend, is_root_volume, mark, marked
from .ec2_volume_limits import LIMITS, check_volume
from .ec2_volumes import volume_state
from .errors import aws_error
from .overrides import replace

DAY_SEC = 24 * 3600.0
MAX_PER_DAY = 4


def modification_state(context: Context, modification: Any) -> str:
    """modifying until the device has grown and half of the time is over, then optimizing, then completed."""
    if marked(modification, "failed", False):
        return "failed"
    elapsed = time.time() - marked(modification, "started", 0.0)
    if not marked(modification, "applied", False) or elapsed < context.options.modification_sec / 2:
        return "modifying"
    return "optimizing" if elapsed < context.options.modification_sec else "completed"


def modification_progress(context: Context, modification: Any) -> int:
    """Percent of the modification that is done."""
    state = modification_state(context, modification)
    if state == "completed":
        return 100
    elapsed = time.time() - marked(modification, "started", 0.0)
    return 0 if state in ("modifying", "failed") else min(99, int(100 * elapsed / max(context.options.modification_sec, 0.001)))


def _check_may_modify(context: Context, volume: Any) -> None:
    if volume_state(volume) not in ("available", "in-use"):
        raise aws_error("IncorrectState", f"The volume '{volume.id}' is '{volume_state(volume)}'.")
    if volume.modifications:
        state = modification_state(context, volume.modifications[-1])
        if state in ("modifying", "optimizing"):
            message = f"Cannot modify volume {volume.id}: it is currently in modification state: {state.upper()}"
            raise aws_error("IncorrectModificationState", message)
    recent = [m for m in volume.modifications if time.time() - marked(m, "started", 0.0) < DAY_SEC]
    if len(recent) >= MAX_PER_DAY:
        message = (
            f"You've reached the maximum modification rate per volume limit: {volume.id} was modified {MAX_PER_DAY} times "
            "in the last 24 hours. Wait before you modify it again."
        )
        raise aws_error("VolumeModificationRateExceeded", message)


def _targets(response: Any, volume: Any) -> dict[str, Any]:
    """What the volume will be, with what the request does not name left as it is or at its type's default."""
    kind = response._get_param("VolumeType") or volume.volume_type
    changes_type = kind != volume.volume_type
    given_iops, given_throughput = response._get_param("Iops"), response._get_param("Throughput")
    keeps_iops = LIMITS[kind].max_iops > 0 and not changes_type if kind in LIMITS else False
    size = int(response._get_param("Size") or volume.size)
    iops = int(given_iops) if given_iops is not None else volume.iops if keeps_iops else 3000 if kind == "gp3" else None
    throughput = int(given_throughput) if given_throughput is not None else None
    if throughput is None and kind == "gp3":
        throughput = (volume.throughput if not changes_type else None) or 125
    return {"size": size, "volume_type": kind, "iops": iops, "throughput": throughput}


def _modify_volume(context: Context) -> Any:
    def modify_volume(self: Any) -> ActionResult:
        self.error_on_dryrun()
        volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        if not any(self._get_param(name) is not None for name in ("Size", "VolumeType", "Iops", "Throughput", "MultiAttachEnabled")):
            message = "Invalid input: Must specify at least one of size, type, iops, throughput, multi_attach_enabled"
            raise aws_error("InvalidParameterValue", message)
        target = _targets(self, volume)
        if target["size"] < volume.size:
            raise aws_error("InvalidParameterValue", "New size cannot be smaller than existing size")
        check_volume(target["volume_type"], target["size"], target["iops"], target["throughput"])
        _check_may_modify(context, volume)
        return ActionResult({"VolumeModification": _start(context, volume, target)})

    return modify_volume


def _start(context: Context, volume: Any, target: dict[str, Any]) -> Any:
    modification = VolumeModification(volume=volume, target_size=target["size"], target_volume_type=target["volume_type"])
    modification.original_iops, modification.target_iops = volume.iops, target["iops"]
    modification.original_throughput, modification.target_throughput = volume.throughput, target["throughput"]
    modification.end_time = None
    mark(modification, "started", time.time())
    volume.modifications.append(modification)
    context.run(f"modifying {volume.id}", _apply_job(context, volume, modification, target), volume.id)
    return modification


def _apply_job(context: Context, volume: Any, modification: Any, target: dict[str, Any]) -> Any:
    def job() -> None:
        try:
            if target["size"] > volume.size and not is_root_volume(volume):
                context.hypervisor.grow_volume(volume.id, target["size"])
        except Exception as error:
            log.error("volume %s did not grow: %s", volume.id, error)
            mark(modification, "failed", True)
            return
        with context.lock:
            volume.size, volume.volume_type = target["size"], target["volume_type"]
            volume.iops, volume.throughput = target["iops"], target["throughput"]
            modification.end_time = utcnow()
            mark(modification, "applied", True)

    return job


def resume(context: Context) -> None:
    """After a restart: finish what was under way."""
    for volume in list(ec2_backend(context).volumes.values()):
        last = volume.modifications[-1] if volume.modifications else None
        if last is not None and not marked(last, "applied", False) and not marked(last, "failed", False):
            target = {
                "size": last.target_size,
                "volume_type": last.target_volume_type,
                "iops": last.target_iops,
                "throughput": last.target_throughput,
            }
            context.run(f"modifying {volume.id}", _apply_job(context, volume, last, target), volume.id)


def install(context: Context) -> None:
    """Put real growth and AWS's pace behind ModifyVolume."""
    replace(ElasticBlockStore, "modify_volume", lambda _: _modify_volume(context))
    replace(VolumeModification, "modification_state", lambda _: property(lambda self: modification_state(context, self)))
    replace(VolumeModification, "progress", lambda _: property(lambda self: modification_progress(context, self)))

    def describe_volumes_modifications(self: Any) -> ActionResult:
        filters = self._filters_from_querystring()
        latest = [v.modifications[-1] for v in self.ec2_backend.describe_volumes(self._get_param("VolumeIds", [])) if v.modifications]
        found = [m for m in latest if all(_filter_value(context, m, name) in values for name, values in filters.items())]
        return ActionResult({"VolumesModifications": found})

    replace(ElasticBlockStore, "describe_volumes_modifications", lambda _: describe_volumes_modifications)
    transformers = EC2BaseResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    transformers["ModifyVolumeResponse.VolumeModification.ModificationState"] = lambda _: "modifying"


def _filter_value(context: Context, modification: Any, name: str) -> str:
    if name == "modification-state":
        return modification_state(context, modification)
    return str(modification.get_filter_value(name))
