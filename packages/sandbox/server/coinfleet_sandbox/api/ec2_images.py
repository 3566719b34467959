"""Machine images: the seeded ones, and those made from instances."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.amis import Ami
from moto.ec2.responses.amis import AmisResponse

from ..interface import SourceImage
from .context import Context, log
from .ec2_support import ec2_backend, mark, marked, state_of
from .errors import aws_error
from .overrides import replace


def source_image_id(image: SourceImage) -> str:
    """The AMI id of a seeded image: the same for the same content in every sandbox."""
    digest = hashlib.sha256(f"{image.owner_id}/{image.name}/{image.image_ref}".encode()).hexdigest()
    return f"ami-{digest[:17]}"


def seed(context: Context) -> None:
    """Register the images that exist before anybody has made one."""
    backend = ec2_backend(context)
    for source in context.options.source_images:
        image_id = source_image_id(source)
        if image_id in backend.amis:
            continue
        image = Ami(
            backend,
            image_id,
            name=source.name,
            description=source.description,
            owner_id=source.owner_id,
            public=True,
            virtualization_type="hvm",
            architecture=source.architecture,
            image_location=f"{source.owner_id}/{source.name}",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name=source.root_device_name,
            region_name=f"{context.options.region}a",
            boot_mode="uefi-preferred",
        )
        mark(image, "image_ref", source.image_ref)
        mark(image, "seeded", True)
        mark(image, "root_size_gib", source.root_size_gib)
        mark(image.ebs_snapshot, "size", source.root_size_gib)
        backend.amis[image_id] = image


def _mappings(image: Any) -> list[dict[str, Any]]:
    ebs = {
        "SnapshotId": image.ebs_snapshot.id,
        "VolumeSize": marked(image, "root_size_gib", 8),
        "DeleteOnTermination": True,
        "VolumeType": "gp3",
        "Encrypted": False,
    }
    return [{"DeviceName": image.root_device_name, "Ebs": ebs}]


def _check_name(context: Context, name: str | None) -> None:
    if not name:
        raise aws_error("MissingParameter", "The request must contain the parameter name")
    account = context.options.account_id
    for image in ec2_backend(context).amis.values():
        if image.name == name and image.owner_id == account:
            raise aws_error("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.id}")


def _commit_job(context: Context, image: Any, instance_id: str) -> Any:
    def job() -> None:
        try:
            reference = context.hypervisor.create_image(image.id, instance_id)
        except Exception as error:
            log.error("image %s of %s failed: %s", image.id, instance_id, error)
            image.state = "failed"
            return
        with context.lock:
            mark(image, "image_ref", reference)
            image.state = "available"

    return job


def _complete(image: Any, like: Any, instance_id: str | None) -> None:
    """Give a new image what moto leaves out, from the image or instance that it was made of."""
    image.virtualization_type, image.hypervisor = "hvm", "xen"
    image.root_device_type, image.root_device_name = "ebs", like.root_device_name
    image.architecture = like.architecture
    image.instance_id = instance_id
    image.image_location = f"{image.owner_id}/{image.name}"


def _create_image(context: Context) -> Any:
    def create_image(self: Any) -> ActionResult:
        self.error_on_dryrun()
        backend = self.ec2_backend
        instance = backend.get_instance(self._get_param("InstanceId"))
        if state_of(instance) not in ("running", "stopped"):
            raise aws_error("IncorrectState", f"Instance '{instance.id}' is not in the 'running' or 'stopped' state.")
        _check_name(context, self._get_param("Name"))
        specifications = self._get_param("TagSpecifications", [])
        of_image = [s for s in specifications if s.get("ResourceType") == "image"]
        image = backend.create_image(instance.id, self._get_param("Name"), self._get_param("Description", ""), of_image)
        del image.instance
        _complete(image, instance, instance.id)
        image.state = "pending"
        root = instance.block_device_mapping.get(instance.root_device_name)
        size = backend.volumes[root.volume_id].size if root and root.volume_id in backend.volumes else 8
        mark(image, "root_size_gib", size)
        mark(image.ebs_snapshot, "size", size)
        for specification in specifications:
            if specification.get("ResourceType") == "snapshot":
                image.ebs_snapshot.add_tags({tag["Key"]: tag["Value"] for tag in specification.get("Tags", [])})
        context.run(f"image {image.id}", _commit_job(context, image, instance.id), instance.id)
        return ActionResult({"ImageId": image.id})

    return create_image


def _inherit(context: Context, image: Any, source: Any) -> None:
    _complete(image, source, None)
    mark(image, "image_ref", marked(source, "image_ref"))
    mark(image, "root_size_gib", marked(source, "root_size_gib", 8))
    mark(image.ebs_snapshot, "size", marked(source, "root_size_gib", 8))


def _copy_image(context: Context) -> Any:
    def copy_image(self: Any) -> ActionResult:
        self.error_on_dryrun()
        if self._get_param("SourceRegion") != context.options.region:
            raise NotImplementedError("CopyImage between regions")
        _check_name(context, self._get_param("Name"))
        source = self.ec2_backend.describe_images(ami_ids=[self._get_param("SourceImageId")])[0]
        if source.state != "available":
            raise aws_error("InvalidAMIID.Unavailable", f"The image ID '{source.id}' is currently not available.")
        image = self.ec2_backend.copy_image(source.id, context.options.region, self._get_param("Name"), self._get_param("Description"))
        _inherit(context, image, source)
        return ActionResult({"ImageId": image.id})

    return copy_image


def _register_image(context: Context) -> Any:
    """An image can be registered from the root snapshot of another one; the sandbox boots no other snapshots."""

    def register_image(self: Any) -> ActionResult:
        self.error_on_dryrun()
        _check_name(context, self._get_param("Name"))
        root_name = self._get_param("RootDeviceName")
        mappings = self._get_param("BlockDeviceMappings", [])
        snapshot_id = next((m.get("Ebs", {}).get("SnapshotId") for m in mappings if m.get("DeviceName") == root_name), None)
        source = next((a for a in self.ec2_backend.amis.values() if a.ebs_snapshot.id == snapshot_id), None)
        if source is None:
            raise aws_error("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' is not of the root volume of an image here.")
        image = self.ec2_backend.register_image(self._get_param("Name"), self._get_param("Description", ""))
        _inherit(context, image, source)
        image.root_device_name = root_name
        return ActionResult({"ImageId": image.id})

    return register_image


def _deregister_image(context: Context) -> Any:
    def deregister_image(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            image = self.ec2_backend.amis.get(self._get_param("ImageId"))
            result = original(self)
            if image is not None:
                _release(context, image)
                if self._get_bool_param("DeleteAssociatedSnapshots", False):
                    self.ec2_backend.delete_snapshot(image.ebs_snapshot.id)
            return result

        return wrapped

    return deregister_image


def _release(context: Context, image: Any) -> None:
    """Remove the content of an image that nothing refers to any more."""
    reference = marked(image, "image_ref")
    backend = ec2_backend(context)
    shared = any(marked(other, "image_ref") == reference for other in backend.amis.values())
    if reference and not shared and not marked(image, "seeded", False):
        context.run(f"deleting {image.id}", lambda: context.hypervisor.delete_image(image.id, reference))


def resume(context: Context) -> None:
    """After a restart: an image that was being made has failed."""
    for image in ec2_backend(context).amis.values():
        if image.state == "pending":
            image.state = "failed"


def install(context: Context) -> None:
    """Put real images behind moto's."""
    replace(Ami, "block_device_mappings", lambda _: property(_mappings))
    replace(AmisResponse, "create_image", lambda _: _create_image(context))
    replace(AmisResponse, "copy_image", lambda _: _copy_image(context))
    replace(AmisResponse, "register_image", lambda _: _register_image(context))
    replace(AmisResponse, "deregister_image", _deregister_image(context))
