"""Run Command that runs, documents with parameters, and Parameter Store."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from conftest import code_of, eventually

TRUST = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'


def name() -> str:
    return f"s{uuid.uuid4().hex[:8]}"


@pytest.fixture
def ssm(sandbox: Any) -> Any:
    return sandbox.client("ssm")


@pytest.fixture(scope="module")
def profile(sandbox: Any) -> str:
    iam, named = sandbox.client("iam"), name()
    iam.create_role(RoleName=named, AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName=named)
    iam.add_role_to_instance_profile(InstanceProfileName=named, RoleName=named)
    return named


@pytest.fixture
def host(ssm: Any, launch: Any, profile: str) -> Any:
    def make(**given: Any) -> str:
        instance_id = launch(IamInstanceProfile={"Name": profile}, **given)
        filters = [{"Key": "InstanceIds", "Values": [instance_id]}]
        eventually(
            lambda: [
                i for i in ssm.describe_instance_information(Filters=filters)["InstanceInformationList"] if i["PingStatus"] == "Online"
            ]
        )
        return str(instance_id)

    return make


def run(ssm: Any, instance_id: str, commands: list[str], **given: Any) -> str:
    parameters = {"commands": commands, **given.pop("parameters", {})}
    sent = ssm.send_command(InstanceIds=[instance_id], DocumentName="AWS-RunShellScript", Parameters=parameters, **given)
    return str(sent["Command"]["CommandId"])


def finished(ssm: Any, command_id: str, instance_id: str, seconds: float = 10) -> Any:
    def done() -> Any:
        found = ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)
        return found if found["Status"] not in ("Pending", "InProgress", "Delayed", "Cancelling") else None

    return eventually(done, seconds)


def test_a_command_runs_with_its_own_status_code_and_output(ssm: Any, host: Any) -> None:
    instance_id = host()
    good = finished(ssm, run(ssm, instance_id, ["echo one", "echo two >&2"]), instance_id)
    assert (good["Status"], good["ResponseCode"], good["StandardOutputContent"], good["StandardErrorContent"]) == (
        "Success",
        0,
        "one\n",
        "two\n",
    )
    assert good["ExecutionElapsedTime"].startswith("PT0")
    bad = run(ssm, instance_id, ["echo out", "exit 7"])
    failed = finished(ssm, bad, instance_id)
    assert (failed["Status"], failed["ResponseCode"], failed["StandardOutputContent"]) == ("Failed", 7, "out\n")
    listed = ssm.list_command_invocations(CommandId=bad, Details=True)["CommandInvocations"][0]
    assert (listed["Status"], listed["CommandPlugins"][0]["Output"], listed["CommandPlugins"][0]["ResponseCode"]) == ("Failed", "out\n", 7)
    command = ssm.list_commands(CommandId=bad)["Commands"][0]
    assert (command["Status"], command["TargetCount"], command["CompletedCount"], command["ErrorCount"]) == ("Failed", 1, 1, 1)


def test_a_command_that_takes_too_long_is_timed_out(ssm: Any, host: Any) -> None:
    instance_id = host()
    command_id = run(ssm, instance_id, ["sleep 30"], parameters={"executionTimeout": ["1"]})
    assert ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)["Status"] in ("Pending", "InProgress")
    found = finished(ssm, command_id, instance_id)
    assert (found["Status"], found["StatusDetails"], found["ResponseCode"]) == ("TimedOut", "ExecutionTimedOut", -1)


def test_a_command_can_be_cancelled(ssm: Any, host: Any) -> None:
    instance_id = host()
    command_id = run(ssm, instance_id, ["sleep 30"])
    eventually(lambda: ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)["Status"] == "InProgress")
    ssm.cancel_command(CommandId=command_id)
    assert finished(ssm, command_id, instance_id)["Status"] == "Cancelled"


def test_the_waiter_of_the_sdk_works(ssm: Any, host: Any) -> None:
    instance_id = host()
    command_id = run(ssm, instance_id, ["sleep 1"])
    waiter = ssm.get_waiter("command_executed")
    waiter.wait(CommandId=command_id, InstanceId=instance_id, WaiterConfig={"Delay": 1, "MaxAttempts": 10})


def test_own_documents_get_their_parameters(ssm: Any, host: Any) -> None:
    instance_id, document = host(), name()
    content = {
        "schemaVersion": "2.2",
        "parameters": {
            "node": {"type": "String", "allowedPattern": "[a-z0-9-]+"},
            "extra": {"type": "StringList", "default": ["x", "y"]},
            "mode": {"type": "String", "default": "soft", "allowedValues": ["soft", "hard"]},
        },
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "first",
                "inputs": {"runCommand": ["echo node {{ node }} {{mode}}", "{{ extra }}"], "onFailure": "exit"},
            },
            {"action": "aws:runShellScript", "name": "second", "inputs": {"runCommand": ["echo second"], "timeoutSeconds": "20"}},
        ],
    }
    ssm.create_document(Name=document, Content=json.dumps(content), DocumentType="Command", DocumentFormat="JSON")

    def send(**parameters: list[str]) -> str:
        return str(ssm.send_command(InstanceIds=[instance_id], DocumentName=document, Parameters=parameters)["Command"]["CommandId"])

    command_id = send(node=["node1"], extra=["echo a", "echo b"])
    found = finished(ssm, command_id, instance_id)
    assert (found["Status"], found["StandardOutputContent"]) == ("Success", "node node1 soft\na\nb\nsecond\n")
    second = ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id, PluginName="second")
    assert second["StandardOutputContent"] == "second\n"
    assert code_of(lambda: send()) == "InvalidParameters"
    assert code_of(lambda: send(node=["Node 1"])) == "InvalidParameters"
    assert code_of(lambda: send(node=["a"], mode=["medium"])) == "InvalidParameters"
    assert code_of(lambda: send(node=["a"], nobody=["b"])) == "InvalidParameters"
    content["parameters"]["node"]["default"] = "changed"  # type: ignore[index]
    ssm.update_document(Name=document, Content=json.dumps(content), DocumentVersion="$LATEST")
    assert code_of(lambda: send()) == "InvalidParameters"
    ssm.update_document_default_version(Name=document, DocumentVersion="2")
    assert finished(ssm, send(), instance_id)["StandardOutputContent"].startswith("node changed soft\n")


def test_targets_by_tag_take_running_managed_hosts_only(ssm: Any, host: Any, launch: Any, ec2: Any) -> None:
    value = name()
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "coinfleet:group", "Value": value}]}]
    first, second = host(TagSpecifications=tags), host(TagSpecifications=tags)
    launch(TagSpecifications=tags)
    targets = [{"Key": "tag:coinfleet:group", "Values": [value]}]
    sent = ssm.send_command(
        Targets=targets, DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]}, MaxConcurrency="1", MaxErrors="0"
    )
    command_id = sent["Command"]["CommandId"]
    for instance_id in (first, second):
        assert finished(ssm, command_id, instance_id)["Status"] == "Success"
    assert len(ssm.list_command_invocations(CommandId=command_id)["CommandInvocations"]) == 2


def test_after_too_many_errors_the_rest_is_not_run(ssm: Any, host: Any, sandbox: Any) -> None:
    first, second = host(), host()
    sent = ssm.send_command(
        InstanceIds=[first, second],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": ["exit 1"]},
        MaxConcurrency="1",
        MaxErrors="0",
    )
    command_id = sent["Command"]["CommandId"]
    statuses = sorted(finished(ssm, command_id, i)["Status"] for i in (first, second))
    assert statuses == ["Failed", "Terminated"]


def test_only_managed_running_hosts_take_commands(ssm: Any, ec2: Any, launch: Any, host: Any) -> None:
    assert code_of(lambda: run(ssm, launch(), ["true"])) == "InvalidInstanceId"
    assert code_of(lambda: run(ssm, "i-00000000000000000", ["true"])) == "InvalidInstanceId"
    stopped = host()
    ec2.stop_instances(InstanceIds=[stopped])
    assert code_of(lambda: run(ssm, stopped, ["true"])) == "InvalidInstanceId"
    filters = [{"Key": "InstanceIds", "Values": [stopped]}]
    assert ssm.describe_instance_information(Filters=filters)["InstanceInformationList"][0]["PingStatus"] == "ConnectionLost"


def test_a_command_waits_for_a_host_that_comes_back(sandbox: Any, ssm: Any, host: Any) -> None:
    instance_id = host()
    sandbox.hypervisor.ready = False
    try:
        command_id = run(ssm, instance_id, ["echo late"])
        time.sleep(0.7)
        assert ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)["Status"] == "Pending"
    finally:
        sandbox.hypervisor.ready = True
    assert finished(ssm, command_id, instance_id)["StandardOutputContent"] == "late\n"


def test_what_commands_do_not_do_is_refused(ssm: Any, host: Any) -> None:
    instance_id = host()
    assert code_of(lambda: run(ssm, instance_id, ["true"], OutputS3BucketName="bucket")) == "NotImplemented"
    assert code_of(lambda: ssm.send_command(InstanceIds=[instance_id], DocumentName="nobody")) == "InvalidDocument"
    assert code_of(lambda: ssm.get_command_invocation(CommandId=str(uuid.uuid4()), InstanceId=instance_id)) == "InvocationDoesNotExist"


def test_parameters_have_versions_and_tiers(ssm: Any) -> None:
    parameter = f"/coinfleet/{name()}/config"
    put = {"Name": parameter, "Type": "String", "Tier": "Intelligent-Tiering"}
    first = ssm.put_parameter(**put, Value="a")
    assert (first["Version"], first["Tier"]) == (1, "Standard")
    assert ssm.put_parameter(**put, Value="b" * 5000, Overwrite=True)["Tier"] == "Advanced"
    assert ssm.get_parameter(Name=parameter)["Parameter"]["Version"] == 2
    assert ssm.get_parameter(Name=f"{parameter}:1")["Parameter"]["Value"] == "a"
    assert code_of(lambda: ssm.put_parameter(**put, Value="c" * 8193, Overwrite=True)) == "ValidationException"
    assert (
        code_of(lambda: ssm.put_parameter(Name=parameter, Type="String", Tier="Standard", Value="c", Overwrite=True))
        == "ValidationException"
    )
    standard = f"/coinfleet/{name()}/x"
    assert code_of(lambda: ssm.put_parameter(Name=standard, Type="String", Value="d" * 4097)) == "ValidationException"
    assert code_of(lambda: ssm.get_parameter(Name=standard)) == "ParameterNotFound"
    assert code_of(lambda: ssm.put_parameter(**put, Value="b")) == "ParameterAlreadyExists"


def test_secure_strings_are_hidden_until_asked_for(ssm: Any) -> None:
    parameter = f"/coinfleet/{name()}/secret"
    ssm.put_parameter(Name=parameter, Type="SecureString", Value="hush")
    assert ssm.get_parameter(Name=parameter)["Parameter"]["Value"] != "hush"
    assert ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == "hush"
