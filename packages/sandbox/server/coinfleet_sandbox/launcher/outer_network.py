"""The sandbox's network namespace and its cable to the machine."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher.layout import Layout, state_root
from coinfleet_sandbox.launcher.record import Record
from coinfleet_sandbox.shell import run, succeeds

MTU = 1400
"""Below the usual 1500, so that a machine that itself sits in a tunnel loses nothing."""
INNER_DEVICE = "eth0"
SLOTS = 256
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def free_slot() -> int:
    """The lowest number whose addresses nobody on this machine uses."""
    used = {int(json.loads(file.read_text())["slot"]) for file in state_root().glob("*/sandbox.json")}
    taken = _networks_in_use()
    for slot in range(SLOTS):
        wanted = (ipaddress.ip_network(f"10.213.{slot}.0/30"), ipaddress.ip_network(f"198.19.{slot}.0/24"))
        if slot not in used and not any(net.overlaps(want) for net in taken for want in wanted):
            return slot
    raise SandboxError("All address ranges 10.213.0.0/16 that sandboxes use are taken on this machine.", "Take a sandbox down.")


def _networks_in_use() -> list[ipaddress.IPv4Network]:
    nets: list[ipaddress.IPv4Network] = []
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]"):
        if route["dst"] != "default":
            nets.append(ipaddress.IPv4Network(route["dst"], strict=False))
    # A route as wide as 10.0.0.0/8 is the way into a company's network, not a use of every address in it.
    return [net for net in nets if net.prefixlen >= 16]


def create(layout: Layout, record: Record) -> None:
    """Namespace, cable, addresses, routes and address translation. Removes the remains of an earlier one."""
    remove(layout, record)
    inside = f"{record.veth}i"
    run(["ip", "netns", "add", layout.netns])
    run(["ip", "link", "add", record.veth, "mtu", str(MTU), "type", "veth", "peer", "name", inside])
    run(["ip", "link", "set", inside, "netns", layout.netns, "name", INNER_DEVICE])
    run(["ip", "address", "add", f"{record.outer_address}/30", "dev", record.veth])
    run(["ip", "link", "set", record.veth, "up"])
    for command in (
        ["link", "set", "lo", "up"],
        ["address", "add", f"{record.inner_address}/30", "dev", INNER_DEVICE],
        ["link", "set", INNER_DEVICE, "mtu", str(MTU), "up"],
        ["route", "add", "default", "via", record.outer_address],
    ):
        run(["ip", "-netns", layout.netns, *command])
    run(["ip", "route", "add", record.public_cidr, "via", record.inner_address])
    FORWARDING.write_text("1")
    for rule in _rules(layout, record):
        run(["iptables", "-w", *rule[0], "-I", *rule[1]])


def _rules(layout: Layout, record: Record) -> list[tuple[list[str], list[str]]]:
    tag = ["-m", "comment", "--comment", layout.comment]
    return [
        (["-t", "nat"], ["POSTROUTING", "-s", f"{record.inner_address}/32", "!", "-o", record.veth, *tag, "-j", "MASQUERADE"]),
        (["-t", "filter"], ["FORWARD", "-i", record.veth, *tag, "-j", "ACCEPT"]),
        (["-t", "filter"], ["FORWARD", "-o", record.veth, *tag, "-j", "ACCEPT"]),
    ]


def remove(layout: Layout, record: Record) -> None:
    """Remove what `create` made; what is not there is no error."""
    for table, rule in _rules(layout, record):
        while succeeds(["iptables", "-w", *table, "-D", *rule]):
            pass
    if Path(f"/sys/class/net/{record.veth}").exists():
        run(["ip", "link", "delete", record.veth])
    if Path(f"/run/netns/{layout.netns}").exists():
        run(["ip", "netns", "delete", layout.netns])


def restore_forwarding(record: Record) -> None:
    """Switch IPv4 forwarding off again if it was off before the first sandbox, and no other sandbox needs it."""
    others = [file for file in state_root().glob("*/sandbox.json") if json.loads(file.read_text())["name"] != record.name]
    if not record.forwarding_was_on and not others:
        FORWARDING.write_text("0")
