"""The sandbox's own docker daemon."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from coinfleet_sandbox.daemon import addresses
from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.launcher.layout import Layout
from coinfleet_sandbox.launcher.outer_network import MTU
from coinfleet_sandbox.launcher.remains import hierarchies


def dockerd(layout: Layout) -> Child:
    """A docker daemon that shares nothing with the machine's, with its socket in the sandbox's folder."""
    layout.docker_root.mkdir(parents=True, exist_ok=True)
    layout.docker_socket.unlink(missing_ok=True)
    argv = [
        "dockerd",
        f"--host=unix://{layout.docker_socket}",
        f"--data-root={layout.docker_root}",
        "--exec-root=/run/docker",
        "--pidfile=/run/docker.pid",
        f"--cgroup-parent=/{layout.cgroup}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--bip={addresses.DOCKER_BRIDGE}",
        f"--default-address-pool=base={addresses.DOCKER_POOL},size=24",
        f"--mtu={MTU}",
        "--userland-proxy=false",
        "--storage-driver=overlay2",
        "--log-level=warn",
        "--shutdown-timeout=30",
        # Hosts go on when docker itself is killed; its successor finds them again.
        "--live-restore",
    ]
    return Child("dockerd", argv, layout.log / "dockerd.log")


def prefer_hosts(layout: Layout) -> None:
    """Give all hosts together four times the CPU time of another session of this machine, as far as both want it.

    The kernel would give them as much as one compiler that runs beside them: they would look like hosts that hang.
    """
    for hierarchy in hierarchies():
        unified = (hierarchy / "cgroup.controllers").exists()
        if not unified and not (hierarchy / "cpu.shares").exists():
            continue
        group = hierarchy / layout.cgroup
        group.mkdir(exist_ok=True)
        # Without a CPU controller the file is missing, and the kernel's own shares stay.
        with contextlib.suppress(OSError):
            (group / ("cpu.weight" if unified else "cpu.shares")).write_text("400" if unified else "4096")


def docker_answers(path: Path) -> bool:
    """Whether the daemon answers on its socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in connection.recv(64)
    except OSError:
        return False


def announce_registries(account_id: str, regions: tuple[str, ...]) -> None:
    """Make the folders of the registries' certificates: BuildKit looks for them once, when docker starts, and reads them at each use."""
    for name in _registry_names(account_id, regions):
        (Path("/etc/docker/certs.d") / name).mkdir(parents=True, exist_ok=True)


def trust_registries(certificate: Path, account_id: str, regions: tuple[str, ...]) -> None:
    """Let docker trust the sandbox's registry under its production names (only in the sandbox's own /etc)."""
    for name in _registry_names(account_id, regions):
        folder = Path("/etc/docker/certs.d") / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ca.crt").write_bytes(certificate.read_bytes())


def _registry_names(account_id: str, regions: tuple[str, ...]) -> list[str]:
    return [f"{account_id}.dkr.ecr.{region}.amazonaws.com" for region in regions] + [addresses.PUBLIC_REGISTRY]
