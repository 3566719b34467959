"""The states of instances follow the machines behind them."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from moto.ec2.models.instances import Instance

from ..interface import HypervisorError, InstanceSpec, InstanceState
from .context import Context, log
from .ec2_support import all_instances, ec2_backend, find_instance, is_root_volume, mark, marked, set_state, state_of
from .ec2_views import instance_spec

USER_SHUTDOWN = ("Client.UserInitiatedShutdown: User initiated shutdown", "Client.UserInitiatedShutdown")
KEEP_TERMINATED_SEC = 3600.0


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
