"""State survives a clean stop and a kill, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("state_round_trip.py")


def run(mode: str, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), mode, str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parent.parent)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_everything_is_there_after_a_clean_stop(tmp_path: Path) -> None:
    written = run("write", tmp_path)
    assert written.returncode == 0, written.stderr
    read = run("read", tmp_path)
    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() == "clean"
    again = run("read", tmp_path)
    assert again.returncode == 0, again.stderr


def test_everything_is_there_after_a_kill(tmp_path: Path) -> None:
    assert run("crash", tmp_path).returncode == 9
    read = run("read", tmp_path)
    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() == "recovered"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"nonsense\n", "damaged"), (b'{"version":"0/moto-1","clean":true,"savedAt":1}\n', "version"), (None, "cannot be read")],
)
def test_state_that_cannot_be_used_says_what_to_do(tmp_path: Path, content: bytes | None, says: str) -> None:
    from coinfleet_sandbox.api.state import FILE_NAME, VERSION

    (tmp_path / "state").mkdir()
    broken = content or f'{{"version":"{VERSION}","clean":true,"savedAt":1}}\ncut'.encode()
    (tmp_path / "state" / FILE_NAME).write_bytes(broken)
    failed = run("read", tmp_path)
    assert failed.returncode != 0
    assert says in failed.stderr
    assert "sandbox down" in failed.stderr
    assert (tmp_path / "state" / FILE_NAME).read_bytes() == broken
