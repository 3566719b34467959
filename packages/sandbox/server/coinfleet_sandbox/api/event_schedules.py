"""EventBridge rules that fire by the clock: `rate(...)`. Others are refused when they are put."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from typing import Any

from moto.events.models import Rule, events_backends
from moto.events.responses import EventsHandler

from .context import Context, log
from .event_targets import deliver
from .overrides import replace
from .ssm_automation import Automations

RATE = re.compile(r"^rate\((?P<number>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)$")
UNIT_SEC = {"minute": 60, "hour": 3600, "day": 86400}


def period_of(expression: str) -> int:
    """Seconds between two firings. Raises ValueError for what is no rate: AWS wants `1 minute` and `2 minutes`."""
    found = RATE.match(expression)
    if not found or (found["number"] == "1") == bool(found["plural"]):
        raise ValueError(expression)
    return int(found["number"]) * UNIT_SEC[found["unit"]]


class Schedules:
    """Fires rules. The first time is one period after a rule is first seen, as on AWS."""

    def __init__(self, context: Context, automations: Automations) -> None:
        self.context = context
        self.automations = automations

    def tick(self) -> None:
        """Fire what is due."""
        options = self.context.options
        with self.context.lock:
            due = self.context.store.schedules
            rules = [rule for bus in events_backends[options.account_id][options.region].event_buses.values() for rule in bus.rules.values()]
            timed = {rule.arn: rule for rule in rules if rule.scheduled_expression}
            for gone in set(due) - set(timed):
                del due[gone]
            for arn, rule in timed.items():
                period = period_of(rule.scheduled_expression)
                if time.time() < due.setdefault(arn, time.time() + period):
                    continue
                due[arn] = time.time() + period
                if rule.state != "DISABLED":
                    self._fire(rule)

    def _fire(self, rule: Rule) -> None:
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.context.options.account_id,
            "time": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.context.options.region,
            "resources": [rule.arn],
            "detail": {},
        }
        for target in list(rule.targets):
            try:
                deliver(self.context, self.automations, rule, target, event)
            except Exception:
                log.exception("the schedule %s was not delivered to %s", rule.name, target["Arn"])


def install(context: Context, automations: Automations) -> Schedules:
    """Refuse schedules that would never fire."""

    def put_rule(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            expression = self._get_param("ScheduleExpression")
            if expression:
                try:
                    period_of(expression)
                except ValueError as error:
                    raise NotImplementedError(f"the schedule {expression}: only rate(...)") from error
            return original(self)

        return wrapped

    replace(EventsHandler, "put_rule", put_rule)
    return Schedules(context, automations)
