"""Data Lifecycle Manager: policies are kept and checked; the sandbox takes no snapshots by itself."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

from .context import Context

RETAIN_MAX = 1000
INTERVALS = (1, 2, 3, 4, 6, 8, 12, 24)


class _Refused(Exception):
    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def _check(policy: dict[str, Any]) -> None:
    for field in ("ExecutionRoleArn", "Description", "State"):
        if not policy.get(field):
            raise _Refused("400 Bad Request", "InvalidRequestException", f"The parameter {field} is required.")
    if policy["State"] not in ("ENABLED", "DISABLED"):
        raise _Refused("400 Bad Request", "InvalidRequestException", "State must be ENABLED or DISABLED.")
    for schedule in policy.get("PolicyDetails", {}).get("Schedules", []):
        interval = schedule.get("CreateRule", {}).get("Interval")
        if interval is not None and interval not in INTERVALS:
            raise _Refused("400 Bad Request", "InvalidRequestException", f"Interval must be one of {INTERVALS}, not {interval}.")
        count = schedule.get("RetainRule", {}).get("Count")
        if count is not None and not 1 <= count <= RETAIN_MAX:
            raise _Refused("400 Bad Request", "InvalidRequestException", f"Retention count must be 1 to {RETAIN_MAX}, not {count}.")


class LifecycleManager:
    """The DLM API over the store."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def _policies(self) -> dict[str, dict[str, Any]]:
        return self.context.store.lifecycle_policies

    def handle(self, environ: dict[str, Any], body: bytes, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request. Call with the context's lock held."""
        try:
            return self._answer(start_response, "200 OK", self._route(environ, json.loads(body or b"{}")), [])
        except _Refused as refusal:
            result = {"Code": refusal.code, "Message": str(refusal)}
            return self._answer(start_response, refusal.status, result, [("x-amzn-ErrorType", refusal.code)])

    @staticmethod
    def _answer(start_response: Callable[..., Any], status: str, result: Any, extra: list[tuple[str, str]]) -> Iterable[bytes]:
        text = json.dumps(result).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(text))), *extra])
        return [text]

    def _route(self, environ: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        method, path = environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"]).rstrip("/")
        if path == "/policies":
            return self._create(given) if method == "POST" else self._list(parse_qs(environ.get("QUERY_STRING", "")))
        one = re.fullmatch(r"/policies/(policy-[0-9a-f]+)", path)
        if one:
            policy = self._find(one.group(1))
            if method == "GET":
                return {"Policy": policy}
            if method == "DELETE":
                del self._policies[policy["PolicyId"]]
                return {}
            if method == "PATCH":
                return self._update(policy, given)
        tags = re.fullmatch(r"/tags/(.+)", path)
        if tags:
            return self._tags(method, tags.group(1), given, parse_qs(environ.get("QUERY_STRING", "")))
        raise NotImplementedError(f"{method} {path}")

    def _find(self, policy_id: str) -> dict[str, Any]:
        if policy_id not in self._policies:
            raise _Refused("404 Not Found", "ResourceNotFoundException", f"The policy {policy_id} does not exist.")
        return self._policies[policy_id]

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        _check(given)
        policy_id = f"policy-0{secrets.token_hex(8)}"
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        options = self.context.options
        details = dict(given.get("PolicyDetails", {}))
        details.setdefault("PolicyType", "EBS_SNAPSHOT_MANAGEMENT")
        details.setdefault("ResourceLocations", ["CLOUD"])
        self._policies[policy_id] = {
            "PolicyId": policy_id,
            "PolicyArn": f"arn:aws:dlm:{options.region}:{options.account_id}:policy/{policy_id}",
            **{key: given[key] for key in ("Description", "State", "ExecutionRoleArn")},
            "PolicyDetails": details,
            "Tags": given.get("Tags", {}),
            "StatusMessage": given["State"],
            "DateCreated": now,
            "DateModified": now,
        }
        return {"PolicyId": policy_id}

    def _update(self, policy: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        changed = dict(policy)
        changed.update({key: given[key] for key in ("Description", "State", "ExecutionRoleArn", "PolicyDetails") if key in given})
        _check(changed)
        policy.update(changed, DateModified=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return {}

    def _list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        keys = ("PolicyId", "Description", "State", "Tags")
        ids, states = query.get("policyIds"), query.get("state")
        found = [p for p in self._policies.values() if (not ids or p["PolicyId"] in ids) and (not states or p["State"] in states)]
        shown = []
        for policy in found:
            summary: dict[str, Any] = {key: policy[key] for key in keys}
            summary["PolicyType"] = policy["PolicyDetails"]["PolicyType"]
            shown.append(summary)
        return {"Policies": shown}

    def _tags(self, method: str, arn: str, given: dict[str, Any], query: dict[str, list[str]]) -> dict[str, Any]:
        policy = self._find(arn.rsplit("/", 1)[-1])
        if method == "POST":
            policy["Tags"].update(given.get("Tags", {}))
        elif method == "DELETE":
            for key in query.get("tagKeys", []):
                policy["Tags"].pop(key, None)
        else:
            return {"Tags": policy["Tags"]}
        return {}
