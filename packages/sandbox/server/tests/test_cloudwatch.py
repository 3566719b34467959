"""Metrics and alarms through the API: evaluated, acted upon, recorded."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from conftest import code_of, eventually


def name() -> str:
    return f"m{uuid.uuid4().hex[:8]}"


@pytest.fixture
def cloudwatch(sandbox: Any) -> Any:
    return sandbox.client("cloudwatch")


def put(cloudwatch: Any, metric: str, value: float, ago: float = 0, **given: Any) -> None:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago)
    datum = {"MetricName": metric, "Value": value, "Timestamp": moment, "StorageResolution": 1, **given}
    cloudwatch.put_metric_data(Namespace="Coinfleet", MetricData=[datum])


def alarm(cloudwatch: Any, metric: str, **given: Any) -> str:
    fields = {
        "AlarmName": f"alarm-{metric}", "Namespace": "Coinfleet", "MetricName": metric, "Statistic": "Minimum", "Period": 10,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
    }  # fmt: skip
    fields.update(given)
    if "Metrics" in given:
        for key in ("Namespace", "MetricName", "Statistic", "Period"):
            del fields[key]
    cloudwatch.put_metric_alarm(**fields)
    return str(fields["AlarmName"])


def state(cloudwatch: Any, alarm_name: str) -> str:
    found = cloudwatch.describe_alarms(AlarmNames=[alarm_name])
    return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])


def test_statistics_of_a_metric_with_one_second_resolution(cloudwatch: Any) -> None:
    metric, base = name(), int(time.time()) // 60 * 60 - 120
    data = [
        {"MetricName": metric, "Timestamp": base + second, "Value": second, "StorageResolution": 1, "Unit": "Seconds"}
        for second in range(20)
    ]
    cloudwatch.put_metric_data(Namespace="Coinfleet", MetricData=data)
    times = {"StartTime": base, "EndTime": base + 60}
    found = cloudwatch.get_metric_statistics(
        Namespace="Coinfleet", MetricName=metric, Period=10, Statistics=["Minimum", "Maximum", "Average", "Sum", "SampleCount"], **times
    )["Datapoints"]
    assert [(p["Minimum"], p["Maximum"], p["Average"], p["Sum"], p["SampleCount"]) for p in found] == [
        (0, 9, 4.5, 45, 10),
        (10, 19, 14.5, 145, 10),
    ]
    assert found[0]["Unit"] == "Seconds"
    extended = cloudwatch.get_metric_statistics(Namespace="Coinfleet", MetricName=metric, Period=60, ExtendedStatistics=["p90"], **times)
    assert extended["Datapoints"][0]["ExtendedStatistics"]["p90"] == pytest.approx(17.1)
    queries = [
        {
            "Id": "m",
            "MetricStat": {"Metric": {"Namespace": "Coinfleet", "MetricName": metric}, "Period": 10, "Stat": "Maximum"},
            "ReturnData": False,
        },
        {"Id": "e", "Expression": "m * 2 + FILL(m, 0)", "Label": "twice"},
    ]
    result = cloudwatch.get_metric_data(MetricDataQueries=queries, **times, ScanBy="TimestampAscending")["MetricDataResults"]
    assert [(r["Id"], r["Label"], r["Values"]) for r in result] == [("e", "twice", [27, 57])]
    assert cloudwatch.list_metrics(Namespace="Coinfleet", MetricName=metric)["Metrics"][0]["MetricName"] == metric


def test_values_with_counts_and_statistic_sets(cloudwatch: Any) -> None:
    metric, base = name(), int(time.time()) // 60 * 60 - 60
    data = [
        {"MetricName": metric, "Timestamp": base, "Values": [1, 3], "Counts": [3, 1]},
        {"MetricName": metric, "Timestamp": base, "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 8, "Maximum": 12}},
    ]
    cloudwatch.put_metric_data(Namespace="Coinfleet", MetricData=data)
    point = cloudwatch.get_metric_statistics(
        Namespace="Coinfleet", MetricName=metric, Period=60, StartTime=base, EndTime=base + 60, Statistics=["Sum", "SampleCount", "Maximum"]
    )["Datapoints"][0]
    assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (26, 6, 12)


def test_bad_metric_requests_are_refused(cloudwatch: Any) -> None:
    assert code_of(lambda: put(cloudwatch, "x", float("nan"))) == "InvalidParameterValue"
    assert code_of(lambda: put(cloudwatch, "x", 1, ago=15 * 86400)) == "InvalidParameterValue"
    assert (
        code_of(lambda: cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=[{"MetricName": "x", "Value": 1}]))
        == "InvalidParameterValue"
    )


def test_an_alarm_goes_off_acts_and_comes_back(sandbox: Any, cloudwatch: Any) -> None:
    metric = name()
    topic = sandbox.client("sns").create_topic(Name=metric)["TopicArn"]
    sqs, events = sandbox.client("sqs"), sandbox.client("events")
    queue = sqs.create_queue(QueueName=metric)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=metric, EventPattern=json.dumps({"source": ["aws.cloudwatch"], "detail": {"alarmName": [f"alarm-{metric}"]}}))
    events.put_targets(Rule=metric, Targets=[{"Id": "q", "Arn": queue_arn}])
    put(cloudwatch, metric, 1, ago=20)
    named = alarm(cloudwatch, metric, AlarmActions=[topic], OKActions=[topic], AlarmDescription="the node is dead")
    assert cloudwatch.describe_alarms(AlarmNames=[named])["MetricAlarms"][0]["StateReason"] == "Unchecked: Initial alarm creation"
    eventually(lambda: state(cloudwatch, named) == "OK")
    put(cloudwatch, metric, 0, ago=11)
    put(cloudwatch, metric, 0)
    eventually(lambda: state(cloudwatch, named) == "ALARM", 15)
    messages = [json.loads(line) for line in (sandbox.api.context.options.state_dir / "messages.jsonl").read_text().splitlines()]
    sent = [m for m in messages if m["topic"] == topic]
    assert sent[-1]["subject"] == f'ALARM: "{named}" in EU (Frankfurt)'
    body = json.loads(sent[-1]["message"])
    assert (body["NewStateValue"], body["OldStateValue"], body["AlarmDescription"]) == ("ALARM", "OK", "the node is dead")
    assert (body["Trigger"]["MetricName"], body["Trigger"]["Statistic"], body["Trigger"]["Period"]) == (metric, "MINIMUM", 10)
    assert "less than the threshold (1" in body["NewStateReason"]
    received = eventually(lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"))
    event = json.loads(received[-1]["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert {json.loads(m["Body"])["detail"]["state"]["value"] for m in received} >= {"ALARM"}
    history = cloudwatch.describe_alarm_history(AlarmName=named, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert history[0]["HistorySummary"] == "Alarm updated from OK to ALARM"
    for ago in (0, 1):
        put(cloudwatch, metric, 1, ago=ago)
    stop = time.time() + 25
    while state(cloudwatch, named) != "OK" and time.time() < stop:
        put(cloudwatch, metric, 1)
        time.sleep(0.5)
    assert state(cloudwatch, named) == "OK"


def test_missing_data_that_breaches_is_an_alarm(cloudwatch: Any) -> None:
    named = alarm(cloudwatch, name(), TreatMissingData="breaching", EvaluationPeriods=3, DatapointsToAlarm=2)
    eventually(lambda: state(cloudwatch, named) == "ALARM")
    quiet = alarm(cloudwatch, name(), TreatMissingData="notBreaching")
    eventually(lambda: state(cloudwatch, quiet) == "OK")
    kept = alarm(cloudwatch, name(), TreatMissingData="ignore")
    lacking = alarm(cloudwatch, name())
    time.sleep(2.5)
    assert state(cloudwatch, kept) == "INSUFFICIENT_DATA"
    assert state(cloudwatch, lacking) == "INSUFFICIENT_DATA"


def test_metric_math_and_composite_alarms(sandbox: Any, cloudwatch: Any) -> None:
    first, second, math, both = name(), name(), f"math-{name()}", f"both-{name()}"
    for ago in (5, 15, 25):
        put(cloudwatch, first, 5, ago=ago, Dimensions=[{"Name": "Node", "Value": "node1"}])
        put(cloudwatch, second, 1, ago=ago)

    def stat(query_id: str, metric: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
        of = {"Namespace": "Coinfleet", "MetricName": metric, "Dimensions": dimensions}
        return {"Id": query_id, "MetricStat": {"Metric": of, "Period": 10, "Stat": "Maximum"}, "ReturnData": False}

    metrics = [
        stat("a", first, [{"Name": "Node", "Value": "node1"}]),
        stat("b", second, []),
        {"Id": "lag", "Expression": "a - b", "Label": "lag", "ReturnData": True},
    ]
    alarm(cloudwatch, "", AlarmName=math, Metrics=metrics, Threshold=3, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=2)
    eventually(lambda: state(cloudwatch, math) == "ALARM")
    topic = sandbox.client("sns").create_topic(Name=both)["TopicArn"]
    missing = alarm(cloudwatch, name(), TreatMissingData="breaching")
    rule = f'ALARM("{math}") AND NOT ALARM({missing})'
    cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=rule, AlarmActions=[topic])
    eventually(lambda: state(cloudwatch, missing) == "ALARM")
    eventually(lambda: state(cloudwatch, both) == "OK")
    cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=f"ALARM({math}) AND ALARM({missing})", AlarmActions=[topic])
    eventually(lambda: state(cloudwatch, both) == "ALARM")
    lines = (sandbox.api.context.options.state_dir / "messages.jsonl").read_text().splitlines()
    body = next(json.loads(m["message"]) for m in map(json.loads, reversed(lines)) if m["topic"] == topic)
    assert body["AlarmRule"] == f"ALARM({math}) AND ALARM({missing})"
    assert cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert code_of(lambda: cloudwatch.delete_alarms(AlarmNames=[math])) == "ValidationError"
    cloudwatch.delete_alarms(AlarmNames=[both])
    cloudwatch.delete_alarms(AlarmNames=[math])


def test_a_state_that_is_set_lasts_until_the_next_evaluation(cloudwatch: Any) -> None:
    named = alarm(cloudwatch, name(), TreatMissingData="notBreaching")
    eventually(lambda: state(cloudwatch, named) == "OK")
    cloudwatch.set_alarm_state(AlarmName=named, StateValue="ALARM", StateReason="drill")
    assert state(cloudwatch, named) == "ALARM"
    eventually(lambda: state(cloudwatch, named) == "OK", 15)


def test_an_update_keeps_the_state(cloudwatch: Any) -> None:
    metric = name()
    named = alarm(cloudwatch, metric, TreatMissingData="breaching")
    eventually(lambda: state(cloudwatch, named) == "ALARM")
    alarm(cloudwatch, metric, TreatMissingData="breaching", AlarmDescription="changed")
    assert state(cloudwatch, named) == "ALARM"


@pytest.mark.parametrize(
    "given",
    [
        {"Period": 15},
        {"DatapointsToAlarm": 2},
        {"Statistic": "p99.99x"},
        {"ComparisonOperator": "LessThanLowerThreshold"},
        {"TreatMissingData": "maybe"},
        {"Metrics": [{"Id": "e", "Expression": "nothing * 2"}]},
    ],
)
def test_alarms_that_cloudwatch_refuses(sandbox: Any, given: dict[str, Any]) -> None:
    unchecked = sandbox.client("cloudwatch", parameter_validation=False)
    assert code_of(lambda: alarm(unchecked, name(), **given)) in ("ValidationError", "InvalidParameterValue")


def test_a_composite_alarm_of_unknown_alarms_is_refused(cloudwatch: Any) -> None:
    assert code_of(lambda: cloudwatch.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(nobody)")) == "ValidationError"
    assert code_of(lambda: cloudwatch.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(")) == "ValidationError"


def test_messages_are_delivered_to_http_endpoints_and_queues(sandbox: Any) -> None:
    received: list[tuple[str, Any]] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["x-amz-sns-message-type"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Sink)
    Thread(target=server.serve_forever, daemon=True).start()
    sns, sqs = sandbox.client("sns"), sandbox.client("sqs")
    topic = sns.create_topic(Name=name())["TopicArn"]
    queue = sqs.create_queue(QueueName=name())["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Subject="s", Message="hello")
    eventually(lambda: [r for r in received if r[0] == "Notification"])
    _kind, body = next(r for r in received if r[0] == "Notification")
    assert (body["Message"], body["Subject"], body["TopicArn"]) == ("hello", "s", topic)
    message = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages"))[0]
    assert json.loads(message["Body"])["Message"] == "hello"
    server.shutdown()


def test_waiting_for_a_queue_does_not_hold_up_the_api(sandbox: Any, cloudwatch: Any) -> None:
    sqs = sandbox.client("sqs")
    queue = sqs.create_queue(QueueName=name())["QueueUrl"]
    waiting = Thread(target=lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=4))
    waiting.start()
    time.sleep(0.3)
    started = time.time()
    cloudwatch.describe_alarms(MaxRecords=1)
    assert time.time() - started < 1.5
    waiting.join()
