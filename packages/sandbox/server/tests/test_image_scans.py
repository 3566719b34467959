"""ECR's image scans: which images are scanned, how far a scan is, and what it has found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from conftest import code_of, eventually

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def ecr(sandbox: Any) -> Iterator[Any]:
    client = sandbox.client("ecr")
    yield client
    client.put_registry_scanning_configuration(scanType="BASIC", rules=[])


def push(ecr: Any, **settings: Any) -> dict[str, Any]:
    """A repository with an image. Returns what names the image."""
    name = f"coinfleet/s{uuid.uuid4().hex[:8]}"
    ecr.create_repository(repositoryName=name, **settings)
    part = {"mediaType": "application/octet-stream", "digest": f"sha256:{uuid.uuid4().hex * 2}", "size": 1}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": part, "layers": [part]})
    pushed = ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="1.0")
    return {"repositoryName": name, "imageId": {"imageDigest": pushed["image"]["imageId"]["imageDigest"]}}


def say(sandbox: Any, image: dict[str, Any], **found: Any) -> int:
    digest = image["imageId"]["imageDigest"]
    return requests.put(f"{sandbox.url}/_sandbox/image-scans/{digest}", json=found, timeout=5).status_code


def status(ecr: Any, image: dict[str, Any]) -> str:
    return str(ecr.describe_image_scan_findings(**image)["imageScanStatus"]["status"])


ON_PUSH = {"imageScanningConfiguration": {"scanOnPush": True}}


def rule(frequency: str) -> list[dict[str, Any]]:
    return [{"scanFrequency": frequency, "repositoryFilters": [{"filter": "coinfleet/*", "filterType": "WILDCARD"}]}]


def test_an_image_is_scanned_on_push_where_its_repository_says_so(ecr: Any) -> None:
    image = push(ecr, **ON_PUSH)
    first = ecr.describe_image_scan_findings(**image)
    assert first["imageScanStatus"]["status"] == "IN_PROGRESS"
    assert "imageScanFindings" not in first
    eventually(lambda: status(ecr, image) == "COMPLETE")
    found = ecr.describe_image_scan_findings(**image)["imageScanFindings"]
    assert (found["findings"], found["findingSeverityCounts"]) == ([], {})


def test_an_image_is_scanned_on_push_where_the_registry_says_so(ecr: Any) -> None:
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rule("SCAN_ON_PUSH"))
    image = push(ecr)
    assert status(ecr, image) == "IN_PROGRESS"
    eventually(lambda: status(ecr, image) == "COMPLETE")


def test_an_enhanced_scan_is_pending_and_then_goes_on_for_ever(ecr: Any, sandbox: Any) -> None:
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rule("CONTINUOUS_SCAN"))
    image = push(ecr)
    finding = {"severity": "CRITICAL", "fixAvailable": "YES", "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-1"}}
    assert say(sandbox, image, enhancedFindings=[finding]) == 204
    assert status(ecr, image) == "PENDING"
    eventually(lambda: status(ecr, image) == "ACTIVE")
    found = ecr.describe_image_scan_findings(**image)["imageScanFindings"]
    assert (found["enhancedFindings"], found["findingSeverityCounts"]) == ([finding], {"CRITICAL": 1})
    assert "findings" not in found


def test_an_image_that_nothing_scans_has_no_scan(ecr: Any) -> None:
    image = push(ecr)
    assert code_of(lambda: ecr.describe_image_scan_findings(**image)) == "ScanNotFoundException"
    absent = {**image, "imageId": {"imageDigest": f"sha256:{'0' * 64}"}}
    assert code_of(lambda: ecr.describe_image_scan_findings(**absent)) == "ImageNotFoundException"
    nowhere = {**image, "repositoryName": "coinfleet/nowhere"}
    assert code_of(lambda: ecr.describe_image_scan_findings(**nowhere)) == "RepositoryNotFoundException"


def test_findings_come_in_pages(ecr: Any, sandbox: Any) -> None:
    image = push(ecr, **ON_PUSH)
    assert say(sandbox, image, findings=[{"name": f"CVE-2026-{i}", "severity": "HIGH"} for i in range(230)]) == 204
    eventually(lambda: status(ecr, image) == "COMPLETE")
    pages = list(ecr.get_paginator("describe_image_scan_findings").paginate(**image))
    assert [len(page["imageScanFindings"]["findings"]) for page in pages] == [100, 100, 30]
    assert {one["name"] for page in pages for one in page["imageScanFindings"]["findings"]} == {f"CVE-2026-{i}" for i in range(230)}
    assert pages[0]["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 230}
    assert code_of(lambda: ecr.describe_image_scan_findings(**image, maxResults=1001)) == "InvalidParameterException"


def test_a_scan_may_end_otherwise(ecr: Any, sandbox: Any) -> None:
    image = push(ecr, **ON_PUSH)
    assert say(sandbox, image, status="UNSUPPORTED_IMAGE") == 204
    eventually(lambda: status(ecr, image) == "UNSUPPORTED_IMAGE")
    assert "imageScanFindings" not in ecr.describe_image_scan_findings(**image)
    assert say(sandbox, image, fundings=[]) == 400
