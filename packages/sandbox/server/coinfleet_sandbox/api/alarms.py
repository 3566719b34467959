"""CloudWatch's alarm actions, on the alarm engine."""

from __future__ import annotations

import time
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from .alarm_engine import GRACE_SEC, Alarm, AlarmEngine, alarm_period, now
from .alarm_evaluation import COMPARISONS
from .alarm_rule import Rule, RuleError, alarm_name
from .context import Context
from .errors import aws_error
from .metric_math import Expression, MathError, Series
from .metric_queries import series_key
from .metric_store import is_statistic
from .overrides import add, replace

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


def _invalid(message: str) -> Any:
    return aws_error("ValidationError", message)


def public(alarm: Alarm) -> Alarm:
    """An alarm as DescribeAlarms shows it."""
    return {key: value for key, value in alarm.items() if not key.startswith("_")}


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
        "StateUpdatedTimestamp": now(),
        "StateTransitionedTimestamp": now(),
    }
    if existing is not None:
        state = {key: existing[key] for key in (*state, "StateReasonData") if key in existing}
    alarm = {**fields, **state, "AlarmArn": _arn(engine.context, name), "AlarmConfigurationUpdatedTimestamp": now()}
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
