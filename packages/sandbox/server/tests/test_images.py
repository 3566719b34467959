"""Machine images over a fake hypervisor."""

from __future__ import annotations

from typing import Any

from conftest import SOURCE, code_of, eventually


def test_the_source_image_is_found_by_owner_and_name(ec2: Any, image_id: str) -> None:
    filters = [{"Name": "name", "Values": ["debian-12-*"]}, {"Name": "virtualization-type", "Values": ["hvm"]}]
    filters += [{"Name": "root-device-type", "Values": ["ebs"]}, {"Name": "architecture", "Values": ["x86_64"]}]
    image = ec2.describe_images(Owners=[SOURCE.owner_id], Filters=filters)["Images"][0]
    assert (image["ImageId"], image["OwnerId"], image["State"]) == (image_id, SOURCE.owner_id, "available")
    assert image["RootDeviceName"] == "/dev/xvda"
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 8
    assert ec2.describe_images(Owners=["self"])["Images"] == [] or all(
        i["OwnerId"] != SOURCE.owner_id for i in ec2.describe_images(Owners=["self"])["Images"]
    )


def test_an_image_of_an_instance_boots_others(sandbox: Any, ec2: Any, launch: Any) -> None:
    sandbox.hypervisor.slow_sec = 0.5
    try:
        tags = [{"ResourceType": kind, "Tags": [{"Key": "made", "Value": "by"}]} for kind in ("image", "snapshot")]
        made = ec2.create_image(InstanceId=launch(), Name="made-1", Description="d", TagSpecifications=tags)["ImageId"]
        assert ec2.describe_images(ImageIds=[made])["Images"][0]["State"] == "pending"
        assert code_of(lambda: launch(ImageId=made)) == "InvalidAMIID.Unavailable"
    finally:
        sandbox.hypervisor.slow_sec = 0.05
    ec2.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    image = ec2.describe_images(Owners=["self"], Filters=[{"Name": "tag:made", "Values": ["by"]}])["Images"][0]
    assert (image["ImageId"], image["RootDeviceName"], image["Name"]) == (made, "/dev/xvda", "made-1")
    instance_id = launch(ImageId=made)
    assert sandbox.hypervisor.specs[instance_id].image_ref == f"sandbox/{made}"
    assert code_of(lambda: ec2.create_image(InstanceId=instance_id, Name="made-1")) == "InvalidAMIName.Duplicate"


def test_an_images_content_goes_with_the_last_reference(sandbox: Any, ec2: Any, launch: Any) -> None:
    made = ec2.create_image(InstanceId=launch(), Name="copied-1")["ImageId"]
    eventually(lambda: ec2.describe_images(ImageIds=[made])["Images"][0]["State"] == "available")
    copy = ec2.copy_image(SourceImageId=made, SourceRegion="eu-central-1", Name="copied-2")["ImageId"]
    snapshot = ec2.describe_images(ImageIds=[made])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ec2.deregister_image(ImageId=made)
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert made in sandbox.hypervisor.images
    launch(ImageId=copy)
    last = ec2.describe_images(ImageIds=[copy])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ec2.deregister_image(ImageId=copy, DeleteAssociatedSnapshots=True)
    assert code_of(lambda: ec2.describe_snapshots(SnapshotIds=[last])) == "InvalidSnapshot.NotFound"
    eventually(lambda: made not in sandbox.hypervisor.images)
    assert code_of(lambda: launch(ImageId=copy)) == "InvalidAMIID.NotFound"


def test_an_image_that_fails_says_so(sandbox: Any, ec2: Any, launch: Any) -> None:
    sandbox.hypervisor.fails["create_image"] = "disk full"
    try:
        made = ec2.create_image(InstanceId=launch(), Name="broken-1")["ImageId"]
        eventually(lambda: ec2.describe_images(ImageIds=[made])["Images"][0]["State"] == "failed")
    finally:
        del sandbox.hypervisor.fails["create_image"]


def test_copies_between_regions_are_not_emulated(ec2: Any, image_id: str) -> None:
    assert code_of(lambda: ec2.copy_image(SourceImageId=image_id, SourceRegion="us-east-1", Name="elsewhere")) == "NotImplemented"
