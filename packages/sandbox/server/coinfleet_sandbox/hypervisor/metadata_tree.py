"""The paths of the metadata service, as a tree of strings."""

from __future__ import annotations

import json

from coinfleet_sandbox.interface import InstanceView, RoleCredentials

Node = dict[str, object]


def render_node(node: object) -> str:
    """A leaf as it is, a folder as the list of its entries."""
    if not isinstance(node, dict):
        return str(node)
    return "\n".join(_listed(name, value) for name, value in node.items())


def _listed(name: str, value: object) -> str:
    if isinstance(value, _Labelled):
        return f"{name}={value.label}"
    return f"{name}/" if isinstance(value, dict) else name


class _Labelled(dict[str, object]):
    """A folder that its parent lists as `0=name`, as public keys are."""

    def __init__(self, label: str, content: Node) -> None:
        super().__init__(content)
        self.label = label


def metadata_tree(view: InstanceView, credentials: RoleCredentials | None) -> Node:
    """Everything under `/latest`, except user data."""
    return {
        "dynamic": {"instance-identity": {"document": _identity_document(view)}},
        "meta-data": _meta_data(view, credentials),
        **({"user-data": ""} if view.user_data else {}),
    }


def _identity_document(view: InstanceView) -> str:
    document = {
        "accountId": view.account_id,
        "architecture": view.architecture,
        "availabilityZone": view.zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": view.image_id,
        "instanceId": view.id,
        "instanceType": view.instance_type,
        "kernelId": None,
        "pendingTime": view.launch_time,
        "privateIp": view.private_ip,
        "ramdiskId": None,
        "region": view.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)


def _meta_data(view: InstanceView, credentials: RoleCredentials | None) -> Node:
    tree: Node = {
        "ami-id": view.image_id,
        "ami-launch-index": str(view.launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": {"ami": "/dev/xvda", "root": "/dev/xvda"},
        "hostname": view.hostname,
        "instance-action": "none",
        "instance-id": view.id,
        "instance-life-cycle": "on-demand",
        "instance-type": view.instance_type,
        "local-hostname": view.hostname,
        "local-ipv4": view.private_ip,
        "mac": view.mac,
        "network": {"interfaces": {"macs": {view.mac: _interface(view)}}},
        "placement": {"availability-zone": view.zone, "region": view.region},
        "profile": "default-hvm",
        "reservation-id": view.reservation_id,
        "security-groups": "\n".join(view.security_groups),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if view.public_ip:
        tree["public-hostname"] = _public_name(view)
        tree["public-ipv4"] = view.public_ip
    if view.public_keys:
        keys = {str(number): _Labelled(name, {"openssh-key": key}) for number, (name, key) in enumerate(view.public_keys.items())}
        tree["public-keys"] = keys
    if view.instance_profile_arn:
        tree["iam"] = _iam(view, credentials)
    if view.metadata_options.instance_metadata_tags == "enabled":
        tree["tags"] = {"instance": dict(view.tags)}
    return dict(sorted(tree.items()))


def _public_name(view: InstanceView) -> str:
    return f"ec2-{(view.public_ip or '').replace('.', '-')}.{view.region}.compute.amazonaws.com"


def _interface(view: InstanceView) -> Node:
    node: Node = {
        "device-number": "0",
        "interface-id": f"eni-{view.id[2:]}",
        "local-hostname": view.hostname,
        "local-ipv4s": view.private_ip,
        "mac": view.mac,
        "owner-id": view.account_id,
        "security-group-ids": "\n".join(view.security_group_ids),
        "security-groups": "\n".join(view.security_groups),
        "subnet-id": view.subnet_id,
        "subnet-ipv4-cidr-block": view.subnet_cidr,
        "vpc-id": view.vpc_id,
        "vpc-ipv4-cidr-block": view.vpc_cidr,
        "vpc-ipv4-cidr-blocks": view.vpc_cidr,
    }
    if view.public_ip:
        node |= {"public-hostname": _public_name(view), "public-ipv4s": view.public_ip}
    return node


def _iam(view: InstanceView, credentials: RoleCredentials | None) -> Node:
    updated = credentials.last_updated if credentials else view.launch_time
    info = {"Code": "Success", "LastUpdated": updated, "InstanceProfileArn": view.instance_profile_arn}
    tree: Node = {"info": json.dumps(info | {"InstanceProfileId": view.instance_profile_id}, indent=2)}
    if credentials:
        secret = {
            "Code": "Success",
            "LastUpdated": credentials.last_updated,
            "Type": "AWS-HMAC",
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "Token": credentials.token,
            "Expiration": credentials.expiration,
        }
        tree["security-credentials"] = {credentials.role_name: json.dumps(secret, indent=2)}
    return tree
