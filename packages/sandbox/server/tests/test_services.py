"""Services beside EC2, CloudWatch, SSM and ECR, and how requests find them."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from conftest import code_of, eventually


def name() -> str:
    return f"v{uuid.uuid4().hex[:8]}"


def test_services_are_found_by_production_host_names_and_by_scope(sandbox: Any) -> None:
    unsigned = requests.post(
        sandbox.url,
        headers={"Host": "sts.eu-central-1.amazonaws.com", "Content-Type": "application/x-www-form-urlencoded"},
        data={"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        timeout=10,
    )
    assert "<Account>000000000000</Account>" in unsigned.text
    assert sandbox.client("sts").get_caller_identity()["Account"] == "000000000000"


@pytest.mark.parametrize("service", ["rds", "lambda", "synthetics", "chatbot", "autoscaling"])
def test_services_that_are_not_listed_are_refused_as_a_whole(sandbox: Any, service: str) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    answer = requests.post(sandbox.url, headers={"Authorization": scope, "Content-Type": "application/json"}, data=b"{}", timeout=10)
    assert answer.status_code == 501
    assert answer.json()["__type"] == "NotImplemented"
    assert service in answer.json()["message"]


def test_machines_exist_in_the_sandboxs_region_only(sandbox: Any) -> None:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    elsewhere = boto3.client("ec2", endpoint_url=sandbox.url, region_name="us-east-1", **keys)
    assert code_of(lambda: elsewhere.create_volume(AvailabilityZone="us-east-1a", Size=1)) == "NotImplemented"
    assert elsewhere.describe_vpcs()["Vpcs"]


def test_log_lines_are_counted_by_metric_filters(sandbox: Any) -> None:
    logs, cloudwatch, group = sandbox.client("logs"), sandbox.client("cloudwatch"), f"/coinfleet/{name()}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    transformation = {"metricName": group, "metricNamespace": "Logs", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName=group, filterName="f", filterPattern='ERROR "disk full" -ignored', metricTransformations=[transformation]
    )
    lines = ["ERROR disk full", "ERROR other", "ERROR disk full ignored", "x ERROR: disk full"]
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": line} for line in lines])
    times = {"StartTime": time.time() - 300, "EndTime": time.time() + 60}
    points = cloudwatch.get_metric_statistics(Namespace="Logs", MetricName=group, Period=300, Statistics=["Sum"], **times)["Datapoints"]
    assert sum(point["Sum"] for point in points) == 2
    bad = {"logGroupName": group, "filterName": "j", "filterPattern": "{ $.level = 1 }", "metricTransformations": [transformation]}
    assert code_of(lambda: logs.put_metric_filter(**bad)) == "NotImplemented"
    found = logs.filter_log_events(logGroupName=group, filterPattern="other")["events"]
    assert [event["message"] for event in found] == ["ERROR other"]


def test_log_streams_are_bounded(sandbox: Any) -> None:
    logs, group = sandbox.client("logs"), f"/coinfleet/{name()}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    for batch in range(6):
        events = [{"timestamp": now + batch * 1000 + i, "message": f"{batch}/{i}"} for i in range(1000)]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    found = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, limit=1)["events"]
    assert found[0]["message"] == "1/0"


def test_events_reach_topics_and_other_targets_are_refused(sandbox: Any) -> None:
    events, rule = sandbox.client("events"), name()
    topic = sandbox.client("sns").create_topic(Name=rule)["TopicArn"]
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": topic}])
    events.put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": '{"a":1}'}])
    log = sandbox.api.context.options.state_dir / "messages.jsonl"
    eventually(lambda: log.exists() and any(json.loads(line)["topic"] == topic for line in log.read_text().splitlines()))
    function = "arn:aws:lambda:eu-central-1:000000000000:function:f"
    assert code_of(lambda: events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": function}])) == "NotImplemented"


def test_lifecycle_policies_are_checked_and_kept(sandbox: Any) -> None:
    dlm = sandbox.client("dlm")
    role = "arn:aws:iam::000000000000:role/x"

    def create(interval: int, count: int) -> str:
        schedule = {"Name": "s", "CreateRule": {"Interval": interval, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": count}}
        details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "a", "Value": "b"}], "Schedules": [schedule]}
        made = dlm.create_lifecycle_policy(ExecutionRoleArn=role, Description="d", State="ENABLED", PolicyDetails=details, Tags={"x": "y"})
        return str(made["PolicyId"])

    policy_id = create(24, 7)
    dlm.update_lifecycle_policy(PolicyId=policy_id, State="DISABLED")
    policy = dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]
    assert (policy["State"], policy["Tags"], policy["PolicyDetails"]["Schedules"][0]["RetainRule"]["Count"]) == ("DISABLED", {"x": "y"}, 7)
    assert code_of(lambda: create(5, 7)) == "InvalidRequestException"
    assert code_of(lambda: create(24, 1001)) == "InvalidRequestException"
    dlm.delete_lifecycle_policy(PolicyId=policy_id)
    assert code_of(lambda: dlm.get_lifecycle_policy(PolicyId=policy_id)) == "ResourceNotFoundException"


def test_a_lock_is_taken_once_by_many(sandbox: Any) -> None:
    dynamodb, table = sandbox.client("dynamodb"), name()
    keys = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **keys)

    def take(owner: int) -> bool:
        item = {"id": {"S": "group"}, "owner": {"N": str(owner)}}
        try:
            dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == 1


def test_many_clients_at_once_are_answered_rightly(sandbox: Any) -> None:
    ssm = sandbox.client("ssm", max_pool_connections=16)
    prefix = f"/{name()}"

    def work(number: int) -> str:
        ssm.put_parameter(Name=f"{prefix}/{number}", Type="String", Value=str(number))
        return str(ssm.get_parameter(Name=f"{prefix}/{number}")["Parameter"]["Value"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(80))) == [str(number) for number in range(80)]


def test_a_buckets_policy_refuses_who_comes_without_tls(sandbox: Any) -> None:
    s3, bucket = sandbox.client("s3"), name()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=bucket, Key="plain", Body=b"1")
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["s3:*"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="plain", Body=b"2")) in ("AccessDenied", "403")
    by_tls = sandbox.client("s3")
    by_tls.meta.events.register("before-send.s3", lambda request, **_: request.headers.__setitem__("X-Forwarded-Proto", "https"))
    by_tls.put_object(Bucket=bucket, Key="plain", Body=b"3")
    assert by_tls.get_object(Bucket=bucket, Key="plain")["Body"].read() == b"3"


def test_a_condition_that_nobody_evaluates_is_not_passed_over(sandbox: Any) -> None:
    s3, bucket = sandbox.client("s3"), name()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-oak"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": condition}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="one", Body=b"1")) in ("NotImplemented", "501")
