"""The alarm engine: evaluates all alarms again and again, and acts on changes."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

from .alarm_actions import iso_ms, on_state_change
from .alarm_evaluation import COMPARISON_TEXTS, Verdict, Window, evaluate, window_at
from .alarm_rule import Rule
from .cloudwatch_metrics import store_of
from .context import Context, log
from .metric_math import MathError, Series, Value
from .metric_queries import Range, evaluate_queries, query_period, series_key

GRACE_SEC = 1.0
"""Datapoints of a period may arrive a little after its end."""
HISTORY_PER_ALARM = 200
Alarm = dict[str, Any]


def now() -> dt.datetime:
    """This moment in UTC."""
    return dt.datetime.now(dt.UTC)


class AlarmEngine:
    """Evaluates all alarms again and again. Everything runs under the context's lock."""

    def __init__(self, context: Context, lifecycle: Any) -> None:
        self.context = context
        self.lifecycle = lifecycle

    @property
    def alarms(self) -> dict[str, Alarm]:
        """Name → alarm, composite ones too."""
        return self.context.store.alarms

    def record(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        """Add to the alarm's history."""
        history = self.context.store.alarm_history.setdefault(alarm["AlarmName"], [])
        history.append(
            {
                "AlarmName": alarm["AlarmName"],
                "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
                "Timestamp": now(),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data, default=str),
            }
        )
        del history[:-HISTORY_PER_ALARM]

    def change(self, alarm: Alarm, state: str, reason: str, reason_data: str | None) -> None:
        """Move an alarm to a state; actions run only when it is another one."""
        previous = {
            "value": alarm["StateValue"],
            "reason": alarm["StateReason"],
            "reasonData": alarm.get("StateReasonData"),
            "timestamp": iso_ms(alarm["StateUpdatedTimestamp"]),
        }
        alarm["StateReason"] = reason
        if reason_data is not None:
            alarm["StateReasonData"] = reason_data
        alarm["StateUpdatedTimestamp"] = now()
        if state == alarm["StateValue"]:
            return
        alarm["StateValue"] = state
        alarm["StateTransitionedTimestamp"] = now()
        data = {
            "version": "1.0",
            "oldState": {"stateValue": previous["value"], "stateReason": previous["reason"]},
            "newState": {"stateValue": state, "stateReason": reason, "stateReasonData": _loads(reason_data)},
        }
        self.record(alarm, "StateUpdate", f"Alarm updated from {previous['value']} to {state}", data)
        log.info("alarm %s: %s -> %s (%s)", alarm["AlarmName"], previous["value"], state, reason)
        for action, problem in on_state_change(self.context, alarm, previous, self.lifecycle):
            summary = f"Failed to execute action {action}: {problem}" if problem else f"Successfully executed action {action}"
            outcome = {"actionState": "Failed" if problem else "Succeeded", "notificationResource": action, "error": problem or None}
            self.record(alarm, "Action", summary, outcome)
        self.context.network_changed.set()

    def tick(self) -> None:
        """Evaluate every alarm once: metric alarms first, then composite ones, inner ones first."""
        with self.context.lock:
            moment = time.time()
            for alarm in list(self.alarms.values()):
                if "AlarmRule" not in alarm:
                    try:
                        self._evaluate_metric_alarm(alarm, moment)
                    except Exception:
                        log.exception("alarm %s could not be evaluated", alarm["AlarmName"])
            for alarm in self._composites_inner_first():
                self._evaluate_composite(alarm)

    def _composites_inner_first(self) -> list[Alarm]:
        ordered: list[Alarm] = []
        visiting: set[str] = set()

        def visit(alarm: Alarm) -> None:
            if alarm["AlarmName"] in visiting:
                return
            visiting.add(alarm["AlarmName"])
            for child in Rule(alarm["AlarmRule"]).children:
                inner = self.alarms.get(child)
                if inner is not None and "AlarmRule" in inner:
                    visit(inner)
            ordered.append(alarm)

        for alarm in list(self.alarms.values()):
            if "AlarmRule" in alarm:
                visit(alarm)
        return ordered

    def _state_of(self, name: str) -> str:
        alarm = self.alarms.get(name)
        return str(alarm["StateValue"]) if alarm else "INSUFFICIENT_DATA"

    def _evaluate_composite(self, alarm: Alarm) -> None:
        if alarm.get("_hold_until", 0) > time.time():
            return
        rule = Rule(alarm["AlarmRule"])
        state = "ALARM" if rule.is_true(self._state_of) else "OK"
        if state == alarm["StateValue"]:
            return
        triggering = [name for name in rule.children if self._state_of(name) == "ALARM"]
        reason = f"Alarm rule evaluated to {state}"
        if triggering:
            reason = f"{', '.join(self.alarms[name]['AlarmArn'] for name in triggering)} in ALARM: alarm rule evaluated to {state}"
        data = {"triggeringAlarms": [{"arn": self.alarms[n]["AlarmArn"], "state": {"value": "ALARM"}} for n in triggering]}
        self.change(alarm, state, reason, json.dumps(data))

    def _points(self, alarm: Alarm, window: Window) -> list[float | None]:
        store = store_of(self.context)
        if alarm.get("Metrics"):
            within = Range(window.starts[0], window.end, window.period)
            shown = next(query for query in alarm["Metrics"] if query.get("ReturnData", True) is not False)
            series = _as_series(evaluate_queries(store, alarm["Metrics"], within)[shown["Id"]], within)
        else:
            key = series_key(alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions") or [])
            statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
            series = store.periods(key, window.starts[0], window.end, window.period, statistic)
        return [series.get(start) for start in window.starts]

    def _evaluate_metric_alarm(self, alarm: Alarm, moment: float) -> None:
        if alarm.get("_hold_until", 0) > moment:
            return
        periods = int(alarm["EvaluationPeriods"])
        needed = int(alarm.get("DatapointsToAlarm") or periods)
        window = window_at(moment - GRACE_SEC, alarm_period(alarm), periods)
        points = self._points(alarm, window)
        treatment: Any = alarm.get("TreatMissingData") or "missing"
        verdict = evaluate(points, window.starts, alarm["ComparisonOperator"], alarm["Threshold"], periods, needed, treatment)
        if verdict.state is None or verdict.state == alarm["StateValue"]:
            return
        self.change(alarm, verdict.state, _reason(alarm, verdict, needed), _reason_data(alarm, verdict, window, points))


def _loads(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _as_series(value: Value, within: Range) -> Series:
    if isinstance(value, dict):
        return value
    if isinstance(value, float):
        return dict.fromkeys(within.times, value)
    raise MathError("the expression of an alarm must give one time series")


def alarm_period(alarm: Alarm) -> int:
    """Period of an alarm: its own, or that of its queries."""
    if not alarm.get("Metrics"):
        return int(alarm["Period"])
    shown = next((q for q in alarm["Metrics"] if q.get("ReturnData", True) is not False), alarm["Metrics"][0])
    of_metrics = [query_period(query, 60) for query in alarm["Metrics"] if query.get("MetricStat")]
    return int(shown.get("Period") or max(of_metrics, default=60))


def _reason(alarm: Alarm, verdict: Verdict, needed: int) -> str:
    change = f"{alarm['StateValue']} -> {verdict.state} transition"
    if verdict.state == "INSUFFICIENT_DATA":
        periods = int(alarm["EvaluationPeriods"])
        return f"Insufficient Data: {periods} datapoint{'s were' if periods > 1 else ' was'} unknown."
    compared = COMPARISON_TEXTS[alarm["ComparisonOperator"]]
    if not verdict.evaluated:
        verb = "Threshold Crossed: no datapoints were received for"
        return f"{verb} {verdict.filled} period(s) and {verdict.filled} missing datapoint(s) were treated as [{_treated(alarm)}]."
    shown = ", ".join(f"{value} ({_clock(moment)})" for moment, value in verdict.evaluated[:5])
    count = verdict.breaching if verdict.state == "ALARM" else len(verdict.evaluated) - verdict.breaching
    verb = "was" if verdict.state == "ALARM" else "was not"
    return (
        f"Threshold Crossed: {count} out of the last {len(verdict.evaluated)} datapoints [{shown}] {verb} {compared} the threshold "
        f"({alarm['Threshold']}) (minimum {needed} datapoint{'s' if needed > 1 else ''} for {change})."
    )


def _treated(alarm: Alarm) -> str:
    return {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(alarm.get("TreatMissingData") or "", "Missing")


def _clock(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%d/%m/%y %H:%M:%S")


def _reason_data(alarm: Alarm, verdict: Verdict, window: Window, points: list[float | None]) -> str:
    data = {
        "version": "1.0",
        "queryDate": iso_ms(now()),
        "startDate": iso_ms(dt.datetime.fromtimestamp(window.starts[0], dt.UTC)),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "period": window.period,
        "recentDatapoints": [point for point in points if point is not None],
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [
            {"timestamp": iso_ms(dt.datetime.fromtimestamp(moment, dt.UTC)), "value": value} for moment, value in verdict.evaluated
        ],
    }
    return json.dumps(data)
