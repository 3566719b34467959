"""EC2 instances over a fake hypervisor."""

from __future__ import annotations

from typing import Any

from conftest import code_of, eventually, state


def test_a_new_instance_is_pending_until_its_machine_runs(sandbox: Any, ec2: Any, network: Any, image_id: str) -> None:
    sandbox.hypervisor.boot_sec = 2
    try:
        launched = ec2.run_instances(ImageId=image_id, InstanceType="t3.large", SubnetId=network.a, MinCount=1, MaxCount=1)["Instances"][0]
        assert launched["State"]["Name"] == "pending"
        assert state(ec2, launched["InstanceId"]) == "pending"
        eventually(lambda: state(ec2, launched["InstanceId"]) == "running")
    finally:
        sandbox.hypervisor.boot_sec = 0.05
    spec = sandbox.hypervisor.specs[launched["InstanceId"]]
    assert spec.image_ref == "sandbox/debian-12:1"
    assert spec.private_ip == launched["PrivateIpAddress"]
    assert spec.private_ip.startswith("10.0.1.")
    assert int(spec.private_ip.split(".")[-1]) >= 4
    assert (spec.zone, spec.vcpus, spec.memory_mib) == ("eu-central-1a", 2, 8192)


def test_an_instance_stops_starts_and_is_gone(sandbox: Any, ec2: Any, launch: Any) -> None:
    instance_id = launch()
    ec2.stop_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "stopping"
    eventually(lambda: state(ec2, instance_id) == "stopped")
    assert code_of(lambda: ec2.reboot_instances(InstanceIds=[instance_id])) == "IncorrectInstanceState"
    ec2.start_instances(InstanceIds=[instance_id])
    eventually(lambda: state(ec2, instance_id) == "running")
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "shutting-down"
    eventually(lambda: state(ec2, instance_id) == "terminated")
    assert instance_id not in sandbox.hypervisor.machines
    assert code_of(lambda: ec2.start_instances(InstanceIds=[instance_id])) == "IncorrectInstanceState"


def test_a_machine_that_does_not_boot_ends_terminated_with_the_reason(sandbox: Any, ec2: Any, network: Any, image_id: str) -> None:
    sandbox.hypervisor.fails["run_instance"] = "no space left"
    try:
        arguments = {"ImageId": image_id, "InstanceType": "t3.large", "SubnetId": network.a, "MinCount": 1, "MaxCount": 1}
        instance_id = ec2.run_instances(**arguments)["Instances"][0]["InstanceId"]
        eventually(lambda: state(ec2, instance_id) == "terminated")
    finally:
        del sandbox.hypervisor.fails["run_instance"]
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    assert "no space left" in instance["StateReason"]["Message"]


def test_status_checks_pass_only_when_the_host_answers(sandbox: Any, ec2: Any, launch: Any) -> None:
    sandbox.hypervisor.ready = False
    try:
        instance_id = launch()
        status = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"][0]
        assert status["InstanceStatus"]["Status"] == "initializing"
    finally:
        sandbox.hypervisor.ready = True
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1, "MaxAttempts": 10})


def test_a_guest_that_powers_off_is_stopped(sandbox: Any, ec2: Any, launch: Any) -> None:
    instance_id = launch()
    sandbox.api.on_instance_state(instance_id, "stopped", "poweroff")
    assert state(ec2, instance_id) == "stopped"


def test_a_guest_that_powers_off_is_terminated_where_it_is_launched_so(sandbox: Any, ec2: Any, launch: Any) -> None:
    instance_id = launch(InstanceInitiatedShutdownBehavior="terminate")
    sandbox.api.on_instance_state(instance_id, "stopped", "poweroff")
    eventually(lambda: state(ec2, instance_id) == "terminated")


def test_metadata_options_are_merged(sandbox: Any, ec2: Any, launch: Any) -> None:
    instance_id = launch(MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1})
    ec2.modify_instance_metadata_options(InstanceId=instance_id, HttpPutResponseHopLimit=3)
    options = sandbox.api.instance(instance_id).metadata_options
    assert (options.http_tokens, options.http_put_response_hop_limit) == ("required", 3)


