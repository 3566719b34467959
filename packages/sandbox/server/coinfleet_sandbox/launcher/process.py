"""Processes known by their id and their start time, so that a reused id is never taken for ours."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessId:
    """A process of this machine since it booted."""

    pid: int
    start_ticks: int


def boot_id() -> str:
    """Differs after each start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> ProcessId | None:
    """The process with this id, or None when there is none (a zombie counts as none)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] == "Z" else ProcessId(pid, int(after_name[19]))


def is_alive(process: ProcessId) -> bool:
    return identify(process.pid) == process


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def wait_end(process: ProcessId, timeout_sec: float) -> bool:
    """Whether the process ended in time."""
    deadline = time.monotonic() + timeout_sec
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill(process: ProcessId) -> None:
    """Kill it at once if it is still the process that we mean."""
    if is_alive(process):
        os.kill(process.pid, signal.SIGKILL)
