"""S3: a bucket's policy applies as far as its conditions hold. moto takes a condition that does not hold for a refusal."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from .overrides import replace

SECURE_TRANSPORT = "aws:SecureTransport"

is_encrypted: ContextVar[bool] = ContextVar("is_encrypted", default=False)


def came_by_tls(environ: dict[str, Any]) -> bool:
    """Whether a request came by TLS: to this server, or to one in front of it that says so."""
    return "https" in (environ.get("wsgi.url_scheme"), environ.get("HTTP_X_FORWARDED_PROTO"))


def _holds(conditions: dict[str, dict[str, Any]]) -> bool:
    for operator, wanted in conditions.items():
        for key, value in wanted.items():
            if (operator, key) != ("Bool", SECURE_TRANSPORT):
                raise NotImplementedError(f"the condition {operator} {key} in a bucket's policy")
            if (str(value).lower() == "true") != is_encrypted.get():
                return False
    return True


def _get_permission(bucket: Any, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    applying = [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in statements
        if _holds(statement.get("Condition", {}))
    ]
    return IAMPolicy(json.dumps({**policy, "Statement": applying})).is_action_permitted(action, resource)


def install() -> None:
    """Evaluate the conditions of bucket policies that the sandbox knows."""
    replace(FakeBucket, "get_permission", lambda _: _get_permission)
