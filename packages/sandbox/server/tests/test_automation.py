"""Automation documents that run, and the rules that start them."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from conftest import code_of, eventually

from coinfleet_sandbox.api.event_schedules import period_of

SCRIPT = """
import boto3
def shout(events, context):
    print("asked by", events["who"])
    boto3.client("ssm").put_parameter(Name=events["name"], Value=events["who"].upper(), Type="String", Overwrite=True)
    return {"said": boto3.client("sts").get_caller_identity()["Arn"]}
"""


def name() -> str:
    return f"v{uuid.uuid4().hex[:8]}"


def role(sandbox: Any, service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(sandbox.client("iam").create_role(RoleName=name(), AssumeRolePolicyDocument=policy)["Role"]["Arn"])


def document(sandbox: Any, role_arn: str, parameter: str, script: str = SCRIPT, action: str = "aws:executeScript") -> str:
    inputs = {"Runtime": "python3.11", "Handler": "shout", "InputPayload": {"who": "{{ who }}", "name": parameter}, "Script": script}
    content = {
        "schemaVersion": "0.3",
        "assumeRole": role_arn,
        "parameters": {"who": {"type": "String", "default": "nobody"}},
        "mainSteps": [{"name": "shout", "action": action, "inputs": inputs}],
    }
    title = name()
    sandbox.client("ssm").create_document(Name=title, DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content))
    return title


def ended(sandbox: Any, execution_id: str) -> Any:
    def look() -> Any:
        found = sandbox.client("ssm").get_automation_execution(AutomationExecutionId=execution_id)["AutomationExecution"]
        return found if found["AutomationExecutionStatus"] not in ("Pending", "InProgress") else None

    return eventually(look, 60)


def test_a_script_runs_with_its_roles_credentials_and_says_what_it_did(sandbox: Any) -> None:
    ssm, arn, parameter = sandbox.client("ssm"), role(sandbox, "ssm.amazonaws.com"), f"/{name()}"
    title = document(sandbox, arn, parameter)
    started = ssm.start_automation_execution(DocumentName=title, Parameters={"who": ["alice"]})["AutomationExecutionId"]
    execution = ended(sandbox, started)
    assert execution["AutomationExecutionStatus"] == "Success", execution
    [step] = execution["StepExecutions"]
    assert arn.rsplit("/", 1)[1] in json.loads(step["Outputs"]["Payload"][0])["said"]
    assert step["Outputs"]["ExecutionLog"] == ["asked by alice\n"]
    assert ssm.get_parameter(Name=parameter)["Parameter"]["Value"] == "ALICE"
    listed = ssm.describe_automation_executions(Filters=[{"Key": "DocumentNamePrefix", "Values": [title]}])
    assert [one["AutomationExecutionId"] for one in listed["AutomationExecutionMetadataList"]] == [started]


def test_a_script_that_fails_fails_its_execution_with_what_it_said(sandbox: Any) -> None:
    title = document(sandbox, role(sandbox, "ssm.amazonaws.com"), "/x", "def shout(events, context):\n    raise ValueError('no voice')\n")
    execution = ended(sandbox, sandbox.client("ssm").start_automation_execution(DocumentName=title)["AutomationExecutionId"])
    assert execution["AutomationExecutionStatus"] == "Failed"
    assert "no voice" in execution["StepExecutions"][0]["FailureMessage"]


def test_what_would_not_start_on_aws_does_not_start(sandbox: Any) -> None:
    ssm, arn = sandbox.client("ssm"), role(sandbox, "ssm.amazonaws.com")
    stranger = document(sandbox, role(sandbox, "ec2.amazonaws.com"), "/x")
    assert code_of(lambda: ssm.start_automation_execution(DocumentName=stranger)) == "InvalidAutomationExecutionParametersException"
    assert code_of(lambda: ssm.start_automation_execution(DocumentName=name())) == "AutomationDefinitionNotFoundException"
    wrong = document(sandbox, arn, "/x")
    assert code_of(lambda: ssm.start_automation_execution(DocumentName=wrong, Parameters={"whom": ["x"]})) == "InvalidParameters"
    other = document(sandbox, arn, "/x", action="aws:branch")
    assert code_of(lambda: ssm.start_automation_execution(DocumentName=other)) == "NotImplemented"


def test_a_timed_rule_starts_a_document_and_hears_no_other_event(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ssm, events = sandbox.client("ssm"), sandbox.client("events")
    parameter, rule = f"/{name()}", name()
    title = document(sandbox, role(sandbox, "ssm.amazonaws.com"), parameter)
    rule_arn = events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")["RuleArn"]
    arn = f"arn:aws:ssm:eu-central-1:000000000000:automation-definition/{title}:$DEFAULT"
    given = {"Id": "1", "Arn": arn, "Input": json.dumps({"who": ["the clock"]})}
    assert code_of(lambda: events.put_targets(Rule=rule, Targets=[given])) == "NotImplemented"
    events.put_targets(Rule=rule, Targets=[{**given, "RoleArn": role(sandbox, "events.amazonaws.com")}])
    events.put_events(Entries=[{"Source": "x", "DetailType": "x", "Detail": "{}"}])

    def executions() -> Any:
        wanted = [{"Key": "DocumentNamePrefix", "Values": [title]}]
        return ssm.describe_automation_executions(Filters=wanted)["AutomationExecutionMetadataList"]

    due = eventually(lambda: sandbox.api.context.store.schedules.get(rule_arn))
    assert 0 < due - time.time() <= 60
    time.sleep(1.5)
    assert executions() == []
    sandbox.api.context.store.schedules[rule_arn] = 0
    [execution] = eventually(executions)
    assert execution["ExecutedBy"] == rule_arn
    assert ended(sandbox, execution["AutomationExecutionId"])["AutomationExecutionStatus"] == "Success"
    assert ssm.get_parameter(Name=parameter)["Parameter"]["Value"] == "THE CLOCK"
    events.disable_rule(Name=rule)
    sandbox.api.context.store.schedules[rule_arn] = 0
    time.sleep(1.5)
    assert len(executions()) == 1


def test_rates_are_as_aws_writes_them(sandbox: Any) -> None:
    assert [period_of(f"rate({text})") for text in ("1 minute", "10 minutes", "2 hours", "1 day")] == [60, 600, 7200, 86400]
    for text in ("rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "every minute"):
        with pytest.raises(ValueError, match="."):
            period_of(text)
    assert code_of(lambda: sandbox.client("events").put_rule(Name=name(), ScheduleExpression="cron(0 3 * * ? *)")) == "NotImplemented"
