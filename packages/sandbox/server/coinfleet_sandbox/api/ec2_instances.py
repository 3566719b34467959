"""EC2 instances: the API's calls, on real machines."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import ipaddress
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring

from .context import Context
from .ec2_lifecycle import InstanceLifecycle
from .ec2_support import ec2_backend, mark, marked, set_state, state_of
from .ec2_volumes import snapshot_for
from .errors import aws_error
from .overrides import add, replace

FIRST_HOST = 4
"""AWS keeps the first four addresses of a subnet and the last one."""


def _require_state(instances: list[Any], allowed: tuple[str, ...], verb: str) -> None:
    for instance in instances:
        if state_of(instance) not in allowed:
            raise aws_error("IncorrectInstanceState", f"The instance '{instance.id}' is not in a state from which it can be {verb}.")


def _changes(pairs: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "InstanceId": instance.id,
            "CurrentState": {"Code": instance._state.code, "Name": instance._state.name},
            "PreviousState": {"Code": previous.code, "Name": previous.name},
        }
        for instance, previous in pairs
    ]


def _selected(response: Any) -> list[Any]:
    response.error_on_dryrun()
    return list(response.ec2_backend.get_multi_instances_by_id(response._get_param("InstanceIds", [])))


def _check_run_request(response: Any, context: Context) -> None:
    image_id = response._get_param("ImageId")
    if not image_id and not response._get_param("LaunchTemplate"):
        raise aws_error("MissingParameter", "The request must contain the parameter ImageId")
    backend = ec2_backend(context)
    image = backend.amis.get(image_id)
    if image_id and image is None:
        raise aws_error("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    if image is not None and image.state != "available":
        raise aws_error("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is currently not available.")
    key_name = response._get_param("KeyName")
    if key_name and key_name not in backend.key_pairs:
        raise aws_error("InvalidKeyPair.NotFound", f"The key pair '{key_name}' does not exist")
    address = response._get_param("PrivateIpAddress")
    subnet_id = response._get_param("SubnetId")
    if address and subnet_id:
        subnet = backend.get_subnet(subnet_id)
        if ipaddress.ip_address(address) not in ipaddress.ip_network(subnet.cidr_block):
            raise aws_error("InvalidParameterValue", "Address does not fall within the subnet's address range")
        if address in subnet._subnet_ips:
            raise aws_error("InvalidIPAddress.InUse", f"Address {address} is in use.")


def _choose_subnet(response: Any, context: Context) -> None:
    """As on AWS, an instance without a subnet goes to the default network of its zone, or of the first zone."""
    if response._get_param("SubnetId") or response._get_param("NetworkInterfaces"):
        return
    subnets = ec2_backend(context).get_default_subnets()
    zone = response._get_param("Placement.AvailabilityZone")
    subnet = subnets.get(zone) if zone else next((subnets[name] for name in sorted(subnets)), None)
    if subnet is None:
        raise aws_error("MissingInput", f"No default subnet for availability zone: '{zone}'.")
    response.params["SubnetId"] = subnet.id


def _lowest_free_address(subnet: Any, instance: Any) -> str:
    network = ipaddress.ip_network(subnet.cidr_block)
    for offset in range(FIRST_HOST, network.num_addresses - 1):
        address = str(network[offset])
        if address not in subnet._subnet_ips:
            subnet._subnet_ips[address] = instance
            return address
    raise aws_error(
        "InsufficientFreeAddressesInSubnet",
        f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of instances.",
    )


def _root_mapping(response: Any, context: Context) -> dict[str, Any]:
    image = ec2_backend(context).amis.get(response._get_param("ImageId"))
    root = image.root_device_name if image else "/dev/xvda"
    given = next((m for m in response._get_param("BlockDeviceMappings", []) if m.get("DeviceName") == root), None)
    ebs = dict((given or {}).get("Ebs", {}))
    ebs.setdefault("VolumeSize", marked(image, "root_size_gib", 8) if image else 8)
    ebs.setdefault("VolumeType", "gp3")
    ebs.setdefault("DeleteOnTermination", True)
    ebs.pop("SnapshotId", None)
    return {"DeviceName": root, "Ebs": ebs}


def _finish_volumes(context: Context, instance: Any, mappings: list[dict[str, Any]], hypervisor_jobs: list[Any]) -> None:
    """Give the volumes that RunInstances made what moto leaves out, and their content."""
    volumes = ec2_backend(context).volumes
    by_device = {mapping.get("DeviceName"): mapping.get("Ebs", {}) for mapping in mappings}
    for device, mapping in instance.block_device_mapping.items():
        volume = volumes[mapping.volume_id]
        ebs = by_device.get(device, {})
        volume.size = int(volume.size)
        volume.iops = ebs.get("Iops") or volume.iops
        volume.throughput = ebs.get("Throughput") or volume.throughput
        if volume.volume_type == "gp3":
            volume.iops, volume.throughput = volume.iops or 3000, volume.throughput or 125
        if device == instance.root_device_name:
            mark(volume, "root", True)
        else:
            hypervisor_jobs.append((volume.id, volume.size, volume.snapshot_id))


def _patch_running(context: Context, lifecycle: InstanceLifecycle) -> None:
    def run_instances(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            _check_run_request(self, context)
            _choose_subnet(self, context)
            root = _root_mapping(self, context)
            others = [m for m in self.params.get("BlockDeviceMappings", []) if m.get("DeviceName") != root["DeviceName"]]
            for mapping in others:
                snapshot_for(context, mapping.get("Ebs", {}).get("SnapshotId"))
            self.params["BlockDeviceMappings"] = [root, *others]
            result = original(self)
            for instance in result.result.instances:
                new_volumes: list[Any] = []
                _finish_volumes(context, instance, [root, *others], new_volumes)
                pair = ec2_backend(context).key_pairs.get(instance.key_name)
                mark(instance, "public_key", pair.public_key if pair else None)
                set_state(instance, "pending")
                instance.maintenance_options = {"AutoRecovery": self._get_param("MaintenanceOptions.AutoRecovery") or "default"}
                if not self._get_param("NetworkInterfaces"):
                    instance.nics[0].delete_on_termination = True
                for volume_id, size, snapshot_id in new_volumes:
                    context.run(f"creating {volume_id}", _volume_job(context, volume_id, size, snapshot_id), instance.id, volume_id)
                lifecycle.boot(instance)
            return result

        return wrapped

    replace(InstanceResponse, "run_instances", run_instances)
    replace(Subnet, "get_available_subnet_ip", lambda _: _lowest_free_address)


def _volume_job(context: Context, volume_id: str, size: int, snapshot_id: str | None) -> Any:
    return lambda: context.hypervisor.create_volume(volume_id, size, snapshot_id)


def _patch_transitions(context: Context, lifecycle: InstanceLifecycle) -> None:
    def start_instances(self: Any) -> ActionResult:
        instances = _selected(self)
        _require_state(instances, ("stopped", "running", "pending"), "started")
        pairs = [(instance, copy.copy(instance._state)) for instance in instances]
        for instance, previous in pairs:
            if previous.name == "stopped":
                lifecycle.start(instance)
        return ActionResult({"StartingInstances": _changes(pairs)})

    def stop_instances(self: Any) -> ActionResult:
        instances = _selected(self)
        _require_state(instances, ("running", "stopping", "stopped"), "stopped")
        for instance in instances:
            if instance.disable_api_stop in (True, "true"):
                message = f"The instance '{instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
                raise aws_error("OperationNotPermitted", message)
        pairs = [(instance, copy.copy(instance._state)) for instance in instances]
        for instance, previous in pairs:
            if previous.name == "running":
                lifecycle.stop(instance, bool(self._get_bool_param("Force", False)))
        return ActionResult({"StoppingInstances": _changes(pairs)})

    def terminate_instances(self: Any) -> ActionResult:
        instances = _selected(self)
        for instance in instances:
            if instance.disable_api_termination in (True, "true"):
                message = (
                    f"The instance '{instance.id}' may not be terminated. "
                    "Modify its 'disableApiTermination' instance attribute and try again."
                )
                raise aws_error("OperationNotPermitted", message)
        pairs = [(instance, copy.copy(instance._state)) for instance in instances]
        for instance, previous in pairs:
            if previous.name not in ("shutting-down", "terminated"):
                lifecycle.terminate(instance)
        return ActionResult({"TerminatingInstances": _changes(pairs)})

    def reboot_instances(self: Any) -> EmptyResult:
        instances = _selected(self)
        _require_state(instances, ("running",), "rebooted")
        for instance in instances:
            mark(instance, "ready", False)
            context.run(f"rebooting {instance.id}", _reboot_job(context, instance.id), instance.id)
        return EmptyResult()

    for method in (start_instances, stop_instances, terminate_instances, reboot_instances):
        replace(InstanceResponse, method.__name__, _always(method))


def _patch_monitoring() -> None:
    """Detailed monitoring is noted; the figures of EC2 itself are not made here."""

    def switch(state: str) -> Any:
        def method(self: Any) -> ActionResult:
            instances = _selected(self)
            for instance in instances:
                instance.monitoring_state = state
            return ActionResult({"InstanceMonitorings": [{"InstanceId": i.id, "Monitoring": {"State": state}} for i in instances]})

        return method

    replace(Monitoring, "monitor_instances", _always(switch("enabled")))
    replace(Monitoring, "unmonitor_instances", _always(switch("disabled")))


def _patch_maintenance() -> None:
    def modify_instance_maintenance_options(self: Any) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        instance.maintenance_options = {"AutoRecovery": self._get_param("AutoRecovery") or "default"}
        return ActionResult({"InstanceId": instance.id, **instance.maintenance_options})

    add(InstanceResponse, "modify_instance_maintenance_options", modify_instance_maintenance_options)


def _reboot_job(context: Context, instance_id: str) -> Any:
    return lambda: context.hypervisor.reboot_instance(instance_id)


def _always(value: Any) -> Any:
    return lambda _: value


def _status(ready: bool, state: str) -> dict[str, Any]:
    if state != "running":
        return {"Status": "not-applicable"}
    passed = "passed" if ready else "initializing"
    return {"Details": [{"Name": "reachability", "Status": passed}], "Status": "ok" if ready else "initializing"}


def _patch_attributes(context: Context) -> None:
    status = property(lambda self: _status(bool(marked(self, "ready", False)), state_of(self)))
    replace(Instance, "instance_status", lambda _: status)
    system_status = property(lambda self: _status(state_of(self) == "running", state_of(self)))
    replace(Instance, "system_status", lambda _: system_status)

    def modify_metadata_options(_: Any) -> Any:
        def merged(self: Any, instance_id: str, **given: Any) -> Any:
            options = self.get_instance(instance_id).metadata_options
            names = {
                "http_tokens": "http_tokens",
                "hop_limit": "http_put_response_hop_limit",
                "http_endpoint": "http_endpoint",
                "http_protocol": "http_protocol_ipv6",
                "metadata_tags": "instance_metadata_tags",
            }
            for parameter, attribute in names.items():
                if given.get(parameter) is not None:
                    setattr(options, attribute, given[parameter])
            return options

        return merged

    replace(InstanceBackend, "modify_instance_metadata_options", modify_metadata_options)

    def modify_attribute(original: Any) -> Any:
        def checked(self: Any, instance_id: str, key: str, value: Any) -> Any:
            needs_stop = {"instance_type": "instanceType", "user_data": "userData", "kernel": "kernel", "ramdisk": "ramdisk"}
            instance = self.get_instance(instance_id)
            if key in needs_stop and state_of(instance) != "stopped":
                message = f"The instance '{instance_id}' is not in the 'stopped' state."
                raise aws_error("IncorrectInstanceState", message)
            return original(self, instance_id, key, value)

        return checked

    replace(InstanceBackend, "modify_instance_attribute", modify_attribute)

    def modify_groups(original: Any) -> Any:
        def wrapped(self: Any, instance_id: str, groups: list[str]) -> Any:
            instance = original(self, instance_id, groups)
            for nic in instance.nics.values():
                nic._group_set = []
            return instance

        return wrapped

    replace(InstanceBackend, "modify_instance_security_groups", modify_groups)

    def get_console_output(self: Any) -> ActionResult:
        instance_id = self._get_param("InstanceId")
        self.ec2_backend.get_instance(instance_id)
        return ActionResult({"InstanceId": instance_id, "Timestamp": dt.datetime.now(dt.UTC), "Output": _console(context, instance_id)})

    replace(General, "get_console_output", lambda _: get_console_output)


def _console(context: Context, instance_id: str) -> str:
    with context.unlocked():
        text = context.hypervisor.console_output(instance_id)
    return base64.b64encode(text.encode()).decode()


def install(context: Context) -> InstanceLifecycle:
    """Put real machines behind moto's instances."""
    lifecycle = InstanceLifecycle(context)
    _patch_running(context, lifecycle)
    _patch_transitions(context, lifecycle)
    _patch_attributes(context)
    _patch_monitoring()
    _patch_maintenance()
    return lifecycle
