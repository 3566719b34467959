"""CloudWatch alarms: kept, evaluated, and acted upon."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from .alarm_actions import iso_ms, on_state_change
from .alarm_evaluation import COMPARISON_TEXTS, COMPARISONS, Verdict, Window, evaluate, window_at
from .alarm_rule import Rule, RuleError, alarm_name
from .cloudwatch_metrics import store_of
from .context import Context, log
from .errors import aws_error
from .metric_math import Expression, MathError, Series, Value
from .metric_queries import Range, evaluate_queries, query_period, series_key
from .metric_store import is_statistic
from .overrides import add, replace

GRACE_SEC = 1.0
"""Datapoints of a period may arrive a little after its end."""
HISTORY_PER_ALARM = 200
STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
COMMON_FIELDS = ("AlarmName", "AlarmDescription", "OKActions", "AlarmActions", "InsufficientDataActions")
METRIC_FIELDS = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
)

Alarm = dict[str, Any]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _invalid(message: str) -> Any:
    return aws_error("ValidationError", message)


def public(alarm: Alarm) -> Alarm:
    """An alarm as DescribeAlarms shows it."""
    return {key: value for key, value in alarm.items() if not key.startswith("_")}


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
                "Timestamp": _now(),
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
        alarm["StateUpdatedTimestamp"] = _now()
        if state == alarm["StateValue"]:
            return
        alarm["StateValue"] = state
        alarm["StateTransitionedTimestamp"] = _now()
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
            now = time.time()
            for alarm in list(self.alarms.values()):
                if "AlarmRule" not in alarm:
                    try:
                        self._evaluate_metric_alarm(alarm, now)
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

    def _evaluate_metric_alarm(self, alarm: Alarm, now: float) -> None:
        if alarm.get("_hold_until", 0) > now:
            return
        periods = int(alarm["EvaluationPeriods"])
        needed = int(alarm.get("DatapointsToAlarm") or periods)
        window = window_at(now - GRACE_SEC, alarm_period(alarm), periods)
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
        "queryDate": iso_ms(_now()),
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


def _check_metric_alarm(alarm: Alarm) -> None:
    if alarm.get("ComparisonOperator") not in COMPARISONS:
        raise _invalid(f"The sandbox evaluates the comparison operators {', '.join(COMPARISONS)}, not {alarm.get('ComparisonOperator')}.")
    if alarm.get("Threshold") is None:
        raise _invalid("The parameter Threshold is required; anomaly detection is not emulated.")
    if alarm.get("TreatMissingData") not in (None, *TREATMENTS):
        raise _invalid(f"TreatMissingData must be one of {', '.join(TREATMENTS)}.")
    if (alarm.get("DatapointsToAlarm") or 1) > alarm["EvaluationPeriods"]:
        raise _invalid("DatapointsToAlarm must not be greater than EvaluationPeriods.")
    if alarm.get("Metrics"):
        _check_queries(alarm["Metrics"])
    elif not alarm.get("MetricName") or not alarm.get("Namespace"):
        raise _invalid("Either Metrics, or MetricName and Namespace must be given.")
    elif not is_statistic(alarm.get("Statistic") or alarm.get("ExtendedStatistic") or ""):
        raise _invalid(f"The statistic {alarm.get('Statistic') or alarm.get('ExtendedStatistic')} is not known to the sandbox.")
    period = alarm_period(alarm)
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60.")
    if period * alarm["EvaluationPeriods"] > 7 * 86400:
        raise _invalid("Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800).")


def _check_queries(queries: list[dict[str, Any]]) -> None:
    shown = [query for query in queries if query.get("ReturnData", True) is not False]
    if len(shown) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")
    times = [0, 60]
    known: dict[str, Series] = {query["Id"]: {0: 1.0, 60: 2.0} for query in queries}
    for query in queries:
        if query.get("Expression"):
            try:
                Expression(known, times, 60).evaluate(query["Expression"])
            except MathError as error:
                raise _invalid(f"Invalid metrics list: {query['Expression']}: {error}") from error


def _arn(context: Context, name: str) -> str:
    return f"arn:aws:cloudwatch:{context.options.region}:{context.options.account_id}:alarm:{name}"


def _put(engine: AlarmEngine, fields: Alarm, tags: list[dict[str, str]]) -> None:
    name = fields["AlarmName"]
    existing = engine.alarms.get(name)
    if existing is not None and ("AlarmRule" in existing) != ("AlarmRule" in fields):
        raise _invalid(f"An alarm {name} of the other kind exists.")
    state = {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": _now(),
        "StateTransitionedTimestamp": _now(),
    }
    if existing is not None:
        state = {key: existing[key] for key in (*state, "StateReasonData") if key in existing}
    alarm = {**fields, **state, "AlarmArn": _arn(engine.context, name), "AlarmConfigurationUpdatedTimestamp": _now()}
    engine.alarms[name] = alarm
    backend = cloudwatch_backends[engine.context.options.account_id][engine.context.options.region]
    if existing is None and tags:
        backend.tagger.tag_resource(alarm["AlarmArn"], tags)
    what = "updated" if existing else "created"
    engine.record(alarm, "ConfigurationUpdate", f'Alarm "{name}" {what}', {"version": "1.0", "type": what.capitalize()[:-1]})


def _common(params: dict[str, Any]) -> Alarm:
    fields = {key: params[key] for key in COMMON_FIELDS if params.get(key) is not None}
    for key in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        fields.setdefault(key, [])
    fields["ActionsEnabled"] = params.get("ActionsEnabled") is not False
    return fields


def _install_puts(engine: AlarmEngine) -> None:
    def put_metric_alarm(self: Any) -> EmptyResult:
        params = self._get_params()
        alarm = _common(params)
        alarm.update({key: params[key] for key in METRIC_FIELDS if params.get(key) is not None})
        alarm.setdefault("Dimensions", [])
        _check_metric_alarm(alarm)
        _put(engine, alarm, params.get("Tags") or [])
        return EmptyResult()

    def put_composite_alarm(self: Any) -> EmptyResult:
        params = self._get_params()
        if params.get("ActionsSuppressor"):
            raise NotImplementedError("PutCompositeAlarm with ActionsSuppressor")
        alarm = {**_common(params), "AlarmRule": params["AlarmRule"]}
        try:
            children = Rule(params["AlarmRule"]).children
        except RuleError as error:
            raise _invalid(f"Invalid alarm rule: {error}") from error
        unknown = [child for child in children if child not in engine.alarms]
        if unknown:
            raise _invalid(f"Could not save the composite alarm as alarms in the alarm rule do not exist: {', '.join(unknown)}")
        _put(engine, alarm, params.get("Tags") or [])
        return EmptyResult()

    replace(CloudWatchResponse, "put_metric_alarm", lambda _: put_metric_alarm)
    add(CloudWatchResponse, "put_composite_alarm", put_composite_alarm)


def _selected(engine: AlarmEngine, params: dict[str, Any]) -> list[Alarm]:
    names, prefix = params.get("AlarmNames") or [], params.get("AlarmNamePrefix")
    kinds = params.get("AlarmTypes") or ["MetricAlarm"] if not names else ["MetricAlarm", "CompositeAlarm"]
    if names and params.get("AlarmTypes"):
        kinds = params["AlarmTypes"]
    found = []
    for alarm in engine.alarms.values():
        kind = "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"
        actions = [action for key in ("AlarmActions", "OKActions", "InsufficientDataActions") for action in alarm.get(key, [])]
        if (
            kind in kinds
            and (not names or alarm["AlarmName"] in names)
            and (not prefix or alarm["AlarmName"].startswith(prefix))
            and (not params.get("StateValue") or alarm["StateValue"] == params["StateValue"])
            and (not params.get("ActionPrefix") or any(action.startswith(params["ActionPrefix"]) for action in actions))
        ):
            found.append(alarm)
    return sorted(found, key=lambda alarm: str(alarm["AlarmName"]))


def _install_reads(engine: AlarmEngine) -> None:
    def describe_alarms(self: Any) -> ActionResult:
        params = self._get_params()
        found = _selected(engine, params)
        start, size = int(params.get("NextToken") or 0), int(params.get("MaxRecords") or 50)
        page = found[start : start + max(size, 1)]
        result: dict[str, Any] = {
            "MetricAlarms": [public(alarm) for alarm in page if "AlarmRule" not in alarm],
            "CompositeAlarms": [public(alarm) for alarm in page if "AlarmRule" in alarm],
        }
        if start + size < len(found):
            result["NextToken"] = str(start + size)
        return ActionResult(result)

    def describe_alarms_for_metric(self: Any) -> ActionResult:
        params = self._get_params()
        wanted = series_key(params["Namespace"], params["MetricName"], params.get("Dimensions") or [])
        found = [
            public(alarm)
            for alarm in engine.alarms.values()
            if alarm.get("MetricName") and series_key(alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions") or []) == wanted
        ]
        return ActionResult({"MetricAlarms": found})

    def describe_alarm_history(self: Any) -> ActionResult:
        params = self._get_params()
        items = [
            item
            for name, history in engine.context.store.alarm_history.items()
            for item in history
            if params.get("AlarmName") in (None, name) and params.get("HistoryItemType") in (None, item["HistoryItemType"])
        ]
        items.sort(key=lambda item: item["Timestamp"], reverse=params.get("ScanBy") != "TimestampAscending")
        return ActionResult({"AlarmHistoryItems": items[: int(params.get("MaxRecords") or 100)]})

    replace(CloudWatchResponse, "describe_alarms", lambda _: describe_alarms)
    replace(CloudWatchResponse, "describe_alarms_for_metric", lambda _: describe_alarms_for_metric)
    add(CloudWatchResponse, "describe_alarm_history", describe_alarm_history)


def _install_changes(engine: AlarmEngine) -> None:
    def delete_alarms(self: Any) -> EmptyResult:
        names = self._get_param("AlarmNames", [])
        missing = [name for name in names if name not in engine.alarms]
        if missing and len(missing) == len(names):
            raise aws_error("ResourceNotFound", f"Unknown alarms: {', '.join(missing)}")
        for name in names:
            used_by = [a["AlarmName"] for a in engine.alarms.values() if "AlarmRule" in a and name in Rule(a["AlarmRule"]).children]
            if [user for user in used_by if user not in names]:
                raise _invalid(f"Cannot delete {name} as there are composite alarm(s) depending on it: {', '.join(used_by)}")
        for name in names:
            engine.alarms.pop(name, None)
        return EmptyResult()

    def set_alarm_state(self: Any) -> EmptyResult:
        params = self._get_params()
        alarm = engine.alarms.get(alarm_name(params["AlarmName"]))
        if alarm is None:
            raise aws_error("ResourceNotFound", f"Unknown alarm: {params['AlarmName']}")
        if params["StateValue"] not in STATES:
            raise _invalid(f"StateValue must be one of {', '.join(STATES)}.")
        period = 10 if "AlarmRule" in alarm else min(alarm_period(alarm), 60)
        alarm["_hold_until"] = time.time() // period * period + period + GRACE_SEC
        engine.change(alarm, params["StateValue"], params["StateReason"], params.get("StateReasonData"))
        return EmptyResult()

    def switch_actions(enabled: bool) -> Any:
        def switch(self: Any) -> EmptyResult:
            for name in self._get_param("AlarmNames", []):
                if name in engine.alarms:
                    engine.alarms[name]["ActionsEnabled"] = enabled
            return EmptyResult()

        return switch

    replace(CloudWatchResponse, "delete_alarms", lambda _: delete_alarms)
    replace(CloudWatchResponse, "set_alarm_state", lambda _: set_alarm_state)
    replace(CloudWatchResponse, "enable_alarm_actions", lambda _: switch_actions(True))
    replace(CloudWatchResponse, "disable_alarm_actions", lambda _: switch_actions(False))


def install(context: Context, lifecycle: Any) -> AlarmEngine:
    """Put the alarm engine behind CloudWatch."""
    engine = AlarmEngine(context, lifecycle)
    _install_puts(engine)
    _install_reads(engine)
    _install_changes(engine)
    return engine
