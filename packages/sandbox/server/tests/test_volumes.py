"""Volumes, attachments, modifications and snapshots: what works, and what AWS refuses with which code."""

from __future__ import annotations

import time
from typing import Any

import pytest
from conftest import code_of, eventually, state


@pytest.fixture
def make_volume(ec2: Any) -> Any:
    def make(zone: str = "eu-central-1a", size: int = 2, **given: Any) -> str:
        volume_id = ec2.create_volume(AvailabilityZone=zone, Size=size, VolumeType="gp3", **given)["VolumeId"]
        ec2.get_waiter("volume_available").wait(VolumeIds=[volume_id], WaiterConfig={"Delay": 1, "MaxAttempts": 5})
        return str(volume_id)

    return make


def volume(ec2: Any, volume_id: str) -> Any:
    return ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]


def attached(ec2: Any, volume_id: str) -> bool:
    attachments = volume(ec2, volume_id)["Attachments"]
    return bool(attachments) and attachments[0]["State"] == "attached"


def test_a_volume_is_created_then_available_then_in_use_then_gone(sandbox: Any, ec2: Any, launch: Any) -> None:
    sandbox.hypervisor.slow_sec = 0.4
    try:
        created = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=3, VolumeType="gp3")
        volume_id = created["VolumeId"]
        assert created["State"] == "creating"
        assert volume(ec2, volume_id)["State"] == "creating"
        assert code_of(lambda: ec2.delete_volume(VolumeId=volume_id)) == "IncorrectState"
        instance_id = launch()
        eventually(lambda: volume(ec2, volume_id)["State"] == "available")
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        assert volume(ec2, volume_id)["Attachments"][0]["State"] == "attaching"
        eventually(lambda: attached(ec2, volume_id))
        assert volume(ec2, volume_id)["State"] == "in-use"
    finally:
        sandbox.hypervisor.slow_sec = 0.05
    assert sandbox.hypervisor.volumes[volume_id] == {"size": 3, "snapshot": None, "instance": instance_id}
    assert (volume(ec2, volume_id)["Iops"], volume(ec2, volume_id)["Throughput"]) == (3000, 125)
    assert code_of(lambda: ec2.delete_volume(VolumeId=volume_id)) == "VolumeInUse"
    ec2.detach_volume(VolumeId=volume_id)
    eventually(lambda: volume(ec2, volume_id)["State"] == "available")
    ec2.delete_volume(VolumeId=volume_id)
    eventually(lambda: volume_id not in sandbox.hypervisor.volumes)
    assert code_of(lambda: volume(ec2, volume_id)) == "InvalidVolume.NotFound"


def test_attachments_that_aws_refuses(ec2: Any, launch: Any, make_volume: Any) -> None:
    first, second = launch(), launch()
    volume_id, other, elsewhere = make_volume(), make_volume(), make_volume(zone="eu-central-1b")
    ec2.attach_volume(VolumeId=volume_id, InstanceId=first, Device="/dev/sdf")
    eventually(lambda: attached(ec2, volume_id))
    assert code_of(lambda: ec2.attach_volume(VolumeId=volume_id, InstanceId=first, Device="/dev/sdg")) == "VolumeInUse"
    assert code_of(lambda: ec2.attach_volume(VolumeId=volume_id, InstanceId=second, Device="/dev/sdf")) == "VolumeInUse"
    assert code_of(lambda: ec2.attach_volume(VolumeId=elsewhere, InstanceId=first, Device="/dev/sdg")) == "InvalidVolume.ZoneMismatch"
    assert code_of(lambda: ec2.attach_volume(VolumeId=other, InstanceId=first, Device="/dev/sdf")) == "InvalidParameterValue"
    assert code_of(lambda: ec2.attach_volume(VolumeId="vol-0", InstanceId=first, Device="/dev/sdg")) == "InvalidVolume.NotFound"
    assert code_of(lambda: ec2.attach_volume(VolumeId=other, InstanceId="i-0", Device="/dev/sdg")) == "InvalidInstanceID.NotFound"
    ec2.terminate_instances(InstanceIds=[second])
    assert code_of(lambda: ec2.attach_volume(VolumeId=other, InstanceId=second, Device="/dev/sdg")) == "IncorrectState"


def test_detachments_that_aws_refuses(ec2: Any, launch: Any, make_volume: Any) -> None:
    first, second, volume_id = launch(), launch(), make_volume()
    assert code_of(lambda: ec2.detach_volume(VolumeId=volume_id)) == "IncorrectState"
    ec2.attach_volume(VolumeId=volume_id, InstanceId=first, Device="/dev/sdf")
    eventually(lambda: attached(ec2, volume_id))
    assert code_of(lambda: ec2.detach_volume(VolumeId=volume_id, InstanceId=second)) == "InvalidAttachment.NotFound"
    assert code_of(lambda: ec2.detach_volume(VolumeId=volume_id, InstanceId=first, Device="/dev/sdz")) == "InvalidAttachment.NotFound"
    mappings = ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    root = next(m["Ebs"]["VolumeId"] for m in mappings if m["DeviceName"] == "/dev/xvda")
    assert code_of(lambda: ec2.detach_volume(VolumeId=root)) == "OperationNotPermitted"


