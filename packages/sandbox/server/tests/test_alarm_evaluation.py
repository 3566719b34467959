"""The tables of the CloudWatch user guide on missing data, and the windows."""

from __future__ import annotations

import pytest

from coinfleet_sandbox.api.alarm_evaluation import evaluate, window_at
from coinfleet_sandbox.api.alarm_rule import Rule, RuleError
from coinfleet_sandbox.api.metric_math import Expression, MathError
from coinfleet_sandbox.api.metric_store import Datum, MetricStore, percentile

KEEP = None
GUIDE_3_OF_3 = [
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("- - - - 0", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", KEEP, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", KEEP, "ALARM", "OK"),
]
GUIDE_2_OF_3 = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - - X", "ALARM", KEEP, "ALARM", "OK"),
]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize(("needed", "rows"), [(3, GUIDE_3_OF_3), (2, GUIDE_2_OF_3)])
@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("row", range(5))
def test_missing_data_is_treated_as_the_guide_says(needed: int, rows: list, column: int, row: int) -> None:  # type: ignore[type-arg]
    text, *expected = rows[row]
    points = [None if mark == "-" else 10.0 if mark == "X" else 0.0 for mark in text.split()]
    verdict = evaluate(points, range(5), "GreaterThanThreshold", 5, 3, needed, TREATMENTS[column])
    assert verdict.state == expected[column], (text, TREATMENTS[column])


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5, "OK"),
        ("GreaterThanThreshold", 5.1, "ALARM"),
        ("GreaterThanOrEqualToThreshold", 5, "ALARM"),
        ("LessThanThreshold", 5, "OK"),
        ("LessThanThreshold", 4.9, "ALARM"),
        ("LessThanOrEqualToThreshold", 5, "ALARM"),
    ],
)
def test_comparisons(comparison: str, value: float, state: str) -> None:
    assert evaluate([value], [0], comparison, 5, 1, 1, "missing").state == state


def test_old_breaches_behind_new_good_points_do_not_count() -> None:
    assert evaluate([10, 10, 10, 0, 0], range(5), "GreaterThanThreshold", 5, 2, 2, "breaching").state == "OK"


def test_windows_end_where_a_period_ends() -> None:
    window = window_at(1000.0 + 35, 10, 3)
    assert (window.starts, window.end) == ((980, 990, 1000, 1010, 1020), 1030)
    assert window_at(605.0, 300, 1).end == 600
    assert window_at(665.0, 300, 1).starts[-1] == 360


def test_percentiles_are_interpolated_and_weighted() -> None:
    assert percentile([(float(n), 1.0) for n in range(1, 101)], 50) == 50.5
    assert percentile([(1.0, 99.0), (100.0, 1.0)], 90) == 1.0
    assert percentile([], 90) is None


def test_the_store_keeps_high_resolution_apart_and_is_bounded() -> None:
    store = MetricStore(retention_sec=1000)
    key = ("N", "m", ())
    for second in range(3000):
        store.put(key, second, Datum(0, 1, second, second, second, ((float(second), 1.0),)), "Count", 1)
    assert len(store.series[key].data) <= 1064
    assert store.periods(key, 2980, 3000, 10, "Maximum") == {2980: 2989.0, 2990: 2999.0}
    assert store.periods(key, 2980, 3000, 10, "SampleCount") == {2980: 10, 2990: 10}
    minute = ("N", "minute", ())
    store.put(minute, 2999, Datum(0, 1, 5, 5, 5), "Count", 60)
    assert store.periods(minute, 2940, 3000, 60, "Sum") == {2940: 5}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + 1", {0: 2, 10: 3, 20: 4}),
        ("a + b", {0: 11, 20: 33}),
        ("(a + b) * 2 - -1", {0: 23, 20: 67}),
        ("2 ^ a", {0: 2, 10: 4, 20: 8}),
        ("FILL(b, 0)", {0: 10, 10: 0, 20: 30}),
        ("FILL(b, REPEAT)", {0: 10, 10: 10, 20: 30}),
        ("FILL(b, LINEAR)", {0: 10, 10: 20, 20: 30}),
        ("IF(a > 1, 5, 6)", {0: 6, 10: 5, 20: 5}),
        ("IF(a >= 2 AND FILL(b,0) < 1, 1, 0)", {0: 0, 10: 1, 20: 0}),
        ("MAX([a, b])", {0: 10, 10: 2, 20: 30}),
        ("SUM(METRICS())", {0: 11, 10: 2, 20: 33}),
        ("DIFF(a)", {10: 1, 20: 1}),
        ("RATE(a)", {10: 0.1, 20: 0.1}),
        ("SUM(a)", 6.0),
        ("a / 0", {}),
        ("NOT a", {0: 0, 10: 0, 20: 0}),
        ("PERIOD(a)", 10.0),
    ],
)
def test_metric_math(text: str, expected: object) -> None:
    series = {"a": {0: 1.0, 10: 2.0, 20: 3.0}, "b": {0: 10.0, 20: 30.0}}
    value = Expression(series, [0, 10, 20], 10).evaluate(text)
    assert value == (pytest.approx(expected) if not isinstance(expected, dict) or expected else expected)


@pytest.mark.parametrize("text", ["a +", "c", "(a", "a ? b", "a b"])
def test_metric_math_refuses_nonsense(text: str) -> None:
    with pytest.raises(MathError):
        Expression({"a": {0: 1.0}, "b": {}}, [0], 10).evaluate(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALARM(a)", True),
        ('ALARM("b c")', False),
        ("ALARM(a) AND NOT OK(d)", False),
        ('ALARM(a) AND (ALARM("b c") OR OK(d))', True),
        ("INSUFFICIENT_DATA(zzz) OR FALSE", True),
        ("NOT ALARM(arn:aws:cloudwatch:eu-central-1:000000000000:alarm:a)", False),
        ("TRUE", True),
    ],
)
def test_composite_rules(text: str, expected: bool) -> None:
    states = {"a": "ALARM", "b c": "OK", "d": "OK"}
    assert Rule(text).is_true(lambda name: states.get(name, "INSUFFICIENT_DATA")) is expected


@pytest.mark.parametrize("text", ["ALARM(a", "ALARM a", "ALARM(a) ALARM(b)", "", "AND", 'ALARM("a'])
def test_composite_rules_refuse_nonsense(text: str) -> None:
    with pytest.raises(RuleError):
        Rule(text)
