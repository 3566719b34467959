"""Network load balancers: addresses in their subnets, listeners and targets for a real balancer."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from ..interface import LoadBalancer, LoadBalancerListener, LoadBalancerTarget, Rule, TargetHealth
from .context import Context, log
from .ec2_support import ec2_backend, find_instance, mark, marked, state_of
from .errors import aws_error
from .overrides import replace
from .security_groups import members, rules_of


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
        address = _target_address(context, target["Id"])
        if address:
            found.append(LoadBalancerTarget(address, int(target.get("Port") or group.port)))
    return tuple(found)


def _group_of(context: Context, listener: Any) -> Any | None:
    """The target group that a listener forwards to."""
    for action in listener.default_actions:
        arn = action.data.get("TargetGroupArn")
        if arn is None:
            forwarded = action.data.get("ForwardConfig", {}).get("TargetGroups", [])
            arn = forwarded[0]["TargetGroupArn"] if forwarded else None
        if arn in _backend(context).target_groups:
            return _backend(context).target_groups[arn]
    return None


def _is_on(group: Any, attribute: str, default: str) -> bool:
    return str(group.attributes.get(attribute, default)).lower() == "true"


def _listener(context: Context, listener: Any) -> LoadBalancerListener | None:
    group = _group_of(context, listener)
    if group is None:
        return None
    port = str(group.health_check_port or "traffic-port")
    return LoadBalancerListener(
        port=int(listener.port),
        targets=_targets(context, group),
        health_protocol=group.health_check_protocol or "TCP",
        health_port=None if port == "traffic-port" else int(port),
        health_path=group.health_check_path or "/",
        interval_sec=int(group.health_check_interval_seconds or 30),
        timeout_sec=int(group.health_check_timeout_seconds or 10),
        healthy_threshold=int(group.healthy_threshold_count or 3),
        unhealthy_threshold=int(group.unhealthy_threshold_count or 3),
        idle_timeout_sec=int(listener.attributes["tcp.idle_timeout.seconds"]),
        drain_sec=int(group.attributes["deregistration_delay.timeout_seconds"]),
        ends_drained=_is_on(group, "deregistration_delay.connection_termination.enabled", "false"),
        ends_unhealthy=_is_on(group, "target_health_state.unhealthy.connection_termination.enabled", "true"),
    )


def _rules(context: Context, balancer: Any, in_groups: dict[str, list[str]]) -> tuple[Rule, ...] | None:
    if not balancer.security_groups:
        return None
    groups = [ec2_backend(context).get_security_group_from_id(group_id) for group_id in balancer.security_groups]
    return rules_of(context, [group for group in groups if group is not None], in_groups)


def describe(context: Context) -> list[LoadBalancer]:
    """All network load balancers. Call with the context's lock held."""
    balancers = [balancer for balancer in _backend(context).load_balancers.values() if balancer.type == "network"]
    addresses = {balancer.arn: tuple(_addresses(context, balancer).values()) for balancer in balancers}
    in_groups = members(context)
    found = []
    for balancer in balancers:
        listeners = tuple(filter(None, (_listener(context, listener) for listener in balancer.listeners.values())))
        rules = _rules(context, balancer, in_groups)
        found.append(LoadBalancer(balancer.arn, balancer.name, balancer.dns_name, addresses[balancer.arn], listeners, rules))
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


def _health(context: Context, group: Any) -> dict[LoadBalancerTarget, TargetHealth]:
    """Over all listeners that forward to a group. Lets go of the lock to ask."""
    listeners = [
        (balancer.arn, int(listener.port))
        for balancer in _backend(context).load_balancers.values()
        for listener in balancer.listeners.values()
        if _group_of(context, listener) is group
    ]
    found: dict[LoadBalancerTarget, TargetHealth] = {}
    with context.unlocked():
        for arn, port in listeners:
            found.update(context.hypervisor.target_health(arn, port))
    return found


_UNUSED = {"State": "unused", "Reason": "Target.NotRegistered", "Description": "Target is not registered to the target group"}
_STATES: dict[TargetHealth, dict[str, str]] = {
    "initial": {"State": "initial", "Reason": "Elb.RegistrationInProgress", "Description": "Target registration is in progress"},
    "healthy": {"State": "healthy"},
    "unhealthy": {"State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": "Health checks failed"},
    "draining": {"State": "draining", "Reason": "Target.DeregistrationInProgress", "Description": "Target deregistration is in progress"},
}


def _described(context: Context, group: Any, asked: list[str]) -> list[dict[str, Any]]:
    """The registered targets and those that still drain; of targets that are asked for also what is neither."""
    health = _health(context, group)
    gone = {target["Id"]: target for target in group.deregistered_targets.values()}
    described = []
    for target in [*group.targets.values(), *gone.values(), *({"Id": one} for one in asked if one not in {**gone, **group.targets})]:
        port = int(target.get("Port") or group.port)
        state = health.get(LoadBalancerTarget(_target_address(context, target["Id"]) or "", port))
        if target["Id"] in group.targets:
            said = _STATES[state or "initial"]
        else:
            said = _STATES["draining"] if state == "draining" else _UNUSED
        if target["Id"] in asked or not (asked or said is _UNUSED):
            described.append({"Target": {"Id": target["Id"], "Port": port}, "TargetHealth": said})
    return described


def install(context: Context) -> None:
    """Network load balancers only, with the health that the real balancer sees."""

    def create_load_balancer(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            if self._get_param("Type") != "network":
                raise NotImplementedError("CreateLoadBalancer of another type than network")
            result = original(self)
            for balancer in _backend(context).load_balancers.values():
                balancer.activate()
            return result

        return wrapped

    def modify_listener_attributes(original: Any) -> Any:
        def wrapped(self: Any, listener_arn: str, attrs: list[dict[str, str]]) -> Any:
            for attribute in attrs:
                if attribute["Key"] == "tcp.idle_timeout.seconds" and not 60 <= int(attribute["Value"]) <= 6000:
                    raise aws_error("InvalidConfigurationRequest", "tcp.idle_timeout.seconds must be between 60 and 6000 seconds")
            return original(self, listener_arn, attrs)

        return wrapped

    def describe_target_health(self: Any) -> ActionResult:
        group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
        if group is None:
            raise aws_error("TargetGroupNotFound", "One or more target groups not found")
        asked = [target["Id"] for target in self._get_param("Targets", [])]
        return ActionResult({"TargetHealthDescriptions": _described(context, group, asked)})

    replace(ELBV2Response, "create_load_balancer", create_load_balancer)
    replace(ELBv2Backend, "modify_listener_attributes", modify_listener_attributes)
    replace(ELBV2Response, "describe_target_health", lambda _: describe_target_health)