def test_a_mounted_volume_stays_busy_until_the_guest_lets_go(sandbox: Any, ec2: Any, launch: Any, make_volume: Any) -> None:
    instance_id, volume_id = launch(), make_volume()
    ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    eventually(lambda: attached(ec2, volume_id))
    sandbox.hypervisor.mounted.add(volume_id)
    ec2.detach_volume(VolumeId=volume_id)
    eventually(lambda: volume(ec2, volume_id)["Attachments"][0]["State"] == "busy")
    sandbox.hypervisor.mounted.discard(volume_id)
    eventually(lambda: volume(ec2, volume_id)["State"] == "available")


def test_data_volumes_outlive_their_instance_and_its_root_does_not(sandbox: Any, ec2: Any, launch: Any, make_volume: Any) -> None:
    instance_id, volume_id = launch(), make_volume()
    ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    eventually(lambda: attached(ec2, volume_id))
    mappings = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    root = next(m["Ebs"]["VolumeId"] for m in mappings if m["DeviceName"] == "/dev/xvda")
    ec2.terminate_instances(InstanceIds=[instance_id])
    eventually(lambda: state(ec2, instance_id) == "terminated")
    assert volume(ec2, volume_id)["State"] == "available"
    assert volume_id in sandbox.hypervisor.volumes
    assert code_of(lambda: volume(ec2, root)) == "InvalidVolume.NotFound"


def test_root_and_extra_volumes_of_run_instances(sandbox: Any, ec2: Any, launch: Any) -> None:
    root = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12, "VolumeType": "gp3", "Throughput": 250, "Iops": 4000, "Encrypted": True}}
    extra = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 5, "VolumeType": "gp3", "DeleteOnTermination": True}}
    instance_id = launch(BlockDeviceMappings=[extra, root])
    mappings = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    by_device = {m["DeviceName"]: volume(ec2, m["Ebs"]["VolumeId"]) for m in mappings}
    shown = by_device["/dev/xvda"]
    assert (shown["Size"], shown["Iops"], shown["Throughput"], shown["Encrypted"]) == (12, 4000, 250, True)
    extra_id = by_device["/dev/sdb"]["VolumeId"]
    assert ("attach_volume", extra_id, instance_id, "/dev/sdb") in sandbox.hypervisor.calls
    ec2.terminate_instances(InstanceIds=[instance_id])
    eventually(lambda: extra_id not in sandbox.hypervisor.volumes)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Size": 70000, "VolumeType": "gp3"}, "InvalidParameterValue"),
        ({"Size": 1, "VolumeType": "gp3", "Iops": 2999}, "InvalidParameterValue"),
        ({"Size": 500, "VolumeType": "gp3", "Iops": 80001}, "InvalidParameterValue"),
        ({"Size": 1, "VolumeType": "gp3", "Iops": 4000}, "InvalidParameterValue"),
        ({"Size": 100, "VolumeType": "gp3", "Throughput": 2001}, "InvalidParameterValue"),
        ({"Size": 100, "VolumeType": "gp3", "Throughput": 100}, "InvalidParameterValue"),
        ({"Size": 100, "VolumeType": "gp3", "Iops": 3000, "Throughput": 751}, "InvalidParameterValue"),
        ({"Size": 100, "VolumeType": "gp2", "Iops": 3000}, "InvalidParameterCombination"),
        ({"Size": 100, "VolumeType": "io2", "Iops": 3000, "Throughput": 200}, "InvalidParameterCombination"),
        ({"Size": 100, "VolumeType": "gp9"}, "UnknownVolumeType"),
        ({"VolumeType": "gp3"}, "MissingParameter"),
    ],
)
def test_create_volume_refuses_what_ebs_does_not_have(ec2: Any, given: dict[str, Any], code: str) -> None:
    assert code_of(lambda: ec2.create_volume(AvailabilityZone="eu-central-1a", **given)) == code


def test_create_volume_refuses_an_unknown_zone(ec2: Any) -> None:
    assert code_of(lambda: ec2.create_volume(AvailabilityZone="eu-central-1z", Size=1)) == "InvalidZone.NotFound"


def test_the_largest_gp3_is_allowed(ec2: Any) -> None:
    ec2.create_volume(AvailabilityZone="eu-central-1a", Size=65536, VolumeType="gp3", Iops=80000, Throughput=2000)


