"""The registry under its ECR names, over a real Docker registry."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import code_of, eventually

HOST = "000000000000.dkr.ecr.eu-central-1.amazonaws.com"
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

pytestmark = pytest.mark.skipif(shutil.which("docker-registry") is None, reason="Debian's docker-registry is not installed")


def name() -> str:
    return f"coinfleet/r{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module", autouse=True)
def upstream(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    directory: Path = tmp_path_factory.mktemp("registry")
    config = directory / "config.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {directory}/data}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{sandbox.registry_port}'}}\n"
    )
    process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(lambda: _answers(f"http://127.0.0.1:{sandbox.registry_port}/v2/"))
    yield
    process.terminate()
    process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


class Client:
    """What docker push and pull do."""

    def __init__(self, url: str, host: str, login: tuple[str, str] | None) -> None:
        self.url, self.session = url, requests.Session()
        self.session.headers["Host"] = host
        if login:
            self.session.auth = login

    def blob(self, repository: str, content: bytes, chunked: bool) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        started = self.session.post(f"{self.url}/v2/{repository}/blobs/uploads/")
        if started.status_code != 202:
            raise AssertionError(started.text)
        location = self.url + started.headers["Location"]
        if chunked:
            pieces = (content[i : i + 1000] for i in range(0, len(content), 1000))
            patched = self.session.patch(location, data=pieces, headers={"Content-Type": "application/octet-stream"})
            assert patched.status_code == 202, patched.text
            location, content = self.url + patched.headers["Location"], b""
        joiner = "&" if "?" in location else "?"
        done = self.session.put(f"{location}{joiner}digest={digest}", data=content, headers={"Content-Type": "application/octet-stream"})
        assert done.status_code == 201, done.text
        return {"mediaType": "application/octet-stream", "digest": digest}

    def push(self, repository: str, tag: str, content: bytes, chunked: bool = False) -> requests.Response:
        config = b'{"architecture":"amd64","os":"linux"}'
        parts = [{**self.blob(repository, data, chunked), "size": len(data)} for data in (config, content)]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": parts[0], "layers": [parts[1]]}
        data = json.dumps(manifest).encode()
        return self.session.put(f"{self.url}/v2/{repository}/manifests/{tag}", data=data, headers={"Content-Type": MANIFEST_TYPE})

    def pull(self, repository: str, reference: str) -> requests.Response:
        return self.session.get(f"{self.url}/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFEST_TYPE})


@pytest.fixture
def ecr(sandbox: Any) -> Any:
    return sandbox.client("ecr")


@pytest.fixture
def docker(sandbox: Any, ecr: Any) -> Client:
    token = ecr.get_authorization_token()["authorizationData"][0]
    assert token["proxyEndpoint"] == f"https://{HOST}"
    user, password = base64.b64decode(token["authorizationToken"]).decode().split(":", 1)
    assert user == "AWS"
    return Client(sandbox.url, HOST, (user, password))


def test_logins_are_checked(sandbox: Any) -> None:
    refused = Client(sandbox.url, HOST, ("AWS", "wrong")).session.get(f"{sandbox.url}/v2/")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert Client(sandbox.url, HOST, None).session.get(f"{sandbox.url}/v2/").status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_a_pushed_image_is_listed_with_its_digest_and_can_be_pulled(ecr: Any, docker: Client, chunked: bool) -> None:
    repository = name()
    uri = ecr.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
    assert uri == f"{HOST}/{repository}"
    content = uuid.uuid4().bytes * 5000
    pushed = docker.push(repository, "1.0", content, chunked)
    assert pushed.status_code == 201, pushed.text
    digest = pushed.headers["Docker-Content-Digest"]
    assert ecr.list_images(repositoryName=repository)["imageIds"] == [{"imageDigest": digest, "imageTag": "1.0"}]
    detail = ecr.describe_images(repositoryName=repository)["imageDetails"][0]
    assert (detail["imageDigest"], detail["imageTags"], detail["imageSizeInBytes"]) == (digest, ["1.0"], len(content) + 37)
    for reference in ("1.0", digest):
        pulled = docker.pull(repository, reference)
        assert pulled.status_code == 200
        assert f"sha256:{hashlib.sha256(pulled.content).hexdigest()}" == digest
    layer = json.loads(pulled.content)["layers"][0]["digest"]
    assert docker.session.get(f"{docker.url}/v2/{repository}/blobs/{layer}").content == content
    assert (
        docker.session.head(f"{docker.url}/v2/{repository}/manifests/1.0", headers={"Accept": MANIFEST_TYPE}).headers[
            "Docker-Content-Digest"
        ]
        == digest
    )


def test_an_immutable_tag_stays(ecr: Any, docker: Client) -> None:
    repository = name()
    ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    first = docker.push(repository, "v1", b"first").headers["Docker-Content-Digest"]
    again = docker.push(repository, "v1", b"first")
    assert again.status_code == 201
    refused = docker.push(repository, "v1", b"second")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "TAG_INVALID")
    assert "immutable" in refused.json()["errors"][0]["message"]
    assert docker.pull(repository, "v1").headers["Docker-Content-Digest"] == first
    assert docker.push(repository, "v2", b"second").status_code == 201


def test_a_mutable_tag_moves(ecr: Any, docker: Client) -> None:
    repository = name()
    ecr.create_repository(repositoryName=repository)
    docker.push(repository, "latest", b"first")
    second = docker.push(repository, "latest", b"second").headers["Docker-Content-Digest"]
    assert docker.pull(repository, "latest").headers["Docker-Content-Digest"] == second
    found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "latest"}])["imageDetails"]
    assert [image["imageDigest"] for image in found] == [second]


def test_a_deleted_image_cannot_be_pulled(ecr: Any, docker: Client) -> None:
    repository = name()
    ecr.create_repository(repositoryName=repository)
    digest = docker.push(repository, "v1", b"gone").headers["Docker-Content-Digest"]
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])
    assert docker.pull(repository, "v1").status_code == 404
    assert docker.pull(repository, digest).status_code == 404
    assert code_of(lambda: ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "v1"}])) == "ImageNotFoundException"


def test_a_repository_that_does_not_exist_takes_nothing(docker: Client) -> None:
    answer = docker.session.post(f"{docker.url}/v2/{name()}/blobs/uploads/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NAME_UNKNOWN")


def test_a_repository_with_images_is_not_deleted_without_force(ecr: Any, docker: Client) -> None:
    repository = name()
    ecr.create_repository(repositoryName=repository)
    docker.push(repository, "v1", b"x")
    assert code_of(lambda: ecr.delete_repository(repositoryName=repository)) == "RepositoryNotEmptyException"
    ecr.delete_repository(repositoryName=repository, force=True)
    assert docker.pull(repository, "v1").status_code == 404


def test_lifecycle_policies_are_kept(ecr: Any) -> None:
    repository = name()
    ecr.create_repository(repositoryName=repository)
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3},
        "action": {"type": "expire"},
    }
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"])["rules"] == [rule]


def test_the_public_registry_is_read_only_and_needs_no_login(sandbox: Any) -> None:
    address = f"127.0.0.1:{sandbox.registry_port}"
    upstream = Client(f"http://{address}", address, None)
    _push_upstream(upstream, "public/debian/debian", "bookworm-slim", b"base")
    public = Client(sandbox.url, "public.ecr.aws", None)
    assert public.session.get(f"{sandbox.url}/v2/").status_code == 200
    assert public.pull("debian/debian", "bookworm-slim").status_code == 200
    assert public.session.post(f"{sandbox.url}/v2/debian/debian/blobs/uploads/").status_code == 403


def _push_upstream(client: Client, repository: str, tag: str, content: bytes) -> None:
    started = client.session.post(f"{client.url}/v2/{repository}/blobs/uploads/")
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    location = started.headers["Location"]
    client.session.put(f"{location}&digest={digest}", data=content, headers={"Content-Type": "application/octet-stream"})
    part = {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": part, "layers": [part]}
    data = json.dumps(manifest).encode()
    answer = client.session.put(f"{client.url}/v2/{repository}/manifests/{tag}", data=data, headers={"Content-Type": MANIFEST_TYPE})
    assert answer.status_code == 201, answer.text
