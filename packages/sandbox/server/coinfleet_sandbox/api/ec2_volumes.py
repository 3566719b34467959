"""EBS volumes and attachments: real block devices, and the refusals of AWS."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.elastic_block_store import Volume
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ..interface import HypervisorError
from .context import Context, log
from .ec2_support import ec2_backend, is_root_volume, mark, marked, state_of
from .ec2_volume_limits import check_volume
from .errors import aws_error
from .overrides import replace

RETRY_BUSY_SEC = 1.0
THROUGHPUT_DEFAULT = 125


def volume_state(volume: Any) -> str:
    """State of a volume as DescribeVolumes shows it."""
    return str(marked(volume, "state") or ("in-use" if volume.attachment else "available"))


def _int(value: Any) -> int | None:
    return int(value) if value is not None else None


def _settle(context: Context, volume_id: str, state: str | None) -> None:
    with context.lock:
        volume = ec2_backend(context).volumes.get(volume_id)
        if volume is not None:
            mark(volume, "state", state)


def _create_job(context: Context, volume_id: str, size: int, snapshot_id: str | None) -> Any:
    def job() -> None:
        try:
            context.hypervisor.create_volume(volume_id, size, snapshot_id)
        except Exception as error:
            log.error("volume %s was not created: %s", volume_id, error)
            _settle(context, volume_id, "error")
            return
        _settle(context, volume_id, None)

    return job


def snapshot_for(context: Context, snapshot_id: str | None) -> Any | None:
    """The snapshot that a volume is to be made from, if it is good for one."""
    if not snapshot_id:
        return None
    snapshot = ec2_backend(context).get_snapshot(snapshot_id)
    if snapshot.status != "completed":
        raise aws_error("IncorrectState", f"Snapshot '{snapshot_id}' is in invalid state - {snapshot.status}; it must be 'completed'.")
    if snapshot.from_ami:
        raise aws_error("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' is of a root volume, whose content the sandbox lacks.")
    return snapshot


def _create_volume(context: Context) -> Any:
    def create_volume(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            zone = self._get_param("AvailabilityZone")
            kind = self._get_param("VolumeType") or "gp2"
            snapshot = snapshot_for(context, self._get_param("SnapshotId"))
            size = _int(self._get_param("Size"))
            if snapshot is not None and size is not None and size < snapshot.volume_size:
                message = f"The volume size is invalid for snapshot of size {snapshot.volume_size}GiB: it must not be smaller."
                raise aws_error("InvalidParameterValue", message)
            if size is None and snapshot is None:
                raise aws_error("MissingParameter", "The request must contain the parameter size/snapshot")
            zones = {z.name for z in ec2_backend(context).describe_availability_zones()}
            if zone not in zones:
                raise aws_error("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")
            size = size if size is not None else snapshot.volume_size if snapshot else 0
            check_volume(kind, size, _int(self._get_param("Iops")), _int(self._get_param("Throughput")))
            result = original(self)
            volume = result.result
            volume.size = size
            if kind == "gp3":
                volume.throughput = volume.throughput or THROUGHPUT_DEFAULT
            mark(volume, "state", "creating")
            mark(volume, "initialization_rate", self._get_param("VolumeInitializationRate"))
            job = _create_job(context, volume.id, size, marked(snapshot, "data_of") or snapshot.id if snapshot else None)
            context.run(f"creating {volume.id}", job, volume.id)
            return result

        return wrapped

    return create_volume


def _delete_volume(context: Context) -> Any:
    def delete_volume(self: Any) -> EmptyResult:
        self.error_on_dryrun()
        volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        if volume.attachment:
            raise aws_error("VolumeInUse", f"Volume {volume.id} is currently attached to {volume.attachment.instance.id}")
        if volume_state(volume) not in ("available", "error"):
            raise aws_error("IncorrectState", f"The volume '{volume.id}' is '{volume_state(volume)}'.")
        mark(volume, "state", "deleting")

        def job() -> None:
            context.hypervisor.delete_volume(volume.id)
            with context.lock:
                ec2_backend(context).volumes.pop(volume.id, None)

        context.run(f"deleting {volume.id}", job, volume.id)
        return EmptyResult()

    return delete_volume


def _check_attach(volume: Any, instance: Any, device: str | None) -> None:
    if not device:
        raise aws_error("MissingParameter", "The request must contain the parameter device")
    if volume.attachment:
        raise aws_error("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume_state(volume) != "available":
        raise aws_error("IncorrectState", f"Volume '{volume.id}' is not 'available'; it is '{volume_state(volume)}'.")
    if state_of(instance) not in ("running", "stopped"):
        raise aws_error("IncorrectState", f"Instance '{instance.id}' is not 'running'; it is '{state_of(instance)}'.")
    if volume.availability_zone != instance._placement.zone:
        message = f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'"
        raise aws_error("InvalidVolume.ZoneMismatch", message)
    if device in instance.block_device_mapping:
        message = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        raise aws_error("InvalidParameterValue", message)


def _attach_volume(context: Context) -> Any:
    def attach_volume(self: Any) -> ActionResult:
        self.error_on_dryrun()
        volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        device = self._get_param("Device")
        _check_attach(volume, instance, device)
        attachment = self.ec2_backend.attach_volume(volume.id, instance.id, device)
        attachment.status = "attaching"
        instance.block_device_mapping[device].status = "attaching"

        def job() -> None:
            try:
                context.hypervisor.attach_volume(volume.id, instance.id, device)
            except Exception as error:
                log.error("volume %s was not attached to %s: %s", volume.id, instance.id, error)
                _forget_attachment(context, volume, attachment)
                return
            with context.lock:
                attachment.status = "attached"
                if device in instance.block_device_mapping:
                    instance.block_device_mapping[device].status = "in-use"

        context.run(f"attaching {volume.id}", job, volume.id, instance.id)
        return ActionResult(_attachment(attachment, "attaching"))

    return attach_volume


def _attachment(attachment: Any, state: str) -> dict[str, Any]:
    return {
        "VolumeId": attachment.volume.id,
        "InstanceId": attachment.instance.id,
        "Device": attachment.device,
        "State": state,
        "AttachTime": attachment.attach_time,
    }


def _forget_attachment(context: Context, volume: Any, attachment: Any) -> None:
    with context.lock:
        attachment.status = "detached"
        if volume.attachment is attachment:
            volume.attachment = None
        mapping = attachment.instance.block_device_mapping.get(attachment.device)
        if mapping is not None and mapping.volume_id == volume.id:
            del attachment.instance.block_device_mapping[attachment.device]


def _check_detach(volume: Any, instance_id: str | None, device: str | None) -> Any:
    attachment = volume.attachment
    if attachment is None:
        raise aws_error("IncorrectState", f"Volume '{volume.id}' is in the '{volume_state(volume)}' state.")
    if (instance_id and attachment.instance.id != instance_id) or (device and attachment.device != device):
        where = f"instance '{instance_id or attachment.instance.id}'" + (f" as device '{device}'" if device else "")
        raise aws_error("InvalidAttachment.NotFound", f"The volume '{volume.id}' is not attached to {where}.")
    if is_root_volume(volume) and state_of(attachment.instance) != "stopped":
        message = f"Unable to detach root volume '{volume.id}' from instance '{attachment.instance.id}'"
        raise aws_error("OperationNotPermitted", message)
    return attachment


def _detach_job(context: Context, volume: Any, attachment: Any, force: bool) -> Any:
    """A volume that the guest still uses stays 'busy' until it lets go, as on AWS."""

    def job() -> None:
        while volume.attachment is attachment and not context.closed.is_set():
            try:
                with context.entities(volume.id, attachment.instance.id):
                    context.hypervisor.detach_volume(volume.id, attachment.instance.id, force or marked(attachment, "force", False))
                _forget_attachment(context, volume, attachment)
                return
            except HypervisorError as error:
                log.info("volume %s is busy: %s", volume.id, error)
                with context.lock:
                    attachment.status = "busy"
            time.sleep(RETRY_BUSY_SEC)

    return job


def _detach_volume(context: Context) -> Any:
    def detach_volume(self: Any) -> ActionResult:
        self.error_on_dryrun()
        volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        force = bool(self._get_bool_param("Force", False))
        attachment = _check_detach(volume, self._get_param("InstanceId"), self._get_param("Device"))
        if attachment.status in ("detaching", "busy"):
            mark(attachment, "force", force)
        elif is_root_volume(volume):
            raise NotImplementedError("detaching a root volume")
        else:
            attachment.status = "detaching"
            context.run(f"detaching {volume.id}", _detach_job(context, volume, attachment, force))
        return ActionResult(_attachment(attachment, "detaching"))

    return detach_volume


def _volume_status(volume: Any) -> dict[str, Any]:
    impaired = volume_state(volume) == "error"
    details = [
        {"Name": "io-enabled", "Status": "failed" if impaired else "passed"},
        {"Name": "io-performance", "Status": "not-applicable"},
        {"Name": "initialization-state", "Status": "completed"},
    ]
    return {
        "VolumeId": volume.id,
        "AvailabilityZone": volume.availability_zone,
        "Actions": [],
        "Events": [],
        "VolumeStatus": {"Status": "impaired" if impaired else "ok", "Details": details},
    }


def resume(context: Context) -> None:
    """After a restart: finish the creations, deletions, attachments and detachments that were under way."""
    for volume in list(ec2_backend(context).volumes.values()):
        state, attachment = marked(volume, "state"), volume.attachment
        if state == "creating":
            context.run(f"creating {volume.id}", _create_job(context, volume.id, volume.size, volume.snapshot_id), volume.id)
        elif state == "deleting":
            ec2_backend(context).volumes.pop(volume.id, None)
            context.run(f"deleting {volume.id}", partial(context.hypervisor.delete_volume, volume.id), volume.id)
        elif attachment and attachment.status in ("detaching", "busy"):
            context.run(f"detaching {volume.id}", _detach_job(context, volume, attachment, False))
        elif attachment and attachment.status == "attaching":
            _forget_attachment(context, volume, attachment)


def install(context: Context) -> None:
    """Put real volumes behind moto's."""
    replace(ElasticBlockStore, "create_volume", _create_volume(context))
    replace(ElasticBlockStore, "delete_volume", lambda _: _delete_volume(context))
    replace(ElasticBlockStore, "attach_volume", lambda _: _attach_volume(context))
    replace(ElasticBlockStore, "detach_volume", lambda _: _detach_volume(context))
    replace(Volume, "status", lambda _: property(volume_state))

    def describe_volume_status(self: Any) -> ActionResult:
        volumes = self.ec2_backend.describe_volumes(self._get_param("VolumeIds", []), self._filters_from_querystring())
        return ActionResult({"VolumeStatuses": [_volume_status(volume) for volume in volumes]})

    def describe_volume_attribute(self: Any) -> ActionResult:
        volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        return ActionResult({"VolumeId": volume.id, "AutoEnableIO": {"Value": False}, "ProductCodes": []})

    replace(ElasticBlockStore, "describe_volume_status", lambda _: describe_volume_status)
    replace(ElasticBlockStore, "describe_volume_attribute", lambda _: describe_volume_attribute)
