"""From EC2's security groups to the rules of each host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.elbv2.models import elbv2_backends

from ..interface import Rule
from .context import Context, log
from .ec2_support import ALIVE, all_instances, ec2_backend, marked, state_of
from .overrides import replace

PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


def members(context: Context) -> dict[str, list[str]]:
    """Group id → private addresses of what is in the group: instances, load balancers, endpoints."""
    found: dict[str, list[str]] = {}
    for interface in ec2_backend(context).enis.values():
        for group in interface.group_set:
            found.setdefault(group.id, []).append(interface.private_ip_address)
    for balancer in elbv2_backends[context.options.account_id][context.options.region].load_balancers.values():
        for group_id in balancer.security_groups or []:
            found.setdefault(group_id, []).extend(marked(balancer, "addresses", {}).values())
    return {group: sorted(set(addresses)) for group, addresses in found.items()}


def _prefix_list_cidrs(context: Context, prefix_list_id: str) -> list[str]:
    lists = ec2_backend(context).managed_prefix_lists
    entries = lists[prefix_list_id].entries if prefix_list_id in lists else {}
    newest = entries[max(entries)] if isinstance(entries, dict) and entries else entries or []
    return [entry["Cidr"] for entry in newest]


def _cidrs(context: Context, rule: Any, in_groups: dict[str, list[str]]) -> tuple[str, ...]:
    found: list[str] = []
    for cidr in (rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")):
        if cidr:
            found.append(cidr)
    group_id = rule.source_group.get("GroupId") if rule.source_group else None
    if group_id:
        found.extend(f"{address}/32" for address in in_groups.get(group_id, []))
    if rule.prefix_list_id:
        found.extend(_prefix_list_cidrs(context, rule.prefix_list_id))
    return tuple(found)


def _ports(rule: Any, protocol: str) -> tuple[int | None, int | None]:
    if protocol in ("all", "icmp", "icmpv6") or rule.from_port in (None, -1):
        return None, None
    return int(rule.from_port), int(rule.to_port)


def rules_of(context: Context, groups: Iterable[Any], in_groups: dict[str, list[str]]) -> tuple[Rule, ...]:
    """All rules of these groups. Call with the context's lock held."""
    rules: set[Rule] = set()
    for group in groups:
        sides: tuple[tuple[Any, Any], ...] = (("ingress", group.ingress_rules), ("egress", group.egress_rules))
        for direction, listed in sides:
            for rule in listed:
                protocol = PROTOCOLS.get(str(rule.ip_protocol), str(rule.ip_protocol))
                low, high = _ports(rule, protocol)
                rules.add(Rule(direction, protocol, low, high, _cidrs(context, rule, in_groups)))
    return tuple(sorted(rules, key=repr))


def install() -> None:
    """Show the descriptions of rules that name a group or a prefix list too."""

    def description(_: Any) -> property:
        return property(lambda self: self.ip_range.get("Description") or self.source_group.get("Description"))

    replace(SecurityGroupRule, "description", description)


class SecurityGroupSync:
    """Keeps every host's rules equal to its groups."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._applied: dict[str, tuple[Rule, ...]] = {}

    def apply(self) -> None:
        """Hand changed rules to the hypervisor."""
        with self.context.lock:
            in_groups = members(self.context)
            alive = [i for i in all_instances(self.context) if state_of(i) in ALIVE and i.nics]
            wanted = {instance.id: rules_of(self.context, instance.nics[0].group_set, in_groups) for instance in alive}
        for gone in set(self._applied) - set(wanted):
            del self._applied[gone]
        for instance_id, rules in wanted.items():
            if self._applied.get(instance_id) == rules:
                continue
            try:
                self.context.hypervisor.apply_security_groups(instance_id, rules)
                self._applied[instance_id] = rules
            except Exception as error:
                log.error("rules of %s were not applied: %s", instance_id, error)
