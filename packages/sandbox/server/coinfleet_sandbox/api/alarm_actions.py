"""What an alarm does when its state changes: SNS messages, EC2 actions, an event."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from typing import Any

from moto.events.models import events_backends

from .context import Context, log
from .ec2_support import find_instance
from .sns_messages import publish

ACTION_LISTS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
REGION_NAMES = {
    "eu-central-1": "EU (Frankfurt)",
    "eu-west-1": "EU (Ireland)",
    "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
}
SUBJECT_LENGTH = 100


def iso_ms(moment: dt.datetime) -> str:
    """Time as CloudWatch writes it in messages and histories."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _trigger(alarm: dict[str, Any]) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "Period": alarm.get("Period"),
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm"),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
    if alarm.get("Metrics"):
        trigger["Metrics"] = alarm["Metrics"]
        return trigger
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": "Statistic" if alarm.get("Statistic") else "ExtendedStatistic",
        "Statistic": (alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "").upper(),
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": d["Value"], "name": d["Name"]} for d in alarm.get("Dimensions", [])],
        **trigger,
    }


def message_body(context: Context, alarm: dict[str, Any], old_state: str) -> dict[str, Any]:
    """The JSON that CloudWatch publishes to SNS."""
    region = context.options.region
    body: dict[str, Any] = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": context.options.account_id,
        "AlarmConfigurationUpdatedTimestamp": iso_ms(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": iso_ms(alarm["StateUpdatedTimestamp"]),
        "Region": REGION_NAMES.get(region, region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        "OKActions": alarm.get("OKActions", []),
        "AlarmActions": alarm.get("AlarmActions", []),
        "InsufficientDataActions": alarm.get("InsufficientDataActions", []),
    }
    if "AlarmRule" in alarm:
        body["AlarmRule"] = alarm["AlarmRule"]
    else:
        body["Trigger"] = _trigger(alarm)
    return body


def _subject(context: Context, alarm: dict[str, Any]) -> str:
    region = REGION_NAMES.get(context.options.region, context.options.region)
    text = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {region}'
    return text if len(text) <= SUBJECT_LENGTH else text[: SUBJECT_LENGTH - 3] + "..."


def _instances(alarm: dict[str, Any]) -> list[str]:
    dimensions = list(alarm.get("Dimensions") or [])
    for query in alarm.get("Metrics") or []:
        dimensions.extend(query.get("MetricStat", {}).get("Metric", {}).get("Dimensions") or [])
    return [d["Value"] for d in dimensions if d["Name"] == "InstanceId"]


def _ec2_action(context: Context, alarm: dict[str, Any], verb: str, lifecycle: Any) -> str:
    for instance_id in _instances(alarm):
        instance = find_instance(context, instance_id)
        if instance is None:
            return f"there is no instance {instance_id}"
        if verb in ("reboot", "recover"):
            context.run(f"{verb} {instance_id}", partial(context.hypervisor.reboot_instance, instance_id), instance_id)
        elif verb == "stop":
            lifecycle.stop(instance, False)
        elif verb == "terminate":
            lifecycle.terminate(instance)
        else:
            return f"unknown EC2 action {verb}"
    return "" if _instances(alarm) else "the alarm has no InstanceId dimension"


def _run_action(context: Context, alarm: dict[str, Any], action: str, old_state: str, lifecycle: Any) -> str:
    """Carry out one action; returns what went wrong, or an empty text."""
    if ":sns:" in action:
        body = json.dumps(message_body(context, alarm, old_state), default=str)
        return "" if publish(context, action, _subject(context, alarm), body) else "there is no such topic"
    if action.startswith("arn:aws:automate:") or ":action/actions/AWS_EC2" in action:
        return _ec2_action(context, alarm, action.rsplit(":", 1)[-1], lifecycle)
    return "the sandbox carries out SNS and EC2 actions only"


def _configuration(alarm: dict[str, Any]) -> dict[str, Any]:
    if "AlarmRule" in alarm:
        return {"alarmRule": alarm["AlarmRule"]}
    queries = alarm.get("Metrics") or [
        {
            "id": "m1",
            "metricStat": {
                "metric": {
                    "namespace": alarm.get("Namespace"),
                    "name": alarm.get("MetricName"),
                    "dimensions": {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])},
                },
                "period": alarm.get("Period"),
                "stat": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
            },
            "returnData": True,
        }
    ]
    return {"description": alarm.get("AlarmDescription"), "metrics": queries}


def _emit_event(context: Context, alarm: dict[str, Any], previous: dict[str, Any]) -> None:
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {
            "value": alarm["StateValue"],
            "reason": alarm["StateReason"],
            "reasonData": alarm.get("StateReasonData"),
            "timestamp": iso_ms(alarm["StateUpdatedTimestamp"]),
        },
        "previousState": previous,
        "configuration": _configuration(alarm),
    }
    event = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail, default=str),
    }
    events_backends[context.options.account_id][context.options.region].put_events([event])


def on_state_change(context: Context, alarm: dict[str, Any], previous: dict[str, Any], lifecycle: Any) -> list[tuple[str, str]]:
    """Carry out the actions of the new state. Returns (action, problem) for the history."""
    outcomes: list[tuple[str, str]] = []
    if alarm.get("ActionsEnabled", True):
        for action in alarm.get(ACTION_LISTS[alarm["StateValue"]], []):
            try:
                problem = _run_action(context, alarm, action, previous["value"], lifecycle)
            except Exception as error:
                log.exception("action %s of alarm %s failed", action, alarm["AlarmName"])
                problem = str(error)
            outcomes.append((action, problem))
    try:
        _emit_event(context, alarm, previous)
    except Exception:
        log.exception("the event of alarm %s was not delivered", alarm["AlarmName"])
    return outcomes
