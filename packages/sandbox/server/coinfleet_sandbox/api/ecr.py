"""ECR: images have the sizes and digests of what was pushed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.ecr.models import Image

from .overrides import replace


def _size(image: Any) -> int | None:
    manifest = json.loads(image.image_manifest)
    if "layers" not in manifest:
        return None
    return sum(int(part.get("size", 0)) for part in [manifest.get("config", {}), *manifest["layers"]])


def _digest(image: Any) -> str:
    if not image._image_digest:
        image._image_digest = f"sha256:{hashlib.sha256(image.image_manifest.encode()).hexdigest()}"
    return str(image._image_digest)


def install() -> None:
    """Compute sizes and digests from manifests, as registries do."""
    replace(Image, "get_image_size_in_bytes", lambda _: _size)
    replace(Image, "get_image_digest", lambda _: _digest)
