"""The few things that the hypervisor asks of docker."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors

from coinfleet_sandbox.daemon import addresses
from coinfleet_sandbox.hypervisor.guest_files import ENTRYPOINT
from coinfleet_sandbox.interface import HypervisorError, InstanceSpec
from coinfleet_sandbox.names import container_name
from coinfleet_sandbox.shell import run

STOP_SIGNAL = "SIGRTMIN+3"
"""What systemd understands as "power off"."""
LABEL = "coinfleet.instance"
SOURCE_REPOSITORY = "machine-image/source"
IMAGE_REPOSITORY = "machine-image/ami"


class Engine:
    """Containers and images of the sandbox's docker daemon."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._local = threading.local()

    @property
    def _api(self) -> docker.APIClient:
        # One connection pool per thread: a long stop in one must not hold up the others.
        if not hasattr(self._local, "api"):
            self._local.api = docker.APIClient(base_url=f"unix://{self._socket}", version="1.41", timeout=900)
        api: docker.APIClient = self._local.api
        return api

    def cli(self, *arguments: str) -> list[str]:
        """A command line for docker's own client, for what has a standard input."""
        return ["docker", f"--host=unix://{self._socket}", *arguments]

    def has_image(self, reference: str) -> bool:
        return bool(self._api.images(reference, quiet=True))

    def import_image(self, tar: Path, reference: str) -> None:
        """Make an image of a root file system."""
        if not self.has_image(reference):
            run(self.cli("import", str(tar), reference), timeout=600)

    def create(self, spec: InstanceSpec, docker_folder: Path, archive: bytes) -> None:
        """Make a host's container, without a network, and put files into it."""
        limit = min(spec.memory_mib * 2**20, _memory_bytes())
        config = self._api.create_host_config(
            network_mode="none",
            cap_add=["ALL"],
            cap_drop=["SYS_RESOURCE"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            device_cgroup_rules=["b 7:* rwm", "c *:* rwm"],
            tmpfs={"/run": "mode=755,exec", "/run/lock": "", "/tmp": "mode=1777,exec"},
            binds={str(docker_folder): {"bind": "/var/lib/docker", "mode": "rw"}},
            dns=[addresses.DNS],
            dns_search=[f"{spec.region}.compute.internal"],
            mem_limit=limit,
            memswap_limit=limit,
            log_config={"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},
        )
        config["CgroupnsMode"] = "private"
        name = container_name(spec.id)
        self.remove(spec.id)
        try:
            self._api.create_container(
                spec.image_ref,
                entrypoint=["/bin/sh", "-c", ENTRYPOINT],
                command=[],
                name=name,
                hostname=spec.hostname.split(".", 1)[0],
                environment={"container": "docker"},
                labels={LABEL: spec.id},
                stop_signal=STOP_SIGNAL,
                tty=True,
                host_config=config,
                user="root",
                working_dir="/",
            )
            self._api.put_archive(name, "/", archive)
        except docker.errors.DockerException as error:
            self.remove(spec.id)
            raise HypervisorError(f"The host {spec.id} could not be made from {spec.image_ref}: {error}") from error

    def start(self, instance_id: str) -> int:
        """Start a host's container; returns the id of its first process."""
        try:
            self._api.start(container_name(instance_id))
        except docker.errors.DockerException as error:
            raise HypervisorError(f"The host {instance_id} did not start: {error}") from error
        pid = self.pid(instance_id)
        if pid is None:
            raise HypervisorError(f"The host {instance_id} ended as soon as it was started: {self.console(instance_id)[-500:]}")
        return pid

    def stop(self, instance_id: str, timeout_sec: int) -> None:
        """Shut down; kill after the timeout."""
        with contextlib.suppress(docker.errors.NotFound):
            self._api.stop(container_name(instance_id), timeout=timeout_sec)

    def kill(self, instance_id: str) -> None:
        with contextlib.suppress(docker.errors.APIError):
            self._api.kill(container_name(instance_id))

    def remove(self, instance_id: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            self._api.remove_container(container_name(instance_id), force=True, v=True)

    def pid(self, instance_id: str) -> int | None:
        """The first process of a running host, in the sandbox's process namespace."""
        try:
            state = self._api.inspect_container(container_name(instance_id))["State"]
        except docker.errors.NotFound:
            return None
        return int(state["Pid"]) or None if state["Running"] else None

    def exit_code(self, instance_id: str) -> int | None:
        """How a host ended; None when it runs, was never started or is not there."""
        try:
            state = self._api.inspect_container(container_name(instance_id))["State"]
        except docker.errors.NotFound:
            return None
        return int(state["ExitCode"]) if state["Status"] == "exited" else None

    def instance_ids(self) -> list[str]:
        """The instances for which there is a container."""
        found = self._api.containers(all=True, filters={"label": LABEL})
        return [str(container["Labels"][LABEL]) for container in found]

    def ends(self) -> Iterator[str]:
        """Instance ids of hosts as they end, for as long as docker runs."""
        for event in self._api.events(decode=True, filters={"type": "container", "event": "die", "label": LABEL}):
            yield str(event["Actor"]["Attributes"][LABEL])

    def console(self, instance_id: str) -> str:
        try:
            output: bytes = self._api.logs(container_name(instance_id), tail=1000)
        except docker.errors.DockerException:
            return ""
        return output.decode(errors="replace")[-65536:]

    def commit(self, instance_id: str, image_id: str) -> str:
        """Make a machine image of a host's root file system."""
        try:
            self._api.commit(container_name(instance_id), IMAGE_REPOSITORY, image_id, changes=[f"LABEL {LABEL}="])
        except docker.errors.DockerException as error:
            raise HypervisorError(f"No image could be made of {instance_id}: {error}") from error
        return f"{IMAGE_REPOSITORY}:{image_id}"

    def remove_image(self, reference: str) -> None:
        try:
            self._api.remove_image(reference)
        except docker.errors.ImageNotFound:
            pass
        except docker.errors.APIError as error:
            raise HypervisorError(f"The image {reference} could not be removed: {error}") from error


def _memory_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    raise HypervisorError("/proc/meminfo does not say how much memory this machine has.")
