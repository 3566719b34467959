"""SNS: every message is written down, and delivered to queues and to HTTP endpoints."""

from __future__ import annotations

import json
import time
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.sns.models import Subscription, Topic, sns_backends

from .context import Context, log
from .overrides import replace

DELIVERY_TIMEOUT_SEC = 5.0
DELIVERY_TRIES = 3
KEPT_NOTIFICATIONS = 1000


class MessageLog:
    """`messages.jsonl`: one JSON object a line, in the order of publication."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.path = context.options.state_dir / "messages.jsonl"

    def append(self, topic: Any, message_id: str, message: str, subject: str | None, attributes: Any) -> None:
        """Write one message down."""
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "time": round(time.time(), 3),
            "topic": topic.arn,
            "topicName": topic.name,
            "messageId": message_id,
            "subject": subject,
            "message": message,
            "attributes": {key: value.get("Value") for key, value in (attributes or {}).items()},
        }
        self.context.store.messages_published += 1
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")


def _post(endpoint: str, data: dict[str, Any]) -> None:
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": str(data["Type"]),
        "x-amz-sns-message-id": str(data["MessageId"]),
        "x-amz-sns-topic-arn": str(data["TopicArn"]),
    }
    for attempt in range(DELIVERY_TRIES):
        try:
            answer = requests.post(endpoint, data=json.dumps(data).encode(), headers=headers, timeout=DELIVERY_TIMEOUT_SEC)
            if answer.ok:
                return
            problem = f"HTTP {answer.status_code}"
        except requests.RequestException as error:
            problem = str(error)
        log.warning("SNS delivery to %s failed (try %s of %s): %s", endpoint, attempt + 1, DELIVERY_TRIES, problem)
        time.sleep(1)


def publish(context: Context, topic_arn: str, subject: str | None, message: str) -> bool:
    """Publish as AWS services do; False when there is no such topic. Call with the context's lock held."""
    backend = sns_backends[context.options.account_id][topic_arn.split(":")[3]]
    topic = backend.topics.get(topic_arn)
    if topic is None:
        return False
    topic.publish(message, subject=subject)
    return True


def install(context: Context) -> None:
    """Write messages down, and keep deliveries from holding up the API."""
    messages = MessageLog(context)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def topic_publish(original: Any) -> Any:
        def wrapped(self: Any, message: str, **given: Any) -> Any:
            message_id = original(self, message, **given)
            del self.sent_notifications[:-KEPT_NOTIFICATIONS]
            messages.append(self, message_id, message, given.get("subject"), given.get("message_attributes"))
            return message_id

        return wrapped

    replace(Topic, "publish", topic_publish)

    def subscription_publish(original: Any) -> Any:
        def wrapped(self: Any, message: str, message_id: str, **given: Any) -> None:
            if self.protocol not in ("http", "https"):
                original(self, message, message_id, **given)
                return
            matcher = self._filter_policy_matcher
            if matcher is not None and not matcher.matches(given.get("message_attributes"), message):
                return
            if given.get("message_structure") == "json":
                message = self._parse_message_structure(message, self.protocol)
            data = self.get_post_data(message, message_id, given.get("subject"))
            context.run(f"delivering to {self.endpoint}", lambda: _post(self.endpoint, data))

        return wrapped

    replace(Subscription, "publish", subscription_publish)
    replace(Subscription, "private_key", lambda _: lambda self: key)
