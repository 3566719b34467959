"""Metric data queries: metrics and expressions over periods, for GetMetricData and for alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .metric_math import Expression, MathError, Series, Value
from .metric_store import Dimensions, MetricStore, SeriesKey


def series_key(namespace: str, name: str, dimensions: Sequence[dict[str, str]]) -> SeriesKey:
    """Key of a metric; the order of dimensions does not matter."""
    sorted_dimensions: Dimensions = tuple(sorted((d["Name"], d["Value"]) for d in dimensions))
    return namespace, name, sorted_dimensions


@dataclass(frozen=True)
class Range:
    """Aligned start and end in seconds, and the period for expressions."""

    start: float
    end: float
    period: int

    @property
    def times(self) -> list[int]:
        """Start of each period."""
        return list(range(int(self.start), int(self.end), self.period))


def query_period(query: dict[str, Any], default: int) -> int:
    """Period of a query: its metric's, its own, or the default."""
    return int(query.get("MetricStat", {}).get("Period") or query.get("Period") or default)


def _metric(store: MetricStore, query: dict[str, Any], within: Range) -> Series:
    stat = query["MetricStat"]
    metric = stat["Metric"]
    key = series_key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions") or [])
    period = int(stat["Period"])
    return store.periods(key, within.start // period * period, within.end, period, stat["Stat"])


def evaluate_queries(store: MetricStore, queries: Sequence[dict[str, Any]], within: Range) -> dict[str, Value]:
    """Id → value of each query; expressions may name others in any order. Raises MathError."""
    metrics = {q["Id"]: _metric(store, q, within) for q in queries if q.get("MetricStat")}
    values: dict[str, Value] = dict(metrics)
    waiting = {q["Id"]: q["Expression"] for q in queries if not q.get("MetricStat")}
    while waiting:
        progress = False
        for query_id, text in list(waiting.items()):
            known = {key: value for key, value in values.items() if isinstance(value, dict)}
            try:
                scope = metrics if "METRICS(" in text.upper() else known
                values[query_id] = Expression(dict(scope), within.times, within.period).evaluate(text)
            except MathError as error:
                if "unknown id" in str(error) and any(other != query_id and other in text for other in waiting):
                    continue
                raise
            del waiting[query_id]
            progress = True
        if not progress:
            raise MathError(f"expressions refer to each other: {', '.join(sorted(waiting))}")
    return values
