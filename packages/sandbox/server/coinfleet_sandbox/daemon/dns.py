"""The sandbox's DNS server: dnsmasq with the records of Route 53."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from coinfleet_sandbox.daemon import addresses
from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.daemon.namespace import upstream_dns
from coinfleet_sandbox.interface import DnsRecord
from coinfleet_sandbox.launcher.layout import Layout

TTL_SEC = 2
"""Answers are short-lived, so that a change is seen within seconds whatever TTL the record has."""


def hosts_lines(records: Sequence[DnsRecord]) -> list[str]:
    """Address records in the form that dnsmasq reads again without a restart."""
    plain = [record for record in records if record.type in ("A", "AAAA") and not record.name.startswith("*.")]
    return sorted(f"{value} {record.name}" for record in plain for value in record.values)


def config_lines(records: Sequence[DnsRecord]) -> list[str]:
    """All other records, which dnsmasq only reads when it starts."""
    lines: list[str] = []
    for record in records:
        for value in record.values:
            if record.type in ("A", "AAAA") and record.name.startswith("*."):
                lines.append(f"address=/{record.name[2:]}/{value}")
            elif record.type == "CNAME":
                lines.append(f"cname={record.name},{value.rstrip('.')}")
            elif record.type == "TXT":
                lines.append(f"txt-record={record.name},{value}")
            elif record.type == "SRV":
                priority, weight, port, target = value.split()
                lines.append(f"srv-host={record.name},{target.rstrip('.')},{port},{priority},{weight}")
            elif record.type == "MX":
                preference, target = value.split()
                lines.append(f"mx-host={record.name},{target.rstrip('.')},{preference}")
            elif record.type == "PTR":
                lines.append(f"ptr-record={record.name},{value.rstrip('.')}")
    return sorted(lines)


class DnsServer:
    """Answers Route 53 names and instance names itself, AWS names with the API, and asks the machine's servers for the rest."""

    def __init__(self, layout: Layout) -> None:
        self._lock = threading.Lock()
        self._records: list[DnsRecord] = []
        self._hosts: dict[str, str] = {}
        self._folder = Path("/run/dns")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._written = ("", "")
        self._upstream = upstream_dns()
        self.child = Child("dnsmasq", self._argv(), layout.log / "dnsmasq.log")
        self._write()

    @property
    def _hosts_file(self) -> Path:
        return self._folder / "hosts"

    @property
    def _config_file(self) -> Path:
        return self._folder / "records.conf"

    def _argv(self) -> list[str]:
        return [
            "dnsmasq",
            "--keep-in-foreground",
            "--log-facility=-",
            "--conf-file=/dev/null",
            f"--conf-file={self._config_file}",
            "--user=root",
            "--pid-file",
            "--no-hosts",
            "--no-resolv",
            "--no-negcache",
            "--bind-interfaces",
            f"--listen-address={addresses.DNS}",
            f"--addn-hosts={self._hosts_file}",
            f"--local-ttl={TTL_SEC}",
            *(f"--server={server}" for server in self._upstream),
            *(f"--address=/{domain}/{addresses.API}" for domain in addresses.AWS_DOMAINS),
            *(f"--local=/{domain}/" for domain in ("internal", *addresses.AWS_DOMAINS)),
        ]

    def set_records(self, records: Sequence[DnsRecord]) -> None:
        with self._lock:
            self._records = list(records)
            self._write()

    def set_host(self, name: str, address: str | None) -> None:
        """The private name of an instance; None when it is gone."""
        with self._lock:
            if address is None:
                self._hosts.pop(name, None)
            else:
                self._hosts[name] = address
            self._write()

    def _write(self) -> None:
        own = [DnsRecord(name, "A", TTL_SEC, (str(ipaddress.ip_address(value)),)) for name, value in self._hosts.items()]
        hosts = "\n".join(hosts_lines([*self._records, *own])) + "\n"
        config = "\n".join(config_lines(self._records)) + "\n"
        had_hosts, had_config = self._written
        self._written = (hosts, config)
        for file, text in ((self._hosts_file, hosts), (self._config_file, config)):
            temporary = file.with_suffix(".new")
            temporary.write_text(text)
            os.replace(temporary, file)
        if config != had_config and had_config:
            self.child.restart()
        elif hosts != had_hosts:
            self.child.hang_up()
