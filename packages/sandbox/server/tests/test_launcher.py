"""`sandbox start` on machines that cannot have one: it says why before it has changed anything."""

from __future__ import annotations

import os
import shutil
import subprocess
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