def modification(ec2: Any, volume_id: str) -> Any:
    return ec2.describe_volumes_modifications(VolumeIds=[volume_id])["VolumesModifications"][0]


def test_a_modification_takes_time_and_grows_the_device(sandbox: Any, ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume(size=2)
    started = ec2.modify_volume(VolumeId=volume_id, Size=4)["VolumeModification"]
    assert (started["ModificationState"], started["OriginalSize"], started["TargetSize"]) == ("modifying", 2, 4)
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id, Size=5)) == "IncorrectModificationState"
    eventually(lambda: modification(ec2, volume_id)["ModificationState"] == "optimizing")
    assert sandbox.hypervisor.volumes[volume_id]["size"] == 4
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id, Size=5)) == "IncorrectModificationState"
    eventually(lambda: modification(ec2, volume_id)["ModificationState"] == "completed")
    assert (modification(ec2, volume_id)["Progress"], volume(ec2, volume_id)["Size"]) == (100, 4)
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id, Size=3)) == "InvalidParameterValue"
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id)) == "InvalidParameterValue"
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id, Iops=2000)) == "InvalidParameterValue"


def test_a_volume_is_modified_four_times_a_day(sandbox: Any, ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume(size=2)
    for size in (3, 4, 5, 6):
        ec2.modify_volume(VolumeId=volume_id, Size=size)
        eventually(lambda: modification(ec2, volume_id)["ModificationState"] == "completed")
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume_id, Size=7)) == "VolumeModificationRateExceeded"
    for entry in _modifications(sandbox, volume_id):
        entry.sandbox_started -= 86400
    ec2.modify_volume(VolumeId=volume_id, Size=7)


def _modifications(sandbox: Any, volume_id: str) -> Any:
    from coinfleet_sandbox.api.ec2_support import ec2_backend

    return ec2_backend(sandbox.api.context).volumes[volume_id].modifications


def test_a_growth_that_fails_is_shown_as_failed(sandbox: Any, ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume(size=2)
    sandbox.hypervisor.fails["grow_volume"] = "disk full"
    try:
        ec2.modify_volume(VolumeId=volume_id, Size=4)
        eventually(lambda: modification(ec2, volume_id)["ModificationState"] == "failed")
    finally:
        del sandbox.hypervisor.fails["grow_volume"]
    assert volume(ec2, volume_id)["Size"] == 2


def test_a_snapshot_is_pending_before_it_is_good_for_a_volume(sandbox: Any, ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume(size=3)
    snapshot_id = ec2.create_snapshot(VolumeId=volume_id, Description="first")["SnapshotId"]
    pending = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
    assert pending["State"] == "pending"
    assert pending["Progress"] != "100%"
    from_it = {"AvailabilityZone": "eu-central-1b", "SnapshotId": snapshot_id, "VolumeType": "gp3"}
    assert code_of(lambda: ec2.create_volume(**from_it)) == "IncorrectState"
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id], WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    assert code_of(lambda: ec2.create_volume(**from_it, Size=2)) == "InvalidParameterValue"
    restored = ec2.create_volume(**from_it)["VolumeId"]
    eventually(lambda: volume(ec2, restored)["State"] == "available")
    assert sandbox.hypervisor.volumes[restored]["snapshot"] == snapshot_id
    assert volume(ec2, restored)["Size"] == 3
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    eventually(lambda: snapshot_id not in sandbox.hypervisor.snapshots)
    assert code_of(lambda: ec2.create_volume(**from_it)) == "InvalidSnapshot.NotFound"


def test_a_copy_that_fails_leaves_a_snapshot_in_error(sandbox: Any, ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume()
    sandbox.hypervisor.fails["create_snapshot"] = "disk full"
    try:
        snapshot_id = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
        eventually(lambda: ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]["State"] == "error")
    finally:
        del sandbox.hypervisor.fails["create_snapshot"]


def test_volume_status_is_ok(ec2: Any, make_volume: Any) -> None:
    volume_id = make_volume()
    status = ec2.describe_volume_status(VolumeIds=[volume_id])["VolumeStatuses"][0]
    assert (status["VolumeStatus"]["Status"], status["AvailabilityZone"]) == ("ok", "eu-central-1a")


def test_an_attachment_that_fails_leaves_the_volume_available(sandbox: Any, ec2: Any, launch: Any, make_volume: Any) -> None:
    instance_id, volume_id = launch(), make_volume()
    sandbox.hypervisor.fails["attach_volume"] = "no loop device"
    try:
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        eventually(lambda: volume(ec2, volume_id)["State"] == "available")
    finally:
        del sandbox.hypervisor.fails["attach_volume"]
    time.sleep(0.1)
    assert volume(ec2, volume_id)["Attachments"] == []
