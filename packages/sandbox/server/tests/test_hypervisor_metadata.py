"""The metadata service, asked over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from coinfleet_sandbox.hypervisor.metadata import MetadataServer
from coinfleet_sandbox.interface import InstanceView, MetadataOptions, RoleCredentials

VIEW = InstanceView(
    id="i-1",
    account_id="000000000000",
    region="eu-central-1",
    zone="eu-central-1a",
    image_id="ami-1",
    instance_type="t3.large",
    architecture="x86_64",
    reservation_id="r-1",
    launch_index=0,
    launch_time="2026-01-01T00:00:00Z",
    private_ip="127.0.0.1",
    public_ip=None,
    mac="02:00:00:00:00:01",
    hostname="ip-127-0-0-1.eu-central-1.compute.internal",
    vpc_id="vpc-1",
    vpc_cidr="10.0.0.0/16",
    subnet_id="subnet-1",
    subnet_cidr="10.0.1.0/24",
    security_groups=("nodes",),
    security_group_ids=("sg-1",),
    user_data=b"\x00binary",
    public_keys={"operator": "ssh-ed25519 AAAA operator"},
    metadata_options=MetadataOptions(),
    instance_profile_arn="arn:aws:iam::000000000000:instance-profile/node",
    instance_profile_id="AIPA1",
    tags={"Name": "one"},
)
CREDENTIALS = RoleCredentials("node", "AKIA", "secret", "token", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z")


class Instances:
    view: InstanceView | None = VIEW

    def instance_by_address(self, address: str) -> InstanceView | None:
        return self.view

    def role_credentials(self, instance_id: str) -> RoleCredentials | None:
        return CREDENTIALS


class Client:
    def __init__(self, server: MetadataServer, instances: Instances) -> None:
        self.port, self.instances = server.server_address[1], instances

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()

    def token(self, seconds: str = "60", **headers: str) -> tuple[int, str]:
        status, body = self.ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": seconds, **headers})
        return status, body.decode()

    def get(self, path: str) -> tuple[int, str]:
        status, body = self.ask("GET", path, {"X-aws-ec2-metadata-token": self.token()[1]})
        return status, body.decode()


@pytest.fixture
def client() -> Iterator[Client]:
    instances = Instances()
    server = MetadataServer(("127.0.0.1", 0), instances)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Client(server, instances)
    server.shutdown()
    server.server_close()


def test_without_a_token_there_is_no_metadata(client: Client) -> None:
    assert client.ask("GET", "/latest/meta-data/instance-id")[0] == 401


def test_a_token_opens_it(client: Client) -> None:
    assert client.get("/latest/meta-data/instance-id") == (200, "i-1")


def test_a_token_of_another_instance_does_not(client: Client) -> None:
    token = client.token()[1]
    client.instances.view = replace(VIEW, id="i-2")
    assert client.ask("GET", "/latest/meta-data/instance-id", {"X-aws-ec2-metadata-token": token})[0] == 401


def test_optional_tokens_allow_version_1_but_no_wrong_token(client: Client) -> None:
    client.instances.view = replace(VIEW, metadata_options=MetadataOptions(http_tokens="optional"))
    assert client.ask("GET", "/latest/meta-data/instance-id") == (200, b"i-1")
    assert client.ask("GET", "/latest/meta-data/instance-id", {"X-aws-ec2-metadata-token": "wrong"})[0] == 401


@pytest.mark.parametrize("seconds", ["0", "21601", "x", ""])
def test_a_token_needs_a_life_time_that_aws_accepts(client: Client, seconds: str) -> None:
    assert client.token(seconds)[0] == 400


def test_a_forwarded_request_gets_no_token(client: Client) -> None:
    assert client.token(**{"X-Forwarded-For": "10.0.0.1"})[0] == 403


def test_a_disabled_endpoint_refuses(client: Client) -> None:
    client.instances.view = replace(VIEW, metadata_options=MetadataOptions(http_endpoint="disabled"))
    assert client.token()[0] == 403


def test_a_stranger_finds_nothing(client: Client) -> None:
    client.instances.view = None
    assert client.token()[0] == 404


def test_unknown_paths_are_not_found(client: Client) -> None:
    assert client.get("/latest/meta-data/nonsense")[0] == 404


def test_user_data_come_as_they_are(client: Client) -> None:
    token = client.token()[1]
    assert client.ask("GET", "/latest/user-data", {"X-aws-ec2-metadata-token": token}) == (200, b"\x00binary")
    client.instances.view = replace(VIEW, user_data=None)
    assert client.get("/latest/user-data")[0] == 404


def test_public_keys_are_listed_with_their_number(client: Client) -> None:
    assert client.get("/latest/meta-data/public-keys/") == (200, "0=operator")
    assert client.get("/latest/meta-data/public-keys/0/openssh-key") == (200, "ssh-ed25519 AAAA operator")


def test_role_credentials_are_served_under_the_role(client: Client) -> None:
    assert client.get("/latest/meta-data/iam/security-credentials/") == (200, "node")
    status, body = client.get("/latest/meta-data/iam/security-credentials/node")
    assert (status, json.loads(body)["SecretAccessKey"]) == (200, "secret")


def test_tags_are_served_only_when_enabled(client: Client) -> None:
    assert client.get("/latest/meta-data/tags/instance/Name")[0] == 404
    client.instances.view = replace(VIEW, metadata_options=MetadataOptions(instance_metadata_tags="enabled"))
    assert client.get("/latest/meta-data/tags/instance/Name") == (200, "one")


def test_the_identity_document_names_instance_and_account(client: Client) -> None:
    document = json.loads(client.get("/latest/dynamic/instance-identity/document")[1])
    assert (document["instanceId"], document["accountId"]) == ("i-1", "000000000000")
