"""EventBridge targets: queues, log groups, buses and topics get events; others are refused when they are added."""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import Rule
from moto.events.responses import EventsHandler

from .context import Context, log
from .overrides import replace
from .sns_messages import publish

DELIVERED = ("sqs", "logs", "events", "sns")


def _service(arn: str) -> str:
    return arn.split(":")[2]


def install(context: Context) -> None:
    """Deliver to SNS too, let one bad target not stop the others, and refuse what would never be delivered."""

    def put_targets(original: Any) -> Any:
        def wrapped(self: Any) -> Any:
            for target in self._get_param("Targets") or []:
                if _service(target["Arn"]) not in DELIVERED:
                    raise NotImplementedError(f"a target of the service {_service(target['Arn'])}")
            return original(self)

        return wrapped

    replace(EventsHandler, "put_targets", put_targets)

    def send_to_targets(original: Any) -> Any:
        def wrapped(self: Any, event: Any, transform_input: bool = True) -> None:
            if self.state == "DISABLED" or not self.event_pattern.matches_event(event):
                return
            targets = self.targets
            try:
                for target in targets:
                    if _service(target["Arn"]) == "sns":
                        publish(context, target["Arn"], None, json.dumps(event, default=str))
                        continue
                    self.targets = [target]
                    try:
                        original(self, event, transform_input)
                    except Exception:
                        log.exception("the event was not delivered to %s", target["Arn"])
            finally:
                self.targets = targets

        return wrapped

    replace(Rule, "send_to_targets", send_to_targets)
