"""What is known about a sandbox between two calls of the command."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from typing import Literal

from coinfleet_sandbox.launcher.layout import Layout
from coinfleet_sandbox.launcher.process import ProcessId, boot_id, is_alive

Phase = Literal["starting", "running", "stopping", "stopped"]
State = Literal["absent", "starting", "running", "stopping", "stopped", "crashed"]


@dataclass(frozen=True)
class Record:
    """The content of `sandbox.json`."""

    name: str
    slot: int
    """Number of the sandbox on this machine: 10.213.<slot>.0/30 and 198.19.<slot>.0/24 are its outer addresses."""
    phase: Phase
    boot_id: str
    launcher: ProcessId | None
    """The process outside whose end ends everything of the sandbox."""
    init: ProcessId | None
    """The sandbox's first process, as the machine sees it."""
    forwarding_was_on: bool

    @property
    def outer_address(self) -> str:
        return f"10.213.{self.slot}.1"

    @property
    def inner_address(self) -> str:
        return f"10.213.{self.slot}.2"

    @property
    def public_cidr(self) -> str:
        return f"198.19.{self.slot}.0/24"

    @property
    def veth(self) -> str:
        return f"cfsbx{self.slot}"


def read_record(layout: Layout) -> Record | None:
    try:
        data = json.loads(layout.record.read_text())
    except FileNotFoundError:
        return None
    for key in ("launcher", "init"):
        data[key] = ProcessId(**data[key]) if data[key] else None
    return Record(**data)


def write_record(layout: Layout, record: Record) -> Record:
    temporary = layout.record.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(record), indent=2) + "\n")
    os.replace(temporary, layout.record)
    return record


def with_phase(layout: Layout, record: Record, phase: Phase) -> Record:
    return write_record(layout, replace(record, phase=phase))


def state_of(record: Record | None) -> State:
    """What the record says, checked against the processes that really exist."""
    if record is None:
        return "absent"
    if record.phase == "stopped":
        return "stopped"
    alive = record.boot_id == boot_id() and record.launcher is not None and is_alive(record.launcher)
    return record.phase if alive else "crashed"
