"""ECR's image scans: one begins when an image is pushed, where the configuration says so, and ends a moment later.

Nothing here looks into an image. A scan finds what somebody has said for a digest beforehand, and otherwise nothing.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ScanNotFoundException
from moto.ecr.models import ECRBackend
from moto.ecr.responses import ECRResponse

from .context import Context
from .errors import aws_error
from .overrides import replace

PATH = "/_sandbox/image-scans/"
ENDED = {
    "BASIC": {"status": "COMPLETE", "description": "The scan was completed successfully."},
    "ENHANCED": {"status": "ACTIVE", "description": "Continuous scan is selected for image."},
}
LISTS = ("findings", "enhancedFindings")
PAGE = 100


def remember(context: Context, digest: str, body: bytes) -> None:
    """Say what a scan of an image finds: `findings`, `enhancedFindings` as ECR lists them, or another `status` that it ends with."""
    said = json.loads(body)
    if not isinstance(said, dict) or set(said) - {*LISTS, "status"}:
        raise ValueError(f"a JSON object of {', '.join(LISTS)} and status is expected")
    with context.lock:
        context.store.image_scans[digest] = said


def _is_scanned_on_push(backend: Any, repository: Any) -> bool:
    if repository.scanning_config["scanFrequency"] in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN"):
        return True
    return backend.registry_scanning_configuration["scanType"] == "BASIC" and bool(repository.image_scanning_configuration["scanOnPush"])


def _page(findings: list[Any], token: str | None, most: int | None) -> tuple[list[Any], str | None]:
    start = int(token or 0)
    end = start + (most or PAGE)
    return findings[start:end], str(end) if end < len(findings) else None


def install(context: Context) -> None:
    """Scan what is pushed, and answer what was found."""

    def put_image(original: Any) -> Any:
        def wrapped(self: Any, repository_name: str, *rest: Any, **named: Any) -> Any:
            image = original(self, repository_name, *rest, **named)
            if image.last_scan is None and _is_scanned_on_push(self, self.repositories[repository_name]):
                image.last_scan = datetime.now(timezone.utc)
            return image

        return wrapped

    def status_of(backend: Any, image: Any, said: dict[str, Any]) -> dict[str, str]:
        scan_type = backend.registry_scanning_configuration["scanType"]
        if time.time() < image.last_scan.timestamp() + context.options.scan_sec:
            return {"status": "IN_PROGRESS" if scan_type == "BASIC" else "PENDING"}
        return {"status": said["status"]} if "status" in said else ENDED[scan_type]

    def describe_image_scan_findings(_: Any) -> Any:
        def answer(self: Any) -> ActionResult:
            name, image_id = self._get_param("repositoryName"), self._get_param("imageId")
            token, most = self._get_param("nextToken"), self._get_param("maxResults")
            if most is not None and not 1 <= most <= 1000:
                raise aws_error("InvalidParameterException", f"maxResults must be between 1 and 1000, not {most}")
            repository = self.ecr_backend._get_repository(name, self._get_param("registryId"))
            image = repository._get_image(image_id.get("imageTag"), image_id.get("imageDigest"))
            if image.last_scan is None:
                asked = f"{{imageDigest:'{image_id.get('imageDigest') or 'null'}', imageTag:'{image_id.get('imageTag') or 'null'}'}}"
                raise ScanNotFoundException(asked, name, repository.registry_id)
            said = context.store.image_scans.get(image.image_digest, {})
            status = status_of(self.ecr_backend, image, said)
            found: dict[str, Any] = {"registryId": repository.registry_id, "repositoryName": name, "imageId": image_id}
            found["imageScanStatus"] = status
            if status["status"] in ("COMPLETE", "ACTIVE"):
                kind = next((one for one in LISTS if one in said), "findings")
                all_of = said.get(kind, [])
                listed, rest = _page(all_of, token, most)
                severities = [one.get("severity", "UNDEFINED") for one in all_of]
                counts = {severity: severities.count(severity) for severity in severities}
                at = image.last_scan + timedelta(seconds=context.options.scan_sec)
                found["imageScanFindings"] = {kind: listed, "findingSeverityCounts": counts, "imageScanCompletedAt": at}
                if rest is not None:
                    found["nextToken"] = rest
            return ActionResult(found)

        return answer

    replace(ECRBackend, "put_image", put_image)
    replace(ECRResponse, "describe_image_scan_findings", describe_image_scan_findings)
