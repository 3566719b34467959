"""`sandbox start` on machines that cannot have one: it says why before it has changed anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher import prerequisites
from coinfleet_sandbox.progress import Progress

PROGRAM = Path(__file__).resolve().parents[2] / "bin" / "sandbox"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")


def start_on_disk_of(size: str, folder: Path) -> tuple[int, str, list[str]]:
    """Run `sandbox start` with its state on a file system of that size, and list what it leaves there."""
    script = f'mount -t tmpfs -o size={size} none "$1" && {{ "$2" start --name full; code=$?; find "$1" -type f ! -name "*.lock" | sed "s/^/left: /"; exit $code; }}'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(folder), str(PROGRAM)]
    env = os.environ | {"XDG_STATE_HOME": str(folder)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    left = [line.removeprefix("left: ") for line in done.stdout.splitlines() if line.startswith("left: ")]
    return done.returncode, done.stderr, left


def test_a_disk_that_is_too_small_is_refused_and_nothing_is_left_on_it(tmp_path: Path) -> None:
    code, said, left = start_on_disk_of("1g", tmp_path)
    assert code != 0
    assert "GiB are free under" in said
    assert "Nothing has been changed." in said
    assert left == []


def test_a_machine_without_docker_and_without_apt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program, path=None: None if program in {"dockerd", "apt-get"} else f"/usr/bin/{program}")
    with pytest.raises(SandboxError) as refusal:
        prerequisites.install_missing(Progress())
    assert "These programs are missing: dockerd, and there is no apt-get" in str(refusal.value)
    assert "docker.io" in refusal.value.fix


SLOT = "from coinfleet_sandbox.launcher.outer_network import free_slot; print(free_slot())"


def free_slot_where(*addresses: str, state: Path) -> subprocess.CompletedProcess[str]:
    """Ask for a sandbox's addresses on a machine whose only network has these."""
    given = " && ".join(f"ip address add {address} dev d0" for address in addresses)
    script = f'ip link add d0 type veth peer name d1 && ip link set d1 up && ip link set d0 up && {given} && "$0" -c "$1"'
    env = os.environ | {"XDG_STATE_HOME": str(state)}
    return subprocess.run(["unshare", "--net", "sh", "-c", script, sys.executable, SLOT], env=env, capture_output=True, text=True, check=False)


def test_addresses_that_the_machine_uses_already_are_left_alone(tmp_path: Path) -> None:
    assert free_slot_where("192.0.2.1/24", state=tmp_path).stdout == "0\n"
    assert free_slot_where("10.213.0.2/30", "198.19.1.1/24", state=tmp_path).stdout == "2\n"


def test_a_machine_that_uses_all_its_addresses_is_told_so(tmp_path: Path) -> None:
    done = free_slot_where("10.213.0.1/16", state=tmp_path)
    assert done.returncode != 0
    assert "10.213.0.0/16 that sandboxes use are taken on this machine" in done.stderr
