"""Metrics: kept by the second or the minute, bounded, and asked for in periods."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

Dimensions = tuple[tuple[str, str], ...]
SeriesKey = tuple[str, str, Dimensions]
PERCENTILE = re.compile(r"^p(\d{1,2}(\.\d{1,10})?|100)$")
SIMPLE_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
MAX_VALUES_PER_DATUM = 256


def is_statistic(name: str) -> bool:
    """Whether the store can compute this statistic."""
    return name in SIMPLE_STATISTICS or PERCENTILE.match(name) is not None


@dataclass(slots=True, order=True)
class Datum:
    """What was published for one second or minute. `values` are (value, count), for percentiles."""

    time: int
    count: float = field(compare=False)
    total: float = field(compare=False)
    low: float = field(compare=False)
    high: float = field(compare=False)
    values: tuple[tuple[float, float], ...] = field(compare=False, default=())

    def merge(self, other: Datum) -> None:
        """Add another datum of the same time."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        if len(self.values) < MAX_VALUES_PER_DATUM:
            self.values += other.values


def percentile(values: Iterable[tuple[float, float]], percent: float) -> float | None:
    """The value below which `percent` of the samples lie, interpolated between neighbours."""
    samples = sorted(values)
    total = sum(count for _, count in samples)
    if not total:
        return None
    rank = percent / 100 * (total - 1)
    low_rank, high_rank = math.floor(rank), math.ceil(rank)

    def at(position: int) -> float:
        seen = 0.0
        for value, count in samples:
            seen += count
            if seen > position:
                return value
        return samples[-1][0]

    low, high = at(low_rank), at(high_rank)
    return low + (high - low) * (rank - low_rank)


def statistic_of(data: list[Datum], statistic: str) -> float | None:
    """One statistic over data, or None where there is nothing."""
    if not data:
        return None
    count = sum(d.count for d in data)
    if statistic == "SampleCount":
        return count
    if statistic == "Sum":
        return sum(d.total for d in data)
    if statistic == "Minimum":
        return min(d.low for d in data)
    if statistic == "Maximum":
        return max(d.high for d in data)
    if statistic == "Average":
        return sum(d.total for d in data) / count if count else None
    match = PERCENTILE.match(statistic)
    if match is None:
        raise ValueError(f"unknown statistic {statistic}")
    return percentile((pair for d in data for pair in d.values), float(match.group(1)))


@dataclass(slots=True)
class Series:
    """One metric with its dimensions."""

    unit: str = "None"
    resolution: int = 60
    data: list[Datum] = field(default_factory=list)

    def add(self, datum: Datum) -> None:
        """Insert in order of time, merging with what that moment has."""
        index = bisect_left(self.data, datum)
        if index < len(self.data) and self.data[index].time == datum.time:
            self.data[index].merge(datum)
        else:
            insort(self.data, datum)

    def between(self, start: float, end: float) -> list[Datum]:
        """Data with start ≤ time < end."""
        low = bisect_left(self.data, start, key=lambda d: d.time)
        high = bisect_left(self.data, end, key=lambda d: d.time)
        return self.data[low:high]

    def drop_before(self, time: float) -> None:
        """Forget what is older."""
        index = bisect_left(self.data, time, key=lambda d: d.time)
        if index:
            del self.data[:index]


class MetricStore:
    """All metrics of the sandbox. Not safe for threads by itself: the context's lock guards it."""

    def __init__(self, retention_sec: float) -> None:
        self.retention_sec = retention_sec
        self.series: dict[SeriesKey, Series] = {}

    def put(self, key: SeriesKey, time: float, datum: Datum, unit: str, resolution: int) -> None:
        """Keep a datum; its time is rounded down to the second or the minute."""
        series = self.series.setdefault(key, Series())
        series.unit, series.resolution = unit or series.unit, resolution
        datum.time = int(time // resolution * resolution)
        series.add(datum)
        if len(series.data) % 64 == 0:
            series.drop_before(time - self.retention_sec)

    def periods(self, key: SeriesKey, start: float, end: float, period: int, statistic: str) -> dict[int, float]:
        """Start of each period that has data → the statistic. Periods are counted from `start`."""
        series = self.series.get(key)
        found: dict[int, float] = {}
        if series is None:
            return found
        groups: dict[int, list[Datum]] = {}
        for datum in series.between(start, end):
            groups.setdefault(int(start + (datum.time - start) // period * period), []).append(datum)
        for moment, data in groups.items():
            value = statistic_of(data, statistic)
            if value is not None:
                found[moment] = value
        return found

    def unit_of(self, key: SeriesKey) -> str:
        """Unit in which the metric was last published."""
        series = self.series.get(key)
        return series.unit if series else "None"

    def matching(self, namespace: str | None, name: str | None, dimensions: list[tuple[str, str | None]]) -> list[SeriesKey]:
        """Metrics by namespace, name and (some of) their dimensions."""
        return [
            key
            for key in self.series
            if (namespace is None or key[0] == namespace)
            and (name is None or key[1] == name)
            and all(any(d == dn and (dv is None or v == dv) for d, v in key[2]) for dn, dv in dimensions)
        ]

    def prune(self, now: float) -> None:
        """Forget what is older than the retention, and metrics without data."""
        for key in list(self.series):
            series = self.series[key]
            series.drop_before(now - self.retention_sec)
            if not series.data:
                del self.series[key]
