"""CloudWatch's metric actions, on the metric store."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from .context import Context
from .errors import aws_error
from .metric_math import MathError, Value
from .metric_queries import Range, evaluate_queries, query_period, series_key
from .metric_store import Datum, MetricStore, is_statistic
from .overrides import replace

MAX_POINTS = 1440
LIST_PAGE = 500
OLDEST_SEC = 14 * 24 * 3600


def store_of(context: Context) -> MetricStore:
    """The sandbox's metrics."""
    if context.store.metrics is None:
        context.store.metrics = MetricStore(context.options.metric_retention_sec)
    found: MetricStore = context.store.metrics
    return found


def _seconds(moment: Any) -> float:
    if isinstance(moment, (int, float)):
        return float(moment)
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return float(aware.timestamp())


def _utc(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _datum(entry: dict[str, Any]) -> Datum:
    statistics = entry.get("StatisticValues")
    if statistics:
        count, low, high = (float(statistics[key]) for key in ("SampleCount", "Minimum", "Maximum"))
        total = float(statistics["Sum"])
        return Datum(0, count, total, low, high, ((low, count),) if low == high else ((low, 1.0), (high, max(0.0, count - 1))))
    values = entry.get("Values") or ([entry["Value"]] if entry.get("Value") is not None else [])
    if not values:
        raise aws_error("MissingParameter", "The parameter MetricData.member.1.Value is required.")
    counts = entry.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values):
        raise aws_error("InvalidParameterValue", "The parameters Values and Counts must be of the same size.")
    pairs = tuple((float(v), float(c)) for v, c in zip(values, counts, strict=True))
    if any(value != value or value in (float("inf"), float("-inf")) for value, _ in pairs):
        raise aws_error("InvalidParameterValue", "The value NaN or infinity is not supported for a metric.")
    total = sum(v * c for v, c in pairs)
    return Datum(0, sum(c for _, c in pairs), total, min(v for v, _ in pairs), max(v for v, _ in pairs), pairs)


