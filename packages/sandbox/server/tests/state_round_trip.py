"""Run by test_state.py in processes of its own: `write`, `crash` or `read` one sandbox's state."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from conftest import Network, Sandbox, eventually

TRUST = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"digest": "sha256:" + "0" * 64, "size": 10},
        "layers": [{"digest": "sha256:" + "1" * 64, "size": 90}],
    }
)


def write(sandbox: Sandbox) -> dict[str, Any]:
    """Make something in every service; returns what `read` needs to find it again."""
    known: dict[str, Any] = {}
    for part in (write_ec2, write_identity, write_data, write_monitoring, write_network):
        known.update(part(sandbox, known))
    return known


def write_identity(sandbox: Sandbox, known: dict[str, Any]) -> dict[str, Any]:
    iam, kms, secrets = (sandbox.client(s) for s in ("iam", "kms", "secretsmanager"))
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(
        RoleName="node",
        PolicyName="p",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
    )
    iam.create_instance_profile(InstanceProfileName="node")
    iam.add_role_to_instance_profile(InstanceProfileName="node", RoleName="node")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/fleet", TargetKeyId=key)
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    encrypted = kms.encrypt(KeyId="alias/fleet", Plaintext=b"hush")["CiphertextBlob"].hex()
    secrets.create_secret(Name="coinfleet/a/rpc", SecretString="s3cret")
    secrets.put_secret_value(SecretId="coinfleet/a/rpc", SecretString="s3cret2")
    return {"key": key, "encrypted": encrypted}


def write_ec2(sandbox: Sandbox, known: dict[str, Any]) -> dict[str, Any]:
    ec2 = sandbox.client("ec2")
    network = Network(ec2)
    image = ec2.describe_images(Owners=["136693071363"])["Images"][0]["ImageId"]
    ec2.create_key_pair(KeyName="k", KeyType="rsa")
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=network.vpc)["GroupId"]
    given = {"ImageId": image, "InstanceType": "t3.large", "SubnetId": network.a, "MinCount": 1, "MaxCount": 1, "KeyName": "k"}
    instance = ec2.run_instances(**given, SecurityGroupIds=[group], UserData="#!/bin/sh\n")["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=2, VolumeType="gp3")["VolumeId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    made = ec2.create_image(InstanceId=instance, Name="made")["ImageId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1})
    ec2.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig={"Delay": 1})
    far = sandbox.client("ec2", "eu-west-1")
    copy = far.copy_snapshot(SourceRegion="eu-central-1", SourceSnapshotId=snapshot)["SnapshotId"]
    far.get_waiter("snapshot_completed").wait(SnapshotIds=[copy], WaiterConfig={"Delay": 1})
    ec2.modify_volume(VolumeId=volume, Size=3)
    eventually(lambda: ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"] == 3)
    made_of = {"snapshot": snapshot, "copy": copy, "made": made}
    return {"instance": instance, "volume": volume, **made_of, "vpc": network.vpc, "a": network.a}


def write_data(sandbox: Sandbox, known: dict[str, Any]) -> dict[str, Any]:
    ssm, ecr, dynamodb, s3, dlm = (sandbox.client(s) for s in ("ssm", "ecr", "dynamodb", "s3", "dlm"))
    ssm.put_parameter(Name="/a/b", Type="SecureString", Value="1")
    ssm.put_parameter(Name="/a/b", Type="SecureString", Value="2", Overwrite=True)
    ssm.create_document(Name="apply", Content='{"schemaVersion":"2.2","mainSteps":[]}', DocumentType="Command")
    ecr.create_repository(repositoryName="coinfleet/a", imageTagMutability="IMMUTABLE")
    ecr.put_image(repositoryName="coinfleet/a", imageManifest=MANIFEST, imageTag="v1")
    schema = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    dynamodb.create_table(TableName="locks", BillingMode="PAY_PER_REQUEST", **schema)
    dynamodb.put_item(TableName="locks", Item={"id": {"S": "group"}, "owner": {"S": "me"}})
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="state", Key="x/y", Body=b"content")
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "a", "Value": "b"}]}
    policy = dlm.create_lifecycle_policy(
        ExecutionRoleArn="arn:aws:iam::000000000000:role/x", Description="d", State="ENABLED", PolicyDetails=details
    )
    return {"policy": policy["PolicyId"]}


def write_monitoring(sandbox: Sandbox, known: dict[str, Any]) -> dict[str, Any]:
    cloudwatch, sns, sqs, events, logs = (sandbox.client(s) for s in ("cloudwatch", "sns", "sqs", "events", "logs"))
    topic = sns.create_topic(Name="page")["TopicArn"]
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    events.put_rule(Name="r", EventPattern='{"source":["aws.cloudwatch"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": arn}])
    cloudwatch.put_metric_data(
        Namespace="N", MetricData=[{"MetricName": "m", "Value": 7, "StorageResolution": 1, "Timestamp": time.time() - 30}]
    )
    cloudwatch.put_metric_alarm(
        AlarmName="dead", Namespace="N", MetricName="gone", Statistic="Minimum", Period=10, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="LessThanThreshold", TreatMissingData="breaching", AlarmActions=[topic],
        Tags=[{"Key": "coinfleet:node", "Value": "node1"}],
    )  # fmt: skip
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(dead)")
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets":[]}')
    logs.create_log_group(logGroupName="/coinfleet/a")
    logs.create_log_stream(logGroupName="/coinfleet/a", logStreamName="s")
    events_in = [{"timestamp": int(time.time() * 1000), "message": "hello"}]
    logs.put_log_events(logGroupName="/coinfleet/a", logStreamName="s", logEvents=events_in)
    eventually(
        lambda: len(cloudwatch.describe_alarms(StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"])["CompositeAlarms"]) == 1
    )
    return {"topic": topic, "queue": queue}


def write_network(sandbox: Sandbox, known: dict[str, Any]) -> dict[str, Any]:
    route53, elb = sandbox.client("route53"), sandbox.client("elbv2")
    vpc = {"VPCRegion": "eu-central-1", "VPCId": known["vpc"]}
    zone = route53.create_hosted_zone(Name="internal", VPC=vpc, CallerReference="1")["HostedZone"]["Id"]
    record = {"Name": "node1.internal", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.1.4"}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
    balancer = elb.create_load_balancer(Name="nlb", Type="network", Scheme="internal", Subnets=[known["a"]])["LoadBalancers"][0]
    return {"zone": zone, "dns": balancer["DNSName"]}


def read(sandbox: Sandbox, known: dict[str, Any]) -> None:
    """Find all of it again. Raises AssertionError."""
    sandbox.hypervisor.machines[known["instance"]] = "stopped"
    sandbox.api.resume()
    read_ec2(sandbox, known)
    read_identity(sandbox, known)
    read_data(sandbox, known)
    read_monitoring(sandbox, known)
    read_network(sandbox, known)


def read_ec2(sandbox: Sandbox, known: dict[str, Any]) -> None:
    ec2 = sandbox.client("ec2")
    instance = ec2.describe_instances(InstanceIds=[known["instance"]])["Reservations"][0]["Instances"][0]
    assert instance["State"]["Name"] == "running"
    eventually(lambda: sandbox.hypervisor.machines[known["instance"]] == "running")
    view = sandbox.api.instance_by_address(instance["PrivateIpAddress"])
    assert view.user_data == b"#!/bin/sh\n"
    assert view.public_keys["k"].startswith("ssh-rsa ")
    eventually(lambda: known["instance"] in sandbox.hypervisor.rules)
    volume = ec2.describe_volumes(VolumeIds=[known["volume"]])["Volumes"][0]
    assert (volume["Size"], volume["State"], volume["Attachments"][0]["State"]) == (3, "in-use", "attached")
    assert ec2.describe_volumes_modifications(VolumeIds=[known["volume"]])["VolumesModifications"][0]["TargetSize"] == 3
    assert ec2.describe_snapshots(SnapshotIds=[known["snapshot"]])["Snapshots"][0]["State"] == "completed"
    copy = sandbox.client("ec2", "eu-west-1").describe_snapshots(SnapshotIds=[known["copy"]])["Snapshots"][0]
    assert (copy["State"], copy["VolumeSize"]) == ("completed", 2)
    assert ec2.describe_images(ImageIds=[known["made"]])["Images"][0]["State"] == "available"
    assert len(ec2.describe_images(Owners=["136693071363"])["Images"]) == 1
    started = ec2.run_instances(ImageId=known["made"], InstanceType="t3.large", SubnetId=known["a"], MinCount=1, MaxCount=1)["Instances"][0]
    assert started["PrivateIpAddress"] != instance["PrivateIpAddress"]
    spec = eventually(lambda: sandbox.hypervisor.specs.get(started["InstanceId"]))
    assert spec.image_ref == f"sandbox/{known['made']}"


def read_identity(sandbox: Sandbox, known: dict[str, Any]) -> None:
    iam, kms, secrets = (sandbox.client(s) for s in ("iam", "kms", "secretsmanager"))
    assert iam.get_instance_profile(InstanceProfileName="node")["InstanceProfile"]["Roles"][0]["RoleName"] == "node"
    assert iam.list_role_policies(RoleName="node")["PolicyNames"] == ["p"]
    assert kms.decrypt(CiphertextBlob=bytes.fromhex(known["encrypted"]))["Plaintext"] == b"hush"
    assert kms.describe_key(KeyId="alias/fleet")["KeyMetadata"]["KeyId"] == known["key"]
    assert secrets.get_secret_value(SecretId="coinfleet/a/rpc")["SecretString"] == "s3cret2"


def read_data(sandbox: Sandbox, known: dict[str, Any]) -> None:
    ssm, ecr, dynamodb, s3, dlm = (sandbox.client(s) for s in ("ssm", "ecr", "dynamodb", "s3", "dlm"))
    parameter = ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]
    assert (parameter["Value"], parameter["Version"]) == ("2", 2)
    assert ssm.put_parameter(Name=f"/new/{time.time()}", Type="String", Value="x")["Version"] == 1
    assert ssm.describe_document(Name="apply")["Document"]["Name"] == "apply"
    assert ecr.describe_images(repositoryName="coinfleet/a")["imageDetails"][0]["imageSizeInBytes"] == 100
    item = {"id": {"S": "group"}, "owner": {"S": "other"}}
    try:
        dynamodb.put_item(TableName="locks", Item=item, ConditionExpression="attribute_not_exists(id)")
        raise AssertionError("the lock was taken twice")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        pass
    assert s3.get_object(Bucket="state", Key="x/y")["Body"].read() == b"content"
    assert dlm.get_lifecycle_policy(PolicyId=known["policy"])["Policy"]["State"] == "ENABLED"


def read_monitoring(sandbox: Sandbox, known: dict[str, Any]) -> None:
    cloudwatch, sns, sqs, logs = (sandbox.client(s) for s in ("cloudwatch", "sns", "sqs", "logs"))
    alarm = cloudwatch.describe_alarms(AlarmNames=["dead"])["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["AlarmActions"]) == ("ALARM" if known["first"] else "OK", [known["topic"]])
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [{"Key": "coinfleet:node", "Value": "node1"}]
    assert cloudwatch.describe_alarm_history(AlarmName="dead", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert cloudwatch.get_dashboard(DashboardName="d")["DashboardBody"] == '{"widgets":[]}'
    times = {"StartTime": time.time() - 900, "EndTime": time.time()}
    points = cloudwatch.get_metric_statistics(Namespace="N", MetricName="m", Period=60, Statistics=["Maximum"], **times)["Datapoints"]
    assert [point["Maximum"] for point in points] == [7]
    for value in (1, 1, 1):
        cloudwatch.put_metric_data(
            Namespace="N", MetricData=[{"MetricName": "gone", "Value": value, "StorageResolution": 1, "Timestamp": time.time() - 11}]
        )
    eventually(lambda: cloudwatch.describe_alarms(AlarmNames=["dead"])["MetricAlarms"][0]["StateValue"] == "OK")
    assert logs.get_log_events(logGroupName="/coinfleet/a", logStreamName="s")["events"][0]["message"] == "hello"
    sns.publish(TopicArn=known["topic"], Message="after")
    eventually(lambda: "after" in json.dumps(sqs.receive_message(QueueUrl=known["queue"], MaxNumberOfMessages=10).get("Messages", [])))


def read_network(sandbox: Sandbox, known: dict[str, Any]) -> None:
    zone = sandbox.client("route53").get_hosted_zone(Id=known["zone"])["HostedZone"]
    assert zone["Config"]["PrivateZone"] is True
    eventually(lambda: any(r.name == "node1.internal" and r.values == ("10.0.1.4",) for r in sandbox.hypervisor.records))
    eventually(lambda: any(r.name == known["dns"].lower() for r in sandbox.hypervisor.records))


def main() -> None:
    mode, directory = sys.argv[1], Path(sys.argv[2])
    sandbox = Sandbox(directory / "state", checkpoint_sec=0.5)
    known_file = directory / "known.json"
    if mode == "read":
        print(sandbox.api.loaded.kind)
        known = json.loads(known_file.read_text())
        read(sandbox, {**known, "first": "read" not in known})
        known_file.write_text(json.dumps({**known, "read": True}))
    else:
        known_file.write_text(json.dumps(write(sandbox)))
        if mode == "crash":
            time.sleep(1.5)
            os._exit(9)
    sandbox.stop()
    sandbox.api.save_state()


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
