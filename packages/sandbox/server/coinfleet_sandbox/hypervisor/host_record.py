"""What the hypervisor must remember about a host to bring it back."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from coinfleet_sandbox.interface import HypervisorError, InstanceSpec, Rule


@dataclass(frozen=True)
class Attachment:
    """A volume of a host. `node` is the device's name in the guest, `device` the name that was asked for."""

    volume_id: str
    device: str
    node: str


@dataclass(frozen=True)
class HostRecord:
    """One host, running or not."""

    spec: InstanceSpec
    should_run: bool = True
    public_ip: str | None = None
    attachments: tuple[Attachment, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    @property
    def id(self) -> str:
        return self.spec.id


def interface_name(instance_id: str) -> str:
    """Name of the sandbox's end of the host's cable; at most 15 characters, the last of the id being the most random."""
    return f"h{instance_id[-13:]}"


class HostRecords:
    """All hosts, in memory and on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._records: dict[str, HostRecord] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*/host.json"):
            record = _from_json(file.read_text())
            self._records[record.id] = record

    def folder(self, instance_id: str) -> Path:
        return self._folder / instance_id

    def all(self) -> list[HostRecord]:
        with self._lock:
            return list(self._records.values())

    def find(self, instance_id: str) -> HostRecord | None:
        with self._lock:
            return self._records.get(instance_id)

    def get(self, instance_id: str) -> HostRecord:
        record = self.find(instance_id)
        if record is None:
            raise HypervisorError(f"There is no host {instance_id} in this sandbox.")
        return record

    def put(self, record: HostRecord) -> None:
        with self._lock:
            self._records[record.id] = record
            self._save(record)

    def change(self, instance_id: str, change: Callable[[HostRecord], HostRecord]) -> HostRecord:
        """Replace a record by what `change` makes of it."""
        with self._lock:
            if instance_id not in self._records:
                raise HypervisorError(f"There is no host {instance_id} in this sandbox.")
            record = change(self._records[instance_id])
            self._records[instance_id] = record
            self._save(record)
            return record

    def remove(self, instance_id: str) -> None:
        with self._lock:
            self._records.pop(instance_id, None)
        shutil.rmtree(self.folder(instance_id), ignore_errors=True)

    def _save(self, record: HostRecord) -> None:
        folder = self.folder(record.id)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / "host.json.new"
        temporary.write_text(json.dumps(asdict(record)))
        os.replace(temporary, folder / "host.json")


def _from_json(text: str) -> HostRecord:
    data = json.loads(text)
    record = HostRecord(InstanceSpec(**data["spec"]), data["should_run"], data["public_ip"])
    return replace(
        record,
        attachments=tuple(Attachment(**item) for item in data["attachments"]),
        rules=tuple(Rule(**{**item, "cidrs": tuple(item["cidrs"])}) for item in data["rules"]),
    )
