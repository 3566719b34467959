"""From Route 53's records to what resolvers in the sandbox answer."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from ..interface import DnsRecord
from .context import Context, log
from .ec2_support import ALIVE, all_instances, marked, state_of
from .route53_health import is_healthy

RECORD_TYPES = ("A", "AAAA", "CNAME", "TXT", "SRV", "MX", "PTR")
ALIAS_TTL = 60
MAX_ALIAS_DEPTH = 8


def _clean(name: str) -> str:
    return name.rstrip(".").lower().replace("\\052", "*")


class _Resolver:
    """Resolves one state of all zones."""

    def __init__(self, context: Context) -> None:
        self.context = context
        backend = route53_backends[context.options.account_id]["aws"]
        self.sets: dict[tuple[str, str], list[Any]] = {}
        for zone in backend.zones.values():
            for record in zone.rrsets:
                if record.type in RECORD_TYPES:
                    self.sets.setdefault((_clean(record.name), record.type), []).append(record)
        self.fixed = {**_instance_names(context), **_balancer_names(context)}

    def _chosen(self, records: list[Any]) -> list[Any]:
        """Health checks first; then zero weights and standby records are left out, unless nothing else is there."""
        healthy = [r for r in records if not r.health_check_id or is_healthy(self.context, r.health_check_id)]
        pool = healthy or records
        primary = [r for r in pool if r.failover == "PRIMARY"]
        if primary:
            return primary
        weighted = [r for r in pool if r.weight is None or int(r.weight) > 0]
        return weighted or pool

    def values(self, name: str, kind: str, depth: int = 0) -> tuple[list[str], int]:
        """Values of a name now, and for how many seconds they hold."""
        if depth > MAX_ALIAS_DEPTH:
            return [], 0
        if (name, kind) not in self.sets:
            return (self.fixed.get(name, []) if kind == "A" else []), ALIAS_TTL
        found: list[str] = []
        ttl = ALIAS_TTL
        for record in self._chosen(self.sets[(name, kind)]):
            if record.alias_target:
                target, _ = self.values(_clean(record.alias_target["DNSName"]), kind, depth + 1)
                found.extend(target)
            else:
                found.extend(record.records or [])
                ttl = int(record.ttl or 0)
        return list(dict.fromkeys(found)), ttl


def _instance_names(context: Context) -> dict[str, list[str]]:
    alive = [i for i in all_instances(context) if state_of(i) in ALIVE and i.nics]
    return {_clean(instance.private_dns_name): [instance.private_ip] for instance in alive}


def _balancer_names(context: Context) -> dict[str, list[str]]:
    backend = elbv2_backends[context.options.account_id][context.options.region]
    names: dict[str, list[str]] = {}
    for balancer in backend.load_balancers.values():
        addresses = list(marked(balancer, "addresses", {}).values())
        names[_clean(balancer.dns_name)] = addresses
        names[f"dualstack.{_clean(balancer.dns_name)}"] = addresses
    return names


def _value(kind: str, value: str) -> str:
    return _clean(value) if kind in ("CNAME", "PTR") else value


def all_records(context: Context) -> list[DnsRecord]:
    """Every record that has an answer now. Call with the context's lock held."""
    resolver = _Resolver(context)
    records = []
    for name, kind in sorted(resolver.sets):
        values, ttl = resolver.values(name, kind)
        if values:
            records.append(DnsRecord(name, kind, ttl, tuple(_value(kind, value) for value in values)))  # type: ignore[arg-type]
    for name, addresses in sorted(resolver.fixed.items()):
        if addresses and (name, "A") not in resolver.sets:
            records.append(DnsRecord(name, "A", ALIAS_TTL, tuple(addresses)))
    return records


class DnsSync:
    """Keeps the resolvers equal to Route 53."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._applied: list[DnsRecord] | None = None

    def apply(self) -> None:
        """Hand changed records to the hypervisor."""
        with self.context.lock:
            records = all_records(self.context)
        if records == self._applied:
            return
        try:
            self.context.hypervisor.set_dns(records)
            self._applied = records
        except Exception as error:
            log.error("DNS was not updated: %s", error)
