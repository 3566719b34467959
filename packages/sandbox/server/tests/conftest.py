"""One API server for all tests: moto's state is global to a process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from fake_hypervisor import FakeHypervisor

from coinfleet_sandbox.api import ApiOptions, build_app
from coinfleet_sandbox.daemon.web import WebServer
from coinfleet_sandbox.interface import SourceImage

SOURCE = SourceImage("debian-12-amd64-sandbox", "136693071363", "sandbox/debian-12:1", "Debian 12")
REGION = "eu-central-1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sandbox:
    """An API over a fake hypervisor, and clients for it."""

    def __init__(self, state_dir: Path, **given: Any) -> None:
        self.hypervisor = FakeHypervisor()
        self.registry_port = free_port()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings: dict[str, Any] = {
            "endpoint": self.url,
            "source_images": [SOURCE],
            "snapshot_sec": 0.6,
            "modification_sec": 0.8,
            "scan_sec": 0.5,
            "checkpoint_sec": 0,
            "registry_url": f"http://127.0.0.1:{self.registry_port}",
            **given,
        }
        options = ApiOptions(state_dir=state_dir, **settings)
        self.api = build_app(self.hypervisor, options)
        self.server = WebServer(("127.0.0.1", port), self.api)
        self.server.start()

    def client(self, service: str, region: str = REGION, **config: Any) -> Any:
        settings = Config(retries={"max_attempts": 1, "mode": "standard"}, **config)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=region, config=settings, **keys)

    def stop(self) -> None:
        self.server.stop()
        self.api.close()


def eventually(check: Callable[[], Any], seconds: float = 8.0) -> Any:
    """The first true answer of `check`, or a failure that shows the last one."""
    deadline = time.time() + seconds
    answer = check()
    while not answer and time.time() < deadline:
        time.sleep(0.05)
        answer = check()
    assert answer, f"still {answer!r} after {seconds} s"
    return answer


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("state"))
    yield running
    running.stop()


@pytest.fixture
def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2")


class Network:
    """A VPC with a subnet in each of two zones."""

    def __init__(self, ec2: Any) -> None:
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.a = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-central-1a")["Subnet"]["SubnetId"]
        self.b = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="eu-central-1b")["Subnet"]["SubnetId"]


@pytest.fixture(scope="session")
def network(sandbox: Sandbox) -> Network:
    return Network(sandbox.client("ec2"))


@pytest.fixture(scope="session")
def image_id(sandbox: Sandbox) -> str:
    images = sandbox.client("ec2").describe_images(Owners=[SOURCE.owner_id], Filters=[{"Name": "name", "Values": [SOURCE.name]}])
    return str(images["Images"][0]["ImageId"])


@pytest.fixture
def launch(sandbox: Sandbox, ec2: Any, network: Network, image_id: str) -> Callable[..., str]:
    def run(**given: Any) -> str:
        arguments = {"ImageId": image_id, "InstanceType": "t3.large", "SubnetId": network.a, "MinCount": 1, "MaxCount": 1, **given}
        instance_id = ec2.run_instances(**arguments)["Instances"][0]["InstanceId"]
        eventually(lambda: state(ec2, instance_id) == "running")
        return str(instance_id)

    return run


def state(ec2: Any, instance_id: str) -> str:
    instances = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"]
    return str(instances[0]["State"]["Name"])


def code_of(call: Callable[[], Any]) -> str:
    """The AWS error code that a call fails with."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])
