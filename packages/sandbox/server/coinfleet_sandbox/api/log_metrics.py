"""Metric filters of CloudWatch Logs: log lines become metrics, for patterns of plain terms."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from moto.logs.models import LogsBackend, LogStream, logs_backends

from .cloudwatch_metrics import store_of
from .context import Context
from .metric_queries import series_key
from .metric_store import Datum
from .overrides import replace

TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A test for a filter pattern: terms that must be there, `?terms` of which one must, `-terms` that must not."""
    if pattern.lstrip().startswith(("{", "[", "%")):
        raise NotImplementedError(f"filter pattern {pattern}: only plain terms are emulated")
    terms = [(m["sign"], m["phrase"] if m["phrase"] is not None else m["word"]) for m in TERM.finditer(pattern)]
    needed = [text for sign, text in terms if sign == ""]
    any_of = [text for sign, text in terms if sign == "?"]
    forbidden = [text for sign, text in terms if sign == "-"]
    return lambda line: (
        all(text in line for text in needed)
        and (not any_of or any(text in line for text in any_of))
        and not any(text in line for text in forbidden)
    )


def _check(pattern: str, transformations: list[dict[str, Any]]) -> None:
    compile_pattern(pattern)
    for transformation in transformations:
        if transformation.get("dimensions"):
            raise NotImplementedError("metric filters with dimensions")
        try:
            float(transformation["metricValue"])
        except ValueError as error:
            raise NotImplementedError("metric filters whose value is not a number") from error


def _count(context: Context, group_name: str, events: list[dict[str, Any]]) -> None:
    backend = logs_backends[context.options.account_id][context.options.region]
    for found in backend.filters.get_matching_filters(log_group_name=group_name):
        matches = compile_pattern(found["filterPattern"])
        for event in events:
            if not matches(event["message"]):
                continue
            for transformation in found["metricTransformations"]:
                value = float(transformation["metricValue"])
                key = series_key(transformation["metricNamespace"], transformation["metricName"], [])
                moment = event.get("timestamp", time.time() * 1000) / 1000
                datum = Datum(0, 1, value, value, value, ((value, 1.0),))
                store_of(context).put(key, moment, datum, transformation.get("unit") or "None", 60)


def install(context: Context) -> None:
    """Count matching lines as they arrive; refuse patterns that would never match."""

    def put_metric_filter(original: Any) -> Any:
        def wrapped(self: Any, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: Any) -> None:
            _check(filter_pattern or "", metric_transformations)
            original(self, filter_name, filter_pattern, log_group_name, metric_transformations)

        return wrapped

    replace(LogsBackend, "put_metric_filter", put_metric_filter)

    def put_log_events(original: Any) -> Any:
        def wrapped(self: Any, log_events: list[dict[str, Any]]) -> Any:
            token = original(self, log_events)
            del self.events[: -context.options.log_events_per_stream]
            if self.region == context.options.region:
                _count(context, self.log_group.name, log_events)
            return token

        return wrapped

    replace(LogStream, "put_log_events", put_log_events)
