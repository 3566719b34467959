"""A hypervisor of plain records: machines that exist on paper only, for what needs the API alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from coinfleet_sandbox.interface import (
    CommandResult,
    DnsRecord,
    HypervisorError,
    InstanceSpec,
    LoadBalancer,
    LoadBalancerTarget,
    Rule,
    TargetHealth,
)


class PaperHypervisor:
    """Machines are entries in a dict. Every command that they are sent succeeds, and nothing is done."""

    def __init__(self) -> None:
        self.machines: dict[str, str] = {}
        self.specs: dict[str, InstanceSpec] = {}
        self.volumes: dict[str, dict[str, object]] = {}
        self.snapshots: set[str] = set()
        self.images: set[str] = set()
        self.rules: dict[str, tuple[Rule, ...]] = {}
        self.records: list[DnsRecord] = []
        self.balancers: list[LoadBalancer] = []
        self.health: dict[LoadBalancerTarget, TargetHealth] = {}
        self.mounted: set[str] = set()
        self.boot_sec = 0.05
        self.slow_sec = 0.05
        self.ready = True
        self.fails: dict[str, str] = {}
        self.calls: list[tuple[str, ...]] = []

    def _call(self, name: str, *arguments: str) -> None:
        self.calls.append((name, *arguments))
        if name in self.fails:
            raise HypervisorError(self.fails[name])

    def run_instance(self, spec: InstanceSpec) -> None:
        self._call("run_instance", spec.id)
        time.sleep(self.boot_sec)
        self.specs[spec.id] = spec
        self.machines[spec.id] = "running"

    def start_instance(self, instance_id: str) -> None:
        self._call("start_instance", instance_id)
        time.sleep(self.boot_sec)
        self.machines[instance_id] = "running"

    def stop_instance(self, instance_id: str, force: bool) -> None:
        self._call("stop_instance", instance_id)
        time.sleep(self.slow_sec)
        self.machines[instance_id] = "stopped"

    def reboot_instance(self, instance_id: str) -> None:
        self._call("reboot_instance", instance_id)

    def terminate_instance(self, instance_id: str) -> None:
        self._call("terminate_instance", instance_id)
        time.sleep(self.slow_sec)
        self.machines.pop(instance_id, None)

    def has_instance(self, instance_id: str) -> bool:
        return instance_id in self.machines

    def is_running(self, instance_id: str) -> bool:
        return self.machines.get(instance_id) == "running"

    def is_ready(self, instance_id: str) -> bool:
        return self.ready and self.is_running(instance_id)

    def create_volume(self, volume_id: str, size_gib: int, snapshot_id: str | None) -> None:
        self._call("create_volume", volume_id)
        time.sleep(self.slow_sec)
        self.volumes[volume_id] = {"size": size_gib, "snapshot": snapshot_id, "instance": None}

    def delete_volume(self, volume_id: str) -> None:
        self._call("delete_volume", volume_id)
        self.volumes.pop(volume_id, None)

    def grow_volume(self, volume_id: str, size_gib: int) -> None:
        self._call("grow_volume", volume_id)
        self.volumes[volume_id]["size"] = size_gib

    def attach_volume(self, volume_id: str, instance_id: str, device: str) -> None:
        self._call("attach_volume", volume_id, instance_id, device)
        time.sleep(self.slow_sec)
        self.volumes[volume_id]["instance"] = instance_id

    def detach_volume(self, volume_id: str, instance_id: str, force: bool) -> None:
        self._call("detach_volume", volume_id, instance_id)
        if volume_id in self.mounted and not force:
            raise HypervisorError("it is mounted")
        self.volumes[volume_id]["instance"] = None

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        self._call("create_snapshot", snapshot_id, volume_id)
        self.snapshots.add(snapshot_id)

    def copy_snapshot(self, snapshot_id: str, source_id: str) -> None:
        self._call("copy_snapshot", snapshot_id, source_id)
        if source_id not in self.snapshots:
            raise HypervisorError(f"There is no snapshot {source_id} in this sandbox.")
        self.snapshots.add(snapshot_id)

    def delete_snapshot(self, snapshot_id: str) -> None:
        self._call("delete_snapshot", snapshot_id)
        self.snapshots.discard(snapshot_id)

    def create_image(self, image_id: str, instance_id: str) -> str:
        self._call("create_image", image_id, instance_id)
        time.sleep(self.slow_sec)
        self.images.add(image_id)
        return f"sandbox/{image_id}"

    def delete_image(self, image_id: str, image_ref: str) -> None:
        self._call("delete_image", image_id)
        self.images.discard(image_ref.split("/")[1])

    def run_command(
        self, instance_id: str, script: str, timeout_sec: int, cancel: threading.Event, shell: str = "/bin/sh"
    ) -> CommandResult:
        self._call("run_command", instance_id, script)
        return CommandResult(0, "", "")

    def console_output(self, instance_id: str) -> str:
        return f"console of {instance_id}\n"

    def apply_security_groups(self, instance_id: str, rules: Sequence[Rule]) -> None:
        self.rules[instance_id] = tuple(rules)

    def set_dns(self, records: Sequence[DnsRecord]) -> None:
        self.records = list(records)

    def set_load_balancers(self, load_balancers: Sequence[LoadBalancer]) -> None:
        self.balancers = list(load_balancers)

    def target_health(self, load_balancer_arn: str, listener_port: int) -> dict[LoadBalancerTarget, TargetHealth]:
        return self.health
