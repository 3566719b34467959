"""EC2 instances: states that follow a real machine."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import ipaddress
import time
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring

from ..interface import HypervisorError, InstanceSpec, InstanceState
from .context import Context, log
from .ec2_support import all_instances, ec2_backend, find_instance, is_root_volume, mark, marked, set_state, state_of
from .ec2_views import instance_spec
from .errors import aws_error
from .overrides import add, replace

USER_SHUTDOWN = ("Client.UserInitiatedShutdown: User initiated shutdown", "Client.UserInitiatedShutdown")
KEEP_TERMINATED_SEC = 3600.0
FIRST_HOST = 4
"""AWS keeps the first four addresses of a subnet and the last one."""


def _now_text() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S GMT")


class InstanceLifecycle:
    """Moves instances between states as the machines behind them do."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def boot(self, instance: Any) -> None:
        """Start the machine of a new instance."""
        with self.context.lock:
            set_state(instance, "pending")
            spec = instance_spec(self.context, instance)
        self.context.network_changed.set()
        self.context.run(f"starting {spec.id}", lambda: self._boot(instance, spec), spec.id)

    def _boot(self, instance: Any, spec: InstanceSpec) -> None:
        if state_of(instance) != "pending":
            return
        try:
            self.context.hypervisor.run_instance(spec)
            for volume_id, device in self._data_volumes(instance):
                self.context.hypervisor.attach_volume(volume_id, spec.id, device)
        except Exception as error:
            log.error("instance %s did not start: %s", spec.id, error)
            with self.context.lock:
                self._bury(instance, f"Server.InternalError: {error}", "Server.InternalError")
            self.context.hypervisor.terminate_instance(spec.id)
            return
        self._arrive(instance, "pending", "running")

    def _data_volumes(self, instance: Any) -> list[tuple[str, str]]:
        """Volumes that RunInstances itself made for the instance, other than its root."""
        with self.context.lock:
            volumes = ec2_backend(self.context).volumes
            found = [(mapping.volume_id, device) for device, mapping in instance.block_device_mapping.items()]
            return [(volume_id, device) for volume_id, device in found if not is_root_volume(volumes[volume_id])]

    def _arrive(self, instance: Any, expected: str, state: str, reason: str = "", code: str = "") -> None:
        with self.context.lock:
            if state_of(instance) == expected:
                set_state(instance, state, reason, code)
        self.context.network_changed.set()

    def start(self, instance: Any) -> None:
        """Boot a stopped machine."""
        with self.context.lock:
            set_state(instance, "pending")
            mark(instance, "ready", False)
            for nic in instance.nics.values():
                nic.start()

        def job() -> None:
            try:
                self.context.hypervisor.start_instance(instance.id)
            except Exception as error:
                self._arrive(instance, "pending", "stopped", f"Server.InternalError: {error}", "Server.InternalError")
                return
            self._arrive(instance, "pending", "running")

        self.context.run(f"starting {instance.id}", job, instance.id)

    def stop(self, instance: Any, force: bool) -> None:
        """Shut a machine down."""
        with self.context.lock:
            set_state(instance, "stopping", f"User initiated ({_now_text()})")
            mark(instance, "ready", False)

        def job() -> None:
            try:
                self.context.hypervisor.stop_instance(instance.id, force)
            except Exception as error:
                log.error("instance %s did not stop: %s", instance.id, error)
                self._arrive(instance, "stopping", "running")
                return
            self.settle_stopped(instance, "stopping", *USER_SHUTDOWN)

        self.context.run(f"stopping {instance.id}", job, instance.id)

    def settle_stopped(self, instance: Any, expected: str, reason: str, code: str) -> None:
        """The machine is off: its public address goes back to the pool."""
        with self.context.lock:
            if state_of(instance) == expected:
                for nic in instance.nics.values():
                    nic.stop()
        self._arrive(instance, expected, "stopped", reason, code)

    def terminate(self, instance: Any, reason: str = USER_SHUTDOWN[0], code: str = USER_SHUTDOWN[1]) -> None:
        """Shut a machine down for good."""
        with self.context.lock:
            set_state(instance, "shutting-down", f"User initiated ({_now_text()})")

        def job() -> None:
            self.context.hypervisor.terminate_instance(instance.id)
            with self.context.lock:
                doomed = self._bury(instance, reason, code)
            for volume_id in doomed:
                self.context.hypervisor.delete_volume(volume_id)
            self.context.network_changed.set()

        self.context.run(f"terminating {instance.id}", job, instance.id)

    def _bury(self, instance: Any, reason: str, code: str) -> list[str]:
        """Release what the instance held; returns the data volumes that went with it."""
        volumes = ec2_backend(self.context).volumes
        before = {m.volume_id: volumes[m.volume_id] for m in instance.block_device_mapping.values() if m.volume_id in volumes}
        spec_address = instance.private_ip
        subnet = ec2_backend(self.context).get_subnet(instance.subnet_id)
        mark(instance, "address", spec_address)
        Instance.terminate(instance)
        subnet.del_subnet_ip(spec_address)
        set_state(instance, "terminated", reason, code)
        mark(instance, "terminated_at", time.time())
        return [volume_id for volume_id, volume in before.items() if volume_id not in volumes and not is_root_volume(volume)]

    def guest_changed(self, instance_id: str, state: InstanceState, reason: str) -> None:
        """The machine changed by itself."""
        with self.context.lock:
            instance = find_instance(self.context, instance_id)
            if instance is None or state_of(instance) not in ("running", "pending"):
                return
            mark(instance, "ready", False)
            current = state_of(instance)
            dies = state == "terminated" or instance.instance_initiated_shutdown_behavior == "terminate"
        if state == "running":
            return
        if not reason.startswith(("Client.", "Server.")):
            reason = f"Client.InstanceInitiatedShutdown: {reason or 'Instance initiated shutdown'}"
        code = reason.split(":")[0]
        if dies:
            self.terminate(instance, reason, code)
        else:
            self.settle_stopped(instance, current, reason, code)

    def resume(self) -> None:
        """After a restart of the sandbox: bring machines to the state that the API says they are in."""
        with self.context.lock:
            wanted = [(instance, state_of(instance)) for instance in all_instances(self.context)]
        for instance, state in wanted:
            if state in ("running", "pending"):
                self._resume_running(instance, state)
            elif state == "stopping":
                self.stop(instance, force=True)
            elif state == "shutting-down":
                self.terminate(instance)

    def _resume_running(self, instance: Any, state: str) -> None:
        if not self.context.hypervisor.has_instance(instance.id):
            if state == "pending":
                self.boot(instance)
            else:
                with self.context.lock:
                    self._bury(instance, "Server.InternalError: the machine is gone", "Server.InternalError")
            return
        mark(instance, "ready", False)
        if self.context.hypervisor.is_running(instance.id):
            self._arrive(instance, "pending", "running")
            return

        def job() -> None:
            try:
                self.context.hypervisor.start_instance(instance.id)
                self._arrive(instance, "pending", "running")
            except HypervisorError as error:
                self._arrive(instance, state, "stopped", f"Server.InternalError: {error}", "Server.InternalError")

        self.context.run(f"starting {instance.id}", job, instance.id)

    def watch(self) -> None:
        """Note which machines answer commands, and forget instances that were terminated long ago."""
        with self.context.lock:
            backend = ec2_backend(self.context)
            running = [i.id for i in all_instances(self.context) if state_of(i) == "running"]
            limit = time.time() - KEEP_TERMINATED_SEC
            for reservation in list(backend.reservations.values()):
                reservation.instances = [i for i in reservation.instances if marked(i, "terminated_at", limit + 1) > limit]
                if not reservation.instances:
                    del backend.reservations[reservation.id]
        for instance_id in running:
            ready = self.context.hypervisor.is_ready(instance_id)
            with self.context.lock:
                instance = find_instance(self.context, instance_id)
                if instance is not None and state_of(instance) == "running":
                    mark(instance, "ready", ready)
                    if ready:
                        mark(instance, "last_ping", time.time())


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