def test_the_view_has_user_data_key_tags_and_groups(sandbox: Any, ec2: Any, network: Any, launch: Any) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE8BKGy1PKrWpQXRaXRrMKcXUGQrPLCq5V1s6wdx3FVq me@here"
    ec2.import_key_pair(KeyName="viewed", PublicKeyMaterial=key.encode())
    group = ec2.create_security_group(GroupName="viewed", Description="viewed", VpcId=network.vpc)["GroupId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "coinfleet:node", "Value": "node1"}]}]
    instance_id = launch(UserData="#cloud-config\nä: 1\n", KeyName="viewed", SecurityGroupIds=[group], TagSpecifications=tags)
    view = sandbox.api.instance(instance_id)
    assert view == sandbox.api.instance_by_address(view.private_ip)
    assert view.user_data == "#cloud-config\nä: 1\n".encode()
    assert view.public_keys == {"viewed": key}
    assert view.tags == {"coinfleet:node": "node1"}
    assert view.security_group_ids == (group,)


def test_a_generated_key_pair_reaches_the_instance(sandbox: Any, ec2: Any, launch: Any) -> None:
    created = ec2.create_key_pair(KeyName="generated", KeyType="ed25519")
    assert "PRIVATE KEY" in created["KeyMaterial"]
    view = sandbox.api.instance(launch(KeyName="generated"))
    assert view.public_keys["generated"].startswith("ssh-ed25519 ")


def test_run_instances_refuses_what_is_not_there(ec2: Any, network: Any, image_id: str) -> None:
    good = {"ImageId": image_id, "InstanceType": "t3.large", "SubnetId": network.a, "MinCount": 1, "MaxCount": 1}
    assert code_of(lambda: ec2.run_instances(**{**good, "ImageId": "ami-00000000000000000"})) == "InvalidAMIID.NotFound"
    assert code_of(lambda: ec2.run_instances(**{**good, "InstanceType": "t3.gigantic"})).startswith("InvalidInstanceType")
    assert code_of(lambda: ec2.run_instances(**{**good, "KeyName": "nobody"})) == "InvalidKeyPair.NotFound"
    assert code_of(lambda: ec2.run_instances(**{**good, "SubnetId": "subnet-0000"})) == "InvalidSubnetID.NotFound"
    assert code_of(lambda: ec2.run_instances(**good, PrivateIpAddress="10.9.9.9")) == "InvalidParameterValue"


def test_the_type_changes_only_while_stopped(ec2: Any, launch: Any) -> None:
    instance_id = launch()
    change = {"InstanceId": instance_id, "InstanceType": {"Value": "t3.xlarge"}}
    assert code_of(lambda: ec2.modify_instance_attribute(**change)) == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[instance_id])
    eventually(lambda: state(ec2, instance_id) == "stopped")
    ec2.modify_instance_attribute(**change)


def test_role_credentials_stay_the_same_and_are_those_of_the_role(sandbox: Any, ec2: Any, launch: Any) -> None:
    iam = sandbox.client("iam")
    trust = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=trust)
    iam.create_instance_profile(InstanceProfileName="node")
    iam.add_role_to_instance_profile(InstanceProfileName="node", RoleName="node")
    instance_id = launch(IamInstanceProfile={"Name": "node"})
    first, second = sandbox.api.role_credentials(instance_id), sandbox.api.role_credentials(instance_id)
    assert first == second
    assert first.role_name == "node"
    import boto3

    keys = {"aws_access_key_id": first.access_key_id, "aws_secret_access_key": first.secret_access_key, "aws_session_token": first.token}
    identity = boto3.client("sts", endpoint_url=sandbox.url, region_name="eu-central-1", **keys).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::000000000000:assumed-role/node/{instance_id}"
    assert sandbox.api.role_credentials(launch()) is None


def test_console_output_comes_from_the_machine(ec2: Any, launch: Any) -> None:
    instance_id = launch()
    assert ec2.get_console_output(InstanceId=instance_id)["Output"] == f"console of {instance_id}\n"


def test_what_is_not_emulated_fails_clearly(sandbox: Any, ec2: Any) -> None:
    assert (
        code_of(lambda: ec2.describe_capacity_block_offerings(CapacityDurationHours=24, InstanceType="p5", InstanceCount=1))
        == "NotImplemented"
    )
    assert code_of(lambda: sandbox.client("synthetics").describe_canaries()) == "NotImplemented"
    assert code_of(lambda: sandbox.client("ssm").start_automation_execution(DocumentName="AWS-StopEC2Instance")) == "NotImplemented"
