"""Security groups become rules, Route 53 becomes names, load balancers become listeners."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from conftest import code_of, eventually


def name() -> str:
    return f"n{uuid.uuid4().hex[:8]}"


def address(ec2: Any, instance_id: str) -> str:
    return str(ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]["PrivateIpAddress"])


def rules(sandbox: Any, instance_id: str, direction: str = "ingress") -> set[tuple[Any, ...]]:
    found = sandbox.hypervisor.rules.get(instance_id, ())
    return {(r.protocol, r.from_port, r.to_port, r.cidrs) for r in found if r.direction == direction}


def test_rules_follow_authorize_and_revoke(sandbox: Any, ec2: Any, network: Any, launch: Any) -> None:
    group = ec2.create_security_group(GroupName=name(), Description="d", VpcId=network.vpc)["GroupId"]
    instance_id = launch(SecurityGroupIds=[group])
    eventually(lambda: rules(sandbox, instance_id, "egress") == {("all", None, None, ("0.0.0.0/0",))})
    assert rules(sandbox, instance_id) == set()
    open_ssh = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "in"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=open_ssh)
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 22, 23, ("10.1.0.0/16",))})
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=open_ssh)
    eventually(lambda: rules(sandbox, instance_id) == set())
    ping = [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ping)
    eventually(lambda: rules(sandbox, instance_id) == {("icmp", None, None, ("0.0.0.0/0",))})


def test_a_referenced_group_is_its_members_addresses(sandbox: Any, ec2: Any, network: Any, launch: Any) -> None:
    server = ec2.create_security_group(GroupName=name(), Description="d", VpcId=network.vpc)["GroupId"]
    clients = ec2.create_security_group(GroupName=name(), Description="d", VpcId=network.vpc)["GroupId"]
    reference = [{"IpProtocol": "tcp", "FromPort": 8332, "ToPort": 8332, "UserIdGroupPairs": [{"GroupId": clients}]}]
    ec2.authorize_security_group_ingress(GroupId=server, IpPermissions=reference)
    instance_id = launch(SecurityGroupIds=[server])
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 8332, 8332, ())})
    client = launch(SecurityGroupIds=[clients])
    member = f"{address(ec2, client)}/32"
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 8332, 8332, (member,))})
    ec2.modify_instance_attribute(InstanceId=client, Groups=[server])
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 8332, 8332, ())})
    ec2.modify_instance_attribute(InstanceId=client, Groups=[clients])
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 8332, 8332, (member,))})
    ec2.terminate_instances(InstanceIds=[client])
    eventually(lambda: rules(sandbox, instance_id) == {("tcp", 8332, 8332, ())})


def test_an_address_is_used_again_after_termination(ec2: Any, network: Any, launch: Any) -> None:
    first = launch(SubnetId=network.b)
    freed = address(ec2, first)
    ec2.terminate_instances(InstanceIds=[first])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[first], WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    assert address(ec2, launch(SubnetId=network.b)) == freed


def answers(sandbox: Any, record: str, kind: str = "A") -> tuple[str, ...]:
    return next((r.values for r in sandbox.hypervisor.records if (r.name, r.type) == (record, kind)), ())


@pytest.fixture
def zone(sandbox: Any, network: Any) -> Any:
    route53 = sandbox.client("route53")
    domain = f"{name()}.internal"
    vpc = {"VPCRegion": "eu-central-1", "VPCId": network.vpc}
    made = route53.create_hosted_zone(Name=domain, VPC=vpc, CallerReference=name())["HostedZone"]
    assert made["Config"]["PrivateZone"] is True

    def change(action: str, **record: Any) -> None:
        record["Name"] = f"{record['Name']}.{domain}"
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=made["Id"], ChangeBatch=batch)

    change.domain, change.id = domain, made["Id"]  # type: ignore[attr-defined]
    return change


def test_records_reach_the_resolver_within_a_second(sandbox: Any, zone: Any) -> None:
    zone("CREATE", Name="node1", Type="A", TTL=5, ResourceRecords=[{"Value": "10.0.1.9"}])
    eventually(lambda: answers(sandbox, f"node1.{zone.domain}") == ("10.0.1.9",), 1)
    zone("UPSERT", Name="node1", Type="A", TTL=5, ResourceRecords=[{"Value": "10.0.1.10"}])
    eventually(lambda: answers(sandbox, f"node1.{zone.domain}") == ("10.0.1.10",), 1)
    zone("DELETE", Name="node1", Type="A", TTL=5, ResourceRecords=[{"Value": "10.0.1.10"}])
    eventually(lambda: answers(sandbox, f"node1.{zone.domain}") == (), 1)


def test_weights_aliases_and_health_checks_are_resolved(sandbox: Any, zone: Any) -> None:
    cloudwatch, route53 = sandbox.client("cloudwatch"), sandbox.client("route53")
    alarm = name()
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace="X", MetricName=alarm, Statistic="Maximum", Period=10, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
    )  # fmt: skip
    config = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Region": "eu-central-1", "Name": alarm},
        "InsufficientDataHealthStatus": "Healthy",
    }
    check = route53.create_health_check(CallerReference=name(), HealthCheckConfig=config)["HealthCheck"]["Id"]
    shown = route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]
    assert shown["AlarmIdentifier"]["Name"] == alarm
    for number, extra in ((1, {"HealthCheckId": check}), (2, {})):
        values = [{"Value": f"10.0.1.{number}"}]
        zone("CREATE", Name="all", Type="A", TTL=5, ResourceRecords=values, SetIdentifier=str(number), Weight=1, **extra)
    target = {"HostedZoneId": zone.id, "DNSName": f"all.{zone.domain}", "EvaluateTargetHealth": False}
    zone("CREATE", Name="alias", Type="A", AliasTarget=target)
    eventually(lambda: answers(sandbox, f"alias.{zone.domain}") == ("10.0.1.1", "10.0.1.2"), 2)
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    eventually(lambda: answers(sandbox, f"alias.{zone.domain}") == ("10.0.1.2",), 2)
    assert answers(sandbox, f"all.{zone.domain}") == ("10.0.1.2",)


def test_a_health_check_of_an_endpoint_is_refused(sandbox: Any) -> None:
    config = {"Type": "TCP", "IPAddress": "10.0.1.1", "Port": 80}
    route53 = sandbox.client("route53")
    assert code_of(lambda: route53.create_health_check(CallerReference=name(), HealthCheckConfig=config)) == "InvalidInput"


def test_instances_have_names(sandbox: Any, ec2: Any, launch: Any) -> None:
    instance_id = launch()
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    eventually(lambda: answers(sandbox, instance["PrivateDnsName"]) == (instance["PrivateIpAddress"],))


def test_a_network_load_balancer_reaches_the_hypervisor(sandbox: Any, ec2: Any, network: Any, launch: Any) -> None:
    elb = sandbox.client("elbv2")
    made = elb.create_load_balancer(Name=name(), Type="network", Scheme="internal", Subnets=[network.a, network.b])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name=name(), Protocol="TCP", Port=9332, VpcId=network.vpc, TargetType="instance",
        HealthCheckProtocol="HTTP", HealthCheckPort="9797", HealthCheckPath="/healthz", HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=2, UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="TCP", Port=8332, DefaultActions=actions)
    instance_id = launch()
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance_id}])

    def ready() -> Any:
        found = next((b for b in sandbox.hypervisor.balancers if b.arn == made["LoadBalancerArn"]), None)
        return found if found and found.listeners and found.listeners[0].targets else None

    balancer = eventually(ready)
    listener = balancer.listeners[0]
    assert (listener.port, listener.health_port, listener.health_path, listener.interval_sec) == (8332, 9797, "/healthz", 10)
    assert [(t.address, t.port) for t in listener.targets] == [(address(ec2, instance_id), 9332)]
    assert len(balancer.addresses) == 2
    eventually(lambda: answers(sandbox, made["DNSName"].lower()) == balancer.addresses)
