"""From moto's instances to what the hypervisor and the metadata service need to know."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from ..interface import InstanceSpec, InstanceView, MetadataOptions, RoleCredentials
from .context import Context
from .ec2_support import ec2_backend, find_instance, marked, state_of
from .roles import instance_profile_of, role_credentials_for


def iso(moment: dt.datetime) -> str:
    """ISO 8601 in UTC with seconds, as the metadata service writes times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def mac_of(instance_id: str) -> str:
    """A stable hardware address for an instance."""
    value = zlib.crc32(instance_id.encode())
    return "0a:" + ":".join(f"{byte:02x}" for byte in value.to_bytes(4, "big")) + f":{len(instance_id):02x}"


def instance_spec(context: Context, instance: Any) -> InstanceSpec:
    """What the hypervisor needs to create the machine."""
    backend = ec2_backend(context)
    subnet = backend.get_subnet(instance.subnet_id)
    kind = INSTANCE_TYPES.get(instance.instance_type, {})
    image = backend.amis[instance.image_id]
    return InstanceSpec(
        id=instance.id,
        image_ref=marked(image, "image_ref", ""),
        instance_type=instance.instance_type,
        vcpus=int(kind.get("VCpuInfo", {}).get("DefaultVCpus", 2)),
        memory_mib=int(kind.get("MemoryInfo", {}).get("SizeInMiB", 4096)),
        region=context.options.region,
        zone=subnet.availability_zone,
        subnet_id=subnet.id,
        subnet_cidr=subnet.cidr_block,
        vpc_cidr=backend.get_vpc(subnet.vpc_id).cidr_block,
        private_ip=instance.private_ip,
        mac=mac_of(instance.id),
        hostname=instance.private_dns_name,
    )


def decode_user_data(value: Any) -> bytes | None:
    """User data as the machine reads it. moto keeps it in base64, in a string class of its own."""
    if not value:
        return None
    text = value if isinstance(value, bytes) else str(value).encode()
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text


def _public_keys(context: Context, instance: Any) -> dict[str, str]:
    if not instance.key_name:
        return {}
    pair = ec2_backend(context).key_pairs.get(instance.key_name)
    key = marked(instance, "public_key") or (pair.public_key if pair else None)
    return {instance.key_name: key.strip()} if key else {}


def instance_view(context: Context, instance: Any) -> InstanceView:
    """What the metadata service may tell. Call with the context's lock held."""
    backend = ec2_backend(context)
    subnet = backend.get_subnet(instance.subnet_id)
    profile = instance_profile_of(context, instance)
    options = instance.metadata_options
    groups = instance.nics[0].group_set if instance.nics else []
    reservation = next((r for r in backend.reservations.values() if instance in r.instances), None)
    return InstanceView(
        id=instance.id,
        account_id=context.options.account_id,
        region=context.options.region,
        zone=subnet.availability_zone,
        image_id=instance.image_id,
        instance_type=instance.instance_type,
        architecture=instance.architecture or "x86_64",
        reservation_id=reservation.id if reservation else "r-0",
        launch_index=int(instance.ami_launch_index),
        launch_time=iso(instance.launch_time),
        private_ip=instance.private_ip,
        public_ip=instance.public_ip,
        mac=mac_of(instance.id),
        hostname=instance.private_dns_name,
        vpc_id=subnet.vpc_id,
        vpc_cidr=backend.get_vpc(subnet.vpc_id).cidr_block,
        subnet_id=subnet.id,
        subnet_cidr=subnet.cidr_block,
        security_groups=tuple(g.name for g in groups),
        security_group_ids=tuple(g.id for g in groups),
        user_data=decode_user_data(instance.user_data),
        public_keys=_public_keys(context, instance),
        metadata_options=MetadataOptions(
            http_tokens=options.http_tokens,
            http_put_response_hop_limit=int(options.http_put_response_hop_limit),
            http_endpoint=options.http_endpoint,
            instance_metadata_tags=options.instance_metadata_tags,
        ),
        instance_profile_arn=profile.arn if profile else None,
        instance_profile_id=profile.id if profile else None,
        tags={tag["key"]: tag["value"] for tag in instance.get_tags()},
    )


def view_by_id(context: Context, instance_id: str) -> InstanceView | None:
    """The view of an instance that exists, whatever its state."""
    with context.lock:
        instance = find_instance(context, instance_id)
        return instance_view(context, instance) if instance and state_of(instance) != "terminated" else None


def view_by_address(context: Context, address: str) -> InstanceView | None:
    """The view of the instance that has this private address now."""
    with context.lock:
        for instance in ec2_backend(context).all_instances():
            if state_of(instance) != "terminated" and instance.nics and instance.private_ip == address:
                return instance_view(context, instance)
    return None


def credentials_by_id(context: Context, instance_id: str) -> RoleCredentials | None:
    """Temporary credentials of the instance's role, if it has one."""
    with context.lock:
        instance = find_instance(context, instance_id)
        return role_credentials_for(context, instance) if instance else None
