"""The hypervisor: what the API asks for, done with containers, files and the kernel's network."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from coinfleet_sandbox.daemon.dns import DnsServer
from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.hypervisor import host_network, volumes
from coinfleet_sandbox.hypervisor.commands import run_script
from coinfleet_sandbox.hypervisor.engine import Engine
from coinfleet_sandbox.hypervisor.firewall import Firewall
from coinfleet_sandbox.hypervisor.host_record import Attachment, HostRecord, HostRecords
from coinfleet_sandbox.hypervisor.load_balancers import LoadBalancers
from coinfleet_sandbox.hypervisor.outside import Outside
from coinfleet_sandbox.hypervisor.volumes import Volumes
from coinfleet_sandbox.interface import (
    CommandResult,
    DnsRecord,
    HypervisorError,
    InstanceSpec,
    InstanceState,
    LoadBalancer,
    LoadBalancerTarget,
    Rule,
    TargetHealth,
)
from coinfleet_sandbox.launcher.layout import Layout

log = logging.getLogger(__name__)
STOP_SEC = 630
"""Longer than the longest stop time that a service in a guest may have (600 s)."""
REBOOT_EXIT, POWER_OFF_EXIT = 129, 130
PARALLEL_BOOTS = 4
CRASHES_PER_MIN = 3
LOOK_AFTER_SEC = 3
StateListener = Callable[[str, InstanceState, str], None]


class LocalHypervisor:
    """Implements `coinfleet_sandbox.interface.Hypervisor` on this machine."""

    def __init__(self, layout: Layout, dns: DnsServer, outside: Outside, guest_archive: bytes) -> None:
        self._records = HostRecords(layout.hosts)
        self._engine = Engine(layout.docker_socket)
        self._volumes = Volumes(layout.volumes, layout.snapshots)
        self._firewall = Firewall()
        self._dns, self._outside = dns, outside
        self._balancers = LoadBalancers(self._firewall.set_balancers, layout.log)
        self._guest_archive = guest_archive
        self._expected: set[str] = set()
        self._lock = threading.Lock()
        self._boot_locks: dict[str, threading.Lock] = {}
        self._crashes: dict[str, list[float]] = {}
        self._early_rules: dict[str, tuple[Rule, ...]] = {}
        self._closing = threading.Event()
        self._listener: StateListener = lambda instance_id, state, reason: None
        self._apply_firewall()

    @property
    def engine(self) -> Engine:
        return self._engine

    # Life of the sandbox

    def known(self) -> list[str]:
        """Ids of all hosts, running or not."""
        return sorted(record.id for record in self._records.all())

    def running(self) -> list[str]:
        """Ids of the hosts that run."""
        return [instance_id for instance_id in self.known() if self.is_running(instance_id)]

    def listen(self, listener: StateListener) -> None:
        """Whom to tell when a guest ends by itself; watches from now on."""
        self._listener = listener
        threading.Thread(target=self._watch, name="watch-hosts", daemon=True).start()
        threading.Thread(target=self._look_after, name="look-after-hosts", daemon=True).start()

    def resume(self, is_known: Callable[[str], bool]) -> None:
        """After a start of the sandbox: bring back the hosts that ran, remove those of which the API knows nothing."""
        containers = set(self._engine.instance_ids())
        known = [record for record in self._records.all() if is_known(record.id) and record.id in containers]
        for unknown in containers | {record.id for record in self._records.all()}:
            if unknown not in {record.id for record in known}:
                log.warning("removing %s, which the API does not know", unknown)
                self._engine.remove(unknown)
                self._records.remove(unknown)
        self._apply_firewall()
        for record in known:
            self._dns.set_host(record.spec.hostname, record.spec.private_ip)
        with ThreadPoolExecutor(PARALLEL_BOOTS) as pool:
            list(pool.map(lambda record: self._boot(record.id), [record for record in known if record.should_run]))

    def suspend(self) -> None:
        """Before a stop of the sandbox: shut down all hosts at the same time, remember which of them ran."""
        self._closing.set()
        running = [record for record in self._records.all() if self._engine.pid(record.id)]
        if running:
            with ThreadPoolExecutor(len(running)) as pool:
                list(pool.map(lambda record: self._shut_down(record, force=False), running))
        self._balancers.stop()

    def _watch(self) -> None:
        """Docker's events tell of ends at once."""
        while not self._closing.is_set():
            try:
                for instance_id in self._engine.ends():
                    threading.Thread(target=self._on_end, args=(instance_id,), daemon=True).start()
            except Exception as error:
                if not self._closing.is_set():
                    log.warning("the stream of docker's events broke off: %s", error)
            time.sleep(1)

    def _look_after(self) -> None:
        """What happens while docker itself is down comes without events."""
        while not self._closing.wait(LOOK_AFTER_SEC):
            for record in self._records.all():
                try:
                    if record.should_run and self._engine.exit_code(record.id) is not None:
                        self._on_end(record.id)
                except Exception as error:
                    log.warning("%s could not be looked at: %s", record.id, error)

    def _on_end(self, instance_id: str) -> None:
        with self._lock:
            record = self._records.find(instance_id)
            if self._closing.is_set() or instance_id in self._expected or record is None or not record.should_run:
                return
            self._expected.add(instance_id)
        try:
            code = self._engine.exit_code(instance_id)
            if code is None:
                return
            self._release(record)
            if code == POWER_OFF_EXIT:
                self._records.change(instance_id, lambda old: replace(old, should_run=False))
                self._listener(instance_id, "stopped", "Client.InstanceInitiatedShutdown: Instance initiated shutdown")
            else:
                self._note_crash(instance_id, code)
                self._boot(instance_id)
        except (HypervisorError, SandboxError) as error:
            log.error("%s did not come back: %s", instance_id, error)
            self._records.change(instance_id, lambda old: replace(old, should_run=False))
            self._listener(instance_id, "stopped", f"Server.InternalError: {error}")
        finally:
            with self._lock:
                self._expected.discard(instance_id)

    def _note_crash(self, instance_id: str, code: int) -> None:
        """Log the end of a guest that was no reboot; give up on one that ends again and again."""
        if code == REBOOT_EXIT:
            return
        log.warning("%s ended with exit code %s; starting it again", instance_id, code)
        now = time.monotonic()
        recent = [moment for moment in self._crashes.get(instance_id, []) if now - moment < 60] + [now]
        self._crashes[instance_id] = recent
        if len(recent) > CRASHES_PER_MIN:
            raise HypervisorError(f"The guest ended {len(recent)} times within a minute, the last time with exit code {code}.")

    # Instances

    def run_instance(self, spec: InstanceSpec) -> None:
        old = self._records.find(spec.id)
        record = replace(old, spec=spec, should_run=True) if old else HostRecord(spec)
        with self._lock:
            early = self._early_rules.pop(spec.id, record.rules)
            self._records.put(replace(record, rules=early))
        docker_folder = self._records.folder(spec.id) / "docker"
        docker_folder.mkdir(parents=True, exist_ok=True)
        try:
            self._engine.create(spec, docker_folder, self._guest_archive)
            self._dns.set_host(spec.hostname, spec.private_ip)
            self._boot(spec.id)
        except (HypervisorError, SandboxError) as error:
            self.terminate_instance(spec.id)
            raise HypervisorError(str(error)) from error

    def start_instance(self, instance_id: str) -> None:
        with self._ends_expected(instance_id):
            self._records.change(instance_id, lambda old: replace(old, should_run=True))
            self._boot(instance_id)

    def stop_instance(self, instance_id: str, force: bool) -> None:
        record = self._records.change(instance_id, lambda old: replace(old, should_run=False))
        self._shut_down(record, force)

    def reboot_instance(self, instance_id: str) -> None:
        record = self._records.get(instance_id)
        with self._ends_expected(instance_id):
            self._shut_down(record, force=False)
            self._boot(instance_id)

    def terminate_instance(self, instance_id: str) -> None:
        record = self._records.find(instance_id)
        if record is None:
            return
        record = self._records.change(instance_id, lambda old: replace(old, should_run=False))
        self._shut_down(record, force=True)
        self._engine.remove(instance_id)
        self._dns.set_host(record.spec.hostname, None)
        self._outside.remove_route(record.spec.private_ip)
        self._records.remove(instance_id)
        self._apply_firewall()

    def has_instance(self, instance_id: str) -> bool:
        return self._records.find(instance_id) is not None

    def is_running(self, instance_id: str) -> bool:
        return self._engine.pid(instance_id) is not None

    def is_ready(self, instance_id: str) -> bool:
        pid = self._engine.pid(instance_id)
        return pid is not None and Path(f"/proc/{pid}/root/run/dbus/system_bus_socket").exists()

    def console_output(self, instance_id: str) -> str:
        return self._engine.console(instance_id)

    def run_command(
        self, instance_id: str, script: str, timeout_sec: int, cancel: threading.Event, shell: str = "/bin/sh"
    ) -> CommandResult:
        if not self.is_running(instance_id):
            raise HypervisorError(f"The host {instance_id} is not running, so no command can run on it.")
        return run_script(self._engine, instance_id, script, timeout_sec, cancel, shell)

    def _ends_expected(self, instance_id: str) -> _Expectation:
        return _Expectation(self._expected, self._lock, instance_id)

    def _boot(self, instance_id: str) -> None:
        """Start the container, then give it devices and its network; its init waits for the latter."""
        with self._lock:
            lock = self._boot_locks.setdefault(instance_id, threading.Lock())
        with lock:
            record = self._records.get(instance_id)
            if self._engine.pid(instance_id) is not None:
                return
            self._apply_firewall()
            pid = self._engine.start(instance_id)
            for attachment in record.attachments:
                volumes.show_to_guest(pid, attachment, self._volumes.loop_number(attachment.volume_id))
            host_network.connect(record, pid)
            self._outside.add_route(record.spec.private_ip)

    def _shut_down(self, record: HostRecord, force: bool) -> None:
        with self._ends_expected(record.id):
            if force:
                self._engine.kill(record.id)
            else:
                self._engine.stop(record.id, STOP_SEC)
            self._release(record)

    def _release(self, record: HostRecord) -> None:
        host_network.disconnect(record)
        for attachment in self._records.get(record.id).attachments:
            self._volumes.release(attachment.volume_id)

    # Volumes

    def create_volume(self, volume_id: str, size_gib: int, snapshot_id: str | None) -> None:
        self._volumes.create(volume_id, size_gib, snapshot_id)

    def delete_volume(self, volume_id: str) -> None:
        self._volumes.delete(volume_id)

    def grow_volume(self, volume_id: str, size_gib: int) -> None:
        self._volumes.grow(volume_id, size_gib)

    def attach_volume(self, volume_id: str, instance_id: str, device: str) -> None:
        record = self._records.get(instance_id)
        if any(attachment.volume_id == volume_id for attachment in record.attachments):
            return
        attachment = Attachment(volume_id, device, volumes.free_node(record.attachments))
        self._records.change(instance_id, lambda old: replace(old, attachments=(*old.attachments, attachment)))
        pid = self._engine.pid(instance_id)
        if pid is not None:
            volumes.show_to_guest(pid, attachment, self._volumes.loop_number(volume_id))

    def detach_volume(self, volume_id: str, instance_id: str, force: bool) -> None:
        record = self._records.find(instance_id)
        attachment = next((a for a in record.attachments if a.volume_id == volume_id), None) if record else None
        if attachment is None:
            return
        pid = self._engine.pid(instance_id)
        if pid is not None:
            number = self._volumes.loop_number(volume_id)
            if not force and volumes.mounted_by(number):
                raise HypervisorError(f"{volume_id} is mounted on {instance_id}. Unmount it there first, or detach it with force.")
            volumes.unmount_everywhere(number)
            volumes.hide_from_guest(pid, attachment, number)
        self._volumes.release(volume_id)
        self._records.change(instance_id, lambda old: replace(old, attachments=tuple(a for a in old.attachments if a != attachment)))

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        self._volumes.snapshot(snapshot_id, volume_id)

    def copy_snapshot(self, snapshot_id: str, source_id: str) -> None:
        self._volumes.copy_snapshot(snapshot_id, source_id)

    def delete_snapshot(self, snapshot_id: str) -> None:
        self._volumes.delete_snapshot(snapshot_id)

    # Images

    def create_image(self, image_id: str, instance_id: str) -> str:
        self._records.get(instance_id)
        return self._engine.commit(instance_id, image_id)

    def delete_image(self, image_id: str, image_ref: str) -> None:
        self._engine.remove_image(image_ref)

    # Network

    def apply_security_groups(self, instance_id: str, rules: Sequence[Rule]) -> None:
        wanted = tuple(rules)
        with self._lock:
            record = self._records.find(instance_id)
            if record is None:
                # The rules of an instance may come before the instance itself.
                self._early_rules[instance_id] = wanted
                return
            if record.rules == wanted:
                return
            self._records.change(instance_id, lambda old: replace(old, rules=wanted))
        self._apply_firewall()

    def set_public_address(self, instance_id: str, public_ip: str | None) -> None:
        value = str(ipaddress.ip_address(public_ip)) if public_ip else None
        record = self._records.find(instance_id)
        if record is not None and record.public_ip != value:
            self._records.change(instance_id, lambda old: replace(old, public_ip=value))
            self._apply_firewall()

    def _apply_firewall(self) -> None:
        self._firewall.set_hosts(self._records.all())

    def set_dns(self, records: Sequence[DnsRecord]) -> None:
        self._dns.set_records(records)

    def set_load_balancers(self, load_balancers: Sequence[LoadBalancer]) -> None:
        self._balancers.replace(load_balancers)

    def target_health(self, load_balancer_arn: str, listener_port: int) -> dict[LoadBalancerTarget, TargetHealth]:
        return self._balancers.health(load_balancer_arn, listener_port)


class _Expectation:
    """While it is entered, the end of a host is our own doing."""

    def __init__(self, expected: set[str], lock: threading.Lock, instance_id: str) -> None:
        self._expected, self._lock, self._id = expected, lock, instance_id
        self._is_outer = False

    def __enter__(self) -> None:
        with self._lock:
            self._is_outer = self._id not in self._expected
            self._expected.add(self._id)

    def __exit__(self, *_: object) -> None:
        if self._is_outer:
            with self._lock:
                self._expected.discard(self._id)
