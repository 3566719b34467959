"""Copies of snapshots: what they have of their source, across regions too, and what AWS refuses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from conftest import Sandbox, code_of, eventually

from coinfleet_sandbox.api.ec2_support import ec2_backend

ELSEWHERE = "eu-west-1"


@pytest.fixture
def far(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2", ELSEWHERE)


@pytest.fixture
def snapshot_id(ec2: Any) -> str:
    return snapshot_of(ec2, Encrypted=True)


def snapshot_of(ec2: Any, **given: Any) -> str:
    volume_id = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=3, VolumeType="gp3", **given)["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume_id], WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "the source"}]}]
    made = str(ec2.create_snapshot(VolumeId=volume_id, TagSpecifications=tags)["SnapshotId"])
    completed(ec2, made)
    return made


def snapshot(ec2: Any, snapshot_id: str) -> Any:
    return ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]


def completed(ec2: Any, snapshot_id: str) -> None:
    eventually(lambda: snapshot(ec2, snapshot_id)["State"] == "completed")


def copied(ec2: Any, source: str, region: str, **given: Any) -> str:
    return str(ec2.copy_snapshot(SourceRegion=region, SourceSnapshotId=source, **given)["SnapshotId"])


def key(sandbox: Sandbox, region: str) -> str:
    return str(sandbox.client("kms", region).create_key()["KeyMetadata"]["Arn"])


def test_a_copy_goes_to_another_region_and_back_with_its_data(sandbox: Sandbox, ec2: Any, far: Any, snapshot_id: str) -> None:
    there = copied(far, snapshot_id, "eu-central-1")
    pending = snapshot(far, there)
    assert (pending["State"], pending["VolumeSize"], pending["VolumeId"]) == ("pending", 3, "vol-ffffffff")
    assert code_of(lambda: snapshot(ec2, there)) == "InvalidSnapshot.NotFound"
    completed(far, there)
    back = copied(ec2, there, ELSEWHERE)
    completed(ec2, back)
    assert ("copy_snapshot", there, snapshot_id) in sandbox.hypervisor.calls
    assert ("copy_snapshot", back, there) in sandbox.hypervisor.calls
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    far.delete_snapshot(SnapshotId=there)
    volume_id = ec2.create_volume(AvailabilityZone="eu-central-1b", SnapshotId=back, VolumeType="gp3")["VolumeId"]
    eventually(lambda: ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["State"] == "available")
    assert sandbox.hypervisor.volumes[volume_id]["snapshot"] == back
    ec2.delete_snapshot(SnapshotId=back)
    eventually(lambda: sandbox.hypervisor.snapshots.isdisjoint({snapshot_id, there, back}))


def test_a_copy_is_younger_than_its_source_and_has_tags_of_its_own(sandbox: Sandbox, ec2: Any, far: Any, snapshot_id: str) -> None:
    ec2_backend(sandbox.api.context).snapshots[snapshot_id].start_time -= dt.timedelta(days=1)
    own = {"Key": "of", "Value": "the copy"}
    there = copied(far, snapshot_id, "eu-central-1", TagSpecifications=[{"ResourceType": "snapshot", "Tags": [own]}])
    bare = copied(far, snapshot_id, "eu-central-1")
    assert (snapshot(far, there)["Tags"], snapshot(far, bare).get("Tags", [])) == ([own], [])
    assert snapshot(far, there)["StartTime"] > snapshot(ec2, snapshot_id)["StartTime"]
    found = far.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:of", "Values": ["the copy"]}])["Snapshots"]
    assert there in [one["SnapshotId"] for one in found]


def test_a_copy_has_a_key_of_its_own_region(sandbox: Sandbox, ec2: Any, far: Any, snapshot_id: str) -> None:
    default = snapshot(far, copied(far, snapshot_id, "eu-central-1"))
    assert (default["Encrypted"], default["KmsKeyId"].split(":")[3]) == (True, ELSEWHERE)
    own = key(sandbox, ELSEWHERE)
    assert snapshot(far, copied(far, snapshot_id, "eu-central-1", Encrypted=True, KmsKeyId=own))["KmsKeyId"] == own
    open_one = snapshot_of(ec2)
    assert snapshot(far, copied(far, open_one, "eu-central-1"))["Encrypted"] is False
    assert snapshot(far, copied(far, open_one, "eu-central-1", Encrypted=True))["Encrypted"] is True
    assert code_of(lambda: copied(far, open_one, "eu-central-1", KmsKeyId=own)) == "InvalidParameterDependency"


@pytest.mark.parametrize("whose", ["of another region", "unknown", "disabled", "of the source, disabled"])
def test_a_copy_whose_keys_cannot_be_used_fails_after_the_answer(sandbox: Sandbox, ec2: Any, far: Any, whose: str) -> None:
    source_key = key(sandbox, "eu-central-1")
    source = snapshot_of(ec2, Encrypted=True, KmsKeyId=source_key)
    own = key(sandbox, ELSEWHERE)
    if whose == "disabled":
        sandbox.client("kms", ELSEWHERE).disable_key(KeyId=own.split("/")[1])
    if whose == "of the source, disabled":
        sandbox.client("kms").disable_key(KeyId=source_key.split("/")[1])
    unknown = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000"
    given = {"of another region": source_key, "unknown": unknown}.get(whose, own)
    there = copied(far, source, "eu-central-1", Encrypted=True, KmsKeyId=given)
    eventually(lambda: snapshot(far, there)["State"] == "error")
    assert snapshot(far, there)["StateMessage"] == "Given key ID is not accessible"


def test_a_copy_that_finds_no_room_is_in_error(sandbox: Sandbox, ec2: Any, snapshot_id: str) -> None:
    sandbox.hypervisor.fails["copy_snapshot"] = "disk full"
    try:
        copy = copied(ec2, snapshot_id, "eu-central-1")
        eventually(lambda: snapshot(ec2, copy)["State"] == "error")
    finally:
        del sandbox.hypervisor.fails["copy_snapshot"]


def test_copies_that_aws_refuses(ec2: Any, far: Any, snapshot_id: str) -> None:
    assert code_of(lambda: copied(far, "snap-00000000000000000", "eu-central-1")) == "InvalidSnapshot.NotFound"
    assert code_of(lambda: copied(far, snapshot_id, ELSEWHERE)) == "InvalidSnapshot.NotFound"
    assert code_of(lambda: copied(ec2, snapshot_id, "eu-central-9")) == "InvalidParameterValue"
    there = copied(far, snapshot_id, "eu-central-1")
    assert code_of(lambda: copied(ec2, there, ELSEWHERE)) == "IncorrectState"


def test_an_instance_does_not_start_from_a_copy_under_way_nor_from_one_elsewhere(ec2: Any, far: Any, launch: Any, snapshot_id: str) -> None:
    def start(from_id: str) -> str:
        return code_of(lambda: launch(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": from_id}}]))

    assert start(copied(ec2, snapshot_id, "eu-central-1")) == "IncorrectState"
    there = copied(far, snapshot_id, "eu-central-1")
    completed(far, there)
    assert start(there) == "InvalidSnapshot.NotFound"
