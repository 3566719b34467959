"""The rules by which CloudWatch decides an alarm's state from datapoints. Pure.

`evaluate` follows the tables of the CloudWatch user guide ("Configuring how alarms treat missing data"): it looks at a few
more periods than it needs, prefers real datapoints over filled ones, and fills only what is still lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]
EXTRA_PERIODS = 2

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
COMPARISON_TEXTS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


@dataclass(frozen=True)
class Window:
    """The periods that an evaluation looks at, oldest first."""

    starts: tuple[int, ...]
    end: int
    period: int


@dataclass(frozen=True)
class Verdict:
    """State, or None to keep the one it has; and the real datapoints that decided, newest first."""

    state: State | None
    evaluated: tuple[tuple[int, float], ...]
    breaching: int
    filled: int


def window_at(now: float, period: int, evaluation_periods: int) -> Window:
    """Periods that are over at `now`. Longer periods than a minute slide from minute to minute, as on AWS."""
    step = min(period, 60)
    end = int(now // step * step)
    count = evaluation_periods + EXTRA_PERIODS
    return Window(tuple(end - period * back for back in range(count, 0, -1)), end, period)


def evaluate(
    points: Sequence[float | None],
    times: Sequence[int],
    comparison: str,
    threshold: float,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    treat_missing: Missing,
) -> Verdict:
    """State by the datapoints of a window (None = missing), oldest first."""
    real = [(time, value) for time, value in zip(times, points, strict=True) if value is not None]
    chosen = real[-evaluation_periods:]
    filled = evaluation_periods - len(chosen)
    breaching = sum(COMPARISONS[comparison](value, threshold) for _, value in chosen)
    state = _state(breaching, len(chosen), filled, datapoints_to_alarm, treat_missing)
    return Verdict(state, tuple(reversed(chosen)), breaching, filled)


def _state(breaching: int, real: int, filled: int, needed: int, treat_missing: Missing) -> State | None:
    if breaching >= needed:
        return "ALARM"
    if not filled:
        return "OK"
    if treat_missing == "breaching":
        return "ALARM" if breaching + filled >= needed else "OK"
    if treat_missing == "notBreaching":
        return "OK"
    if real > breaching:
        return "OK"
    if treat_missing == "ignore":
        return None
    return "ALARM" if real else "INSUFFICIENT_DATA"
