"""Health checks of Route 53 that follow CloudWatch alarms."""

from __future__ import annotations

from typing import Any

from moto.route53.models import HealthCheck, route53_backends
from moto.route53.responses import Route53

from .context import Context
from .errors import aws_error
from .overrides import replace

KEPT = ("AlarmIdentifier", "InsufficientDataHealthStatus", "HealthThreshold")
SUPPORTED = ("CLOUDWATCH_METRIC", "CALCULATED")


def _alarm_state(context: Context, extras: dict[str, Any]) -> str:
    alarm = context.store.alarms.get(extras.get("AlarmIdentifier", {}).get("Name", ""))
    return str(alarm["StateValue"]) if alarm else "INSUFFICIENT_DATA"


def is_healthy(context: Context, health_check_id: str) -> bool:
    """State of a health check now. Checks that reach out to an endpoint are refused when they are created."""
    backend = route53_backends[context.options.account_id]["aws"]
    check = backend.health_checks.get(health_check_id)
    extras = context.store.health_check_extras.get(health_check_id, {})
    if check is None or str(check.disabled).lower() == "true":
        return True
    if check.type_ == "CALCULATED":
        good = sum(is_healthy(context, child) for child in check.children)
        healthy = good >= int(extras.get("HealthThreshold") or 1)
    else:
        state = _alarm_state(context, extras)
        missing = extras.get("InsufficientDataHealthStatus", "LastKnownStatus")
        if state == "INSUFFICIENT_DATA":
            healthy = missing != "Unhealthy" if missing != "LastKnownStatus" else bool(extras.get("last", True))
        else:
            healthy = state == "OK"
            extras["last"] = healthy
    return not healthy if str(check.inverted).lower() == "true" else healthy


def install(context: Context) -> None:
    """Keep what moto drops of a health check, and refuse the kinds that would never be checked."""

    def create_health_check(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            config = self._get_param("HealthCheckConfig")
            if config["Type"] not in SUPPORTED:
                message = f"The sandbox checks no endpoints; use one of {', '.join(SUPPORTED)}, not {config['Type']}"
                raise aws_error("InvalidInput", message)
            result = original(self)
            check = result.result["HealthCheck"]
            context.store.health_check_extras[check.id] = dict(config)
            return result

        return wrapped

    replace(Route53, "create_health_check", create_health_check)

    def update_health_check(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            result = original(self)
            extras = context.store.health_check_extras.setdefault(self._get_param("HealthCheckId"), {})
            extras.update({key: value for key, value in self._get_params().items() if key in KEPT})
            return result

        return wrapped

    replace(Route53, "update_health_check", update_health_check)

    def health_check_config(original: Any) -> Any:
        def kept(self: Any) -> Any:
            extras = context.store.health_check_extras.get(self.id, {})
            shown = {key: value for key, value in extras.items() if key in KEPT}
            irrelevant = ("IPAddress", "Port", "RequestInterval", "FailureThreshold", "MeasureLatency", "EnableSNI")
            config = {key: value for key, value in original.fget(self).items() if key not in irrelevant}
            return {**config, **shown}

        return property(kept)

    replace(HealthCheck, "health_check_config", health_check_config)

    def create_hosted_zone(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            if self._get_param("VPC.VPCId"):
                self.params.setdefault("HostedZoneConfig", {})["PrivateZone"] = True
            return original(self)

        return wrapped

    replace(Route53, "create_hosted_zone", create_hosted_zone)

    def get_health_check_status(self: Any) -> Any:
        raise NotImplementedError("GetHealthCheckStatus")

    replace(Route53, "get_health_check_status", lambda _: get_health_check_status)