def _put_metric_data(context: Context) -> Any:
    def put_metric_data(self: Any) -> EmptyResult:
        params = self._get_params()
        namespace, data = params.get("Namespace"), params.get("MetricData") or []
        if params.get("EntityMetricData"):
            raise NotImplementedError("PutMetricData with EntityMetricData")
        if not namespace or not data:
            raise aws_error("MissingParameter", "The parameters Namespace and MetricData are required.")
        if str(namespace).startswith("AWS/"):
            raise aws_error("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
        now = time.time()
        prepared = [(entry, _datum(entry)) for entry in data]
        for entry, datum in prepared:
            moment = _seconds(entry["Timestamp"]) if entry.get("Timestamp") else now
            if moment < now - OLDEST_SEC or moment > now + 2 * 3600:
                message = "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."
                raise aws_error("InvalidParameterValue", message)
            resolution = 1 if int(entry.get("StorageResolution") or 60) == 1 else 60
            key = series_key(namespace, entry["MetricName"], entry.get("Dimensions") or [])
            store_of(context).put(key, moment, datum, entry.get("Unit") or "None", resolution)
        return EmptyResult()

    return put_metric_data


def _check_period(period: int) -> None:
    if period not in (1, 5, 10, 20, 30) and (period < 60 or period % 60):
        raise aws_error("InvalidParameterValue", "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.")


def _get_metric_statistics(context: Context) -> Any:
    def get_metric_statistics(self: Any) -> ActionResult:
        params = self._get_params()
        statistics = [*(params.get("Statistics") or []), *(params.get("ExtendedStatistics") or [])]
        if not statistics:
            raise aws_error("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
        period = int(params["Period"])
        _check_period(period)
        start, end = _seconds(params["StartTime"]) // period * period, _seconds(params["EndTime"])
        if (end - start) / period > MAX_POINTS:
            message = f"You have requested up to {int((end - start) / period)} datapoints, which exceeds the limit of {MAX_POINTS}."
            raise aws_error("InvalidParameterCombination", message)
        key = series_key(params["Namespace"], params["MetricName"], params.get("Dimensions") or [])
        store = store_of(context)
        points: dict[int, dict[str, Any]] = {}
        for statistic in statistics:
            if not is_statistic(statistic):
                raise aws_error("InvalidParameterValue", f"The value {statistic} for parameter Statistics is not supported.")
            for moment, value in store.periods(key, start, end, period, statistic).items():
                point = points.setdefault(moment, {"Timestamp": _utc(moment), "Unit": store.unit_of(key)})
                if statistic.startswith("p"):
                    point.setdefault("ExtendedStatistics", {})[statistic] = value
                else:
                    point[statistic] = value
        return ActionResult({"Label": params["MetricName"], "Datapoints": [points[moment] for moment in sorted(points)]})

    return get_metric_statistics


def _results(query: dict[str, Any], value: Value, within: Range, descending: bool) -> list[dict[str, Any]]:
    many = value if isinstance(value, list) else [dict.fromkeys(within.times, value) if isinstance(value, float) else value]
    results = []
    for series in many:
        if isinstance(series, str):
            raise MathError("an expression gave text")
        times = sorted(series, reverse=descending)
        label = query.get("Label") or query.get("MetricStat", {}).get("Metric", {}).get("MetricName") or query["Id"]
        results.append(
            {
                "Id": query["Id"],
                "Label": label,
                "Timestamps": [_utc(moment) for moment in times],
                "Values": [series[moment] for moment in times],
                "StatusCode": "Complete",
            }
        )
    return results


def _get_metric_data(context: Context) -> Any:
    def get_metric_data(self: Any) -> ActionResult:
        params = self._get_params()
        queries = params.get("MetricDataQueries") or []
        for index, query in enumerate(queries, 1):
            if not query.get("MetricStat") and not query.get("Expression"):
                raise aws_error("ValidationError", f"The parameter MetricDataQueries.member.{index}.MetricStat is required.\n")
            stat = query.get("MetricStat", {}).get("Stat")
            if stat and not is_statistic(stat):
                raise aws_error("ValidationError", f"The statistic {stat} is not known to the sandbox.")
        period = min((query_period(query, 300) for query in queries if query.get("MetricStat")), default=60)
        _check_period(period)
        start, end = _seconds(params["StartTime"]) // period * period, _seconds(params["EndTime"])
        within = Range(start, end, period)
        try:
            values = evaluate_queries(store_of(context), queries, within)
            descending = params.get("ScanBy", "TimestampDescending") != "TimestampAscending"
            shown = [query for query in queries if query.get("ReturnData") is not False]
            results = [result for query in shown for result in _results(query, values[query["Id"]], within, descending)]
        except MathError as error:
            raise aws_error("ValidationError", f"Error in expression: {error}") from error
        return ActionResult({"MetricDataResults": results, "Messages": []})

    return get_metric_data


def _list_metrics(context: Context) -> Any:
    def list_metrics(self: Any) -> ActionResult:
        params = self._get_params()
        dimensions = [(d["Name"], d.get("Value")) for d in params.get("Dimensions") or []]
        found = sorted(store_of(context).matching(params.get("Namespace"), params.get("MetricName"), dimensions))
        start = int(params.get("NextToken") or 0)
        page = found[start : start + LIST_PAGE]
        metrics = [
            {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": d, "Value": v} for d, v in pairs]}
            for namespace, name, pairs in page
        ]
        more = {"NextToken": str(start + LIST_PAGE)} if start + LIST_PAGE < len(found) else {}
        return ActionResult({"Metrics": metrics, **more})

    return list_metrics


def prune(context: Context) -> None:
    """Forget metrics that are older than the retention."""
    with context.lock:
        store_of(context).prune(time.time())


def install(context: Context) -> None:
    """Put the metric store behind CloudWatch."""
    replace(CloudWatchResponse, "put_metric_data", lambda _: _put_metric_data(context))
    replace(CloudWatchResponse, "get_metric_statistics", lambda _: _get_metric_statistics(context))
    replace(CloudWatchResponse, "get_metric_data", lambda _: _get_metric_data(context))
    replace(CloudWatchResponse, "list_metrics", lambda _: _list_metrics(context))
