"""Network load balancers: addresses in their subnets, listeners and targets for a real balancer."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import elbv2_backends

from ..interface import LoadBalancer, LoadBalancerListener, LoadBalancerTarget
from .context import Context, log
from .ec2_support import ec2_backend, find_instance, mark, marked, state_of


def _backend(context: Context) -> Any:
    return elbv2_backends[context.options.account_id][context.options.region]


def _addresses(context: Context, balancer: Any) -> dict[str, str]:
    """Subnet → the balancer's address in it, taken from the subnet once."""
    addresses: dict[str, str] = marked(balancer, "addresses", {})
    for subnet in balancer.subnets:
        subnet_id = subnet if isinstance(subnet, str) else subnet.id
        if subnet_id not in addresses:
            addresses[subnet_id] = ec2_backend(context).get_subnet(subnet_id).get_available_subnet_ip(balancer)
    mark(balancer, "addresses", addresses)
    return addresses


def _target_address(context: Context, target_id: str) -> str | None:
    if not target_id.startswith("i-"):
        return target_id
    instance = find_instance(context, target_id)
    return instance.private_ip if instance is not None and state_of(instance) != "terminated" and instance.nics else None


def _targets(context: Context, group: Any) -> tuple[LoadBalancerTarget, ...]:
    found = []
    for target in group.targets.values():
        address = _target_address(context, target["id"])
        if address:
            found.append(LoadBalancerTarget(address, int(target.get("port") or group.port)))
    return tuple(found)


def _listener(context: Context, listener: Any) -> LoadBalancerListener | None:
    arn = next((a.target_group_arn if hasattr(a, "target_group_arn") else None for a in listener.default_actions), None)
    if arn is None:
        arn = next((a.data.get("TargetGroupArn") for a in listener.default_actions if hasattr(a, "data")), None)
    group = _backend(context).target_groups.get(arn)
    if group is None:
        return None
    port = str(group.healthcheck_port or "traffic-port")
    return LoadBalancerListener(
        port=int(listener.port),
        targets=_targets(context, group),
        health_protocol=group.healthcheck_protocol or "TCP",
        health_port=None if port == "traffic-port" else int(port),
        health_path=group.healthcheck_path or "/",
        interval_sec=int(group.healthcheck_interval_seconds or 30),
        timeout_sec=int(group.healthcheck_timeout_seconds or 10),
        healthy_threshold=int(group.healthy_threshold_count or 3),
        unhealthy_threshold=int(group.unhealthy_threshold_count or 3),
    )


def describe(context: Context) -> list[LoadBalancer]:
    """All network load balancers. Call with the context's lock held."""
    found = []
    for balancer in _backend(context).load_balancers.values():
        if getattr(balancer, "loadbalancer_type", "network") != "network":
            continue
        listeners = [_listener(context, listener) for listener in balancer.listeners.values()]
        addresses = tuple(_addresses(context, balancer).values())
        kept = tuple(listener for listener in listeners if listener is not None)
        found.append(LoadBalancer(balancer.arn, balancer.name, balancer.dns_name, addresses, kept))
    return found


class LoadBalancerSync:
    """Keeps the real balancer equal to the ELB API."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._applied: list[LoadBalancer] = []

    def apply(self) -> None:
        """Hand changed load balancers to the hypervisor."""
        with self.context.lock:
            wanted = describe(self.context)
        if wanted == self._applied:
            return
        try:
            self.context.hypervisor.set_load_balancers(wanted)
            self._applied = wanted
        except Exception as error:
            log.error("load balancers were not applied: %s", error)
