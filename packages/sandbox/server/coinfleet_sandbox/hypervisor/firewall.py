"""Security groups: one nftables table in the sandbox's network namespace, outside the reach of the guests.

Every packet from or to a host passes this namespace, because each host has a cable of its own to it. So the rules hold
before a guest's first program starts, and a guest's root cannot change them.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coinfleet_sandbox.daemon import addresses
from coinfleet_sandbox.hypervisor.host_record import HostRecord, interface_name
from coinfleet_sandbox.interface import LoadBalancer, Rule
from coinfleet_sandbox.shell import run

PROTOCOLS = {"icmp": "icmp", "tcp": "tcp", "udp": "udp"}


@dataclass(frozen=True)
class FirewallState:
    """All that the tables depend on."""

    hosts: tuple[HostRecord, ...]
    balancers: tuple[LoadBalancer, ...] = ()


def rule_matches(rule: Rule) -> list[str]:
    """What a rule matches, as nftables expressions; empty when it can match no IPv4 packet."""
    cidrs = [cidr for cidr in rule.cidrs if ipaddress.ip_network(cidr, strict=False).version == 4]
    if not cidrs or rule.protocol == "icmpv6":
        return []
    side = "saddr" if rule.direction == "ingress" else "daddr"
    everyone = "0.0.0.0/0" in cidrs
    other_end = "" if everyone else f"ip {side} {{ {', '.join(sorted(set(cidrs)))} }} "
    if rule.protocol == "all":
        return [other_end]
    has_ports = rule.protocol in ("tcp", "udp") and rule.from_port is not None and rule.to_port is not None
    if has_ports and (rule.from_port, rule.to_port) != (0, 65535):
        return [f"{other_end}{rule.protocol} dport {rule.from_port}-{rule.to_port} "]
    return [f"{other_end}ip protocol {PROTOCOLS.get(rule.protocol, rule.protocol)} "]


def _chain(name: str, lines: Iterable[str]) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"  chain {name} {{\n{body}  }}\n"


def _jump(side: str, direction: str, names: list[str]) -> str:
    targets = ", ".join(f'"{name}" : jump {direction}-{name}' for name in names)
    return f"{side} vmap {{ {targets} }}" if names else ""


def _host_chains(host: HostRecord) -> str:
    name = interface_name(host.id)
    # A public address may belong to a host of another VPC; private addresses end at the border of their own.
    foreign = f'iifname "h*" ct status & dnat == 0 ip saddr != {host.spec.vpc_cidr} drop'
    return _rule_chain("ingress", name, host.rules, [foreign]) + _rule_chain("egress", name, host.rules)


def _rule_chain(direction: str, name: str, rules: Iterable[Rule], before: Iterable[str] = ()) -> str:
    matches = [match for rule in rules if rule.direction == direction for match in rule_matches(rule)]
    return _chain(f"{direction}-{name}", [*before, *(f"{match}return" for match in dict.fromkeys(matches)), "drop"])


def _balancer_jump(side: str, direction: str, names: Iterable[str]) -> str:
    targets = ", ".join(f"{address} : jump {direction}-{address}" for address in names)
    return f"ip {side} vmap {{ {targets} }}" if targets else ""


def render(state: FirewallState) -> str:
    """The whole rule set, as input of `nft -f`, which replaces the old one at once."""
    names = [interface_name(host.id) for host in state.hosts]
    ingress = _jump("oifname", "ingress", names)
    egress = _jump("iifname", "egress", names)
    known = "ct state vmap { established : accept, related : accept, invalid : drop }"
    services = ", ".join([addresses.API, *(address for balancer in state.balancers for address in balancer.addresses)])
    guarded = {address: balancer.rules for balancer in state.balancers if balancer.rules is not None for address in balancer.addresses}
    own = ", ".join([addresses.API, addresses.DNS, addresses.METADATA])
    forward = [
        "type filter hook forward priority -10; policy accept;",
        known,
        egress,
        'iifname "h*" meta nfproto ipv6 drop',
        ingress,
    ]
    input_ = [
        "type filter hook input priority -10; policy accept;",
        'iifname != "h*" accept',
        known,
        f"ip daddr {addresses.METADATA} tcp dport 80 accept",
        f"ip daddr {addresses.DNS} meta l4proto {{ tcp, udp }} th dport 53 accept",
        f"ip daddr != {{ {services} }} drop",
        egress,
        _balancer_jump("daddr", "ingress", guarded),
        f"ip daddr {addresses.API} tcp dport != {addresses.HTTPS_PORT} drop",
    ]
    output = [
        "type filter hook output priority -10; policy accept;",
        'oifname != "h*" accept',
        known,
        f"ip saddr {{ {own} }} accept",
        _balancer_jump("saddr", "egress", guarded),
        ingress,
    ]
    public = {host.public_ip: host.spec.private_ip for host in state.hosts if host.public_ip}
    pairs = ", ".join(f"{outer} : {inner}" for outer, inner in public.items())
    mapping = f"dnat to ip daddr map {{ {pairs} }}" if public else ""
    chains = [
        *(_host_chains(host) for host in state.hosts),
        *(_rule_chain(direction, address, rules) for address, rules in guarded.items() for direction in ("ingress", "egress")),
        _chain("forward", filter(None, forward)),
        _chain("input", filter(None, input_)),
        _chain("output", filter(None, output)),
    ]
    nat = [
        _chain("prerouting", filter(None, ["type nat hook prerouting priority -110;", mapping])),
        _chain("local", filter(None, ["type nat hook output priority -110;", mapping])),
        _chain("postrouting", ["type nat hook postrouting priority 90;", 'oifname "eth0" masquerade']),
    ]
    return "".join(
        f"table {table} {{}}\ndelete table {table}\ntable {table} {{\n{''.join(parts)}}}\n"
        for table, parts in (("inet security_groups", chains), ("ip public_addresses", nat))
    )


class Firewall:
    """Keeps the kernel's tables equal to the state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[str, HostRecord] = {}
        self._balancers: tuple[LoadBalancer, ...] = ()
        self._applied = ""

    def set_hosts(self, hosts: Sequence[HostRecord]) -> None:
        with self._lock:
            self._hosts = {host.id: host for host in hosts}
            self._apply()

    def set_balancers(self, balancers: Sequence[LoadBalancer]) -> None:
        with self._lock:
            self._balancers = tuple(balancers)
            self._apply()

    def _apply(self) -> None:
        text = render(FirewallState(tuple(self._hosts.values()), self._balancers))
        if text != self._applied:
            run(["nft", "-f", "-"], stdin=text)
            self._applied = text
