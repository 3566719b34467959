"""EventBridge targets: queues, log groups, buses, topics and Automation documents get events; others are refused when they are added."""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import Rule
from moto.events.responses import EventsHandler

from .context import Context, log
from .overrides import replace
from .roles import role_by_arn, trusts
from .sns_messages import publish
from .ssm_automation import Automations

DELIVERED = ("sqs", "logs", "events", "sns")
AUTOMATION = ":automation-definition/"


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _check(target: dict[str, Any]) -> None:
    service = _service(target["Arn"])
    if service == "ssm" and AUTOMATION in target["Arn"]:
        if not target.get("RoleArn"):
            raise NotImplementedError("an Automation target without RoleArn, which AWS takes and never starts")
    elif service not in DELIVERED:
        raise NotImplementedError(f"a target of the service {service}")


def _start(context: Context, automations: Automations, target: dict[str, Any], by: str) -> None:
    role = role_by_arn(context, target["RoleArn"])
    if role is None or not trusts(role, "events.amazonaws.com"):
        raise PermissionError(f"EventBridge may not take the role {target['RoleArn']}")
    name, _, version = target["Arn"].split(AUTOMATION)[1].partition(":")
    automations.start(name, version or None, json.loads(target.get("Input") or "{}"), by)


def deliver(context: Context, automations: Automations, rule: Rule, target: dict[str, Any], event: dict[str, Any]) -> None:
    """Hand an event to one target of a rule."""
    service = _service(target["Arn"])
    if service == "sns":
        publish(context, target["Arn"], None, target.get("Input") or json.dumps(event, default=str))
    elif service == "ssm":
        _start(context, automations, target, rule.arn)
    else:
        raise NotImplementedError(f"a scheduled event to {service}")


def install(context: Context, automations: Automations) -> None:
    """Deliver to more than moto does, let one bad target not stop the others, and refuse what would never be delivered."""

    def put_targets(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            for target in self._get_param("Targets") or []:
                _check(target)
            return original(self)

        return wrapped

    replace(EventsHandler, "put_targets", put_targets)

    def send_to_targets(original: Any) -> Any:
        def wrapped(self: Any, event: Any, transform_input: bool = True) -> None:
            # To moto a rule without a pattern, which has a schedule, matches every event.
            if self.state == "DISABLED" or not self.event_pattern.get_pattern() or not self.event_pattern.matches_event(event):
                return
            targets = self.targets
            try:
                for target in targets:
                    self.targets = [target]
                    try:
                        if _service(target["Arn"]) in ("sns", "ssm"):
                            deliver(context, automations, self, target, event)
                        else:
                            original(self, event, transform_input)
                    except Exception:
                        log.exception("the event was not delivered to %s", target["Arn"])
            finally:
                self.targets = targets

        return wrapped

    replace(Rule, "send_to_targets", send_to_targets)
