"""Writes one image into the file layout of a registry, without a registry or a docker daemon.

The layout is that of the `filesystem` storage driver of github.com/distribution/distribution 2.8.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CREATED = "2020-01-01T00:00:00Z"
"""Constant, so that the same root file system has the same digest."""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _link(path: Path, digest: str) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / "link").write_text(digest)


class _Store:
    def __init__(self, root: Path, repository: str) -> None:
        self._blobs = root / "docker/registry/v2/blobs/sha256"
        self.repository = root / "docker/registry/v2/repositories" / repository

    def add_file(self, file: Path) -> str:
        digest = _digest(file)
        target = self._blobs / digest[7:9] / digest[7:] / "data"
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
        return digest

    def add_bytes(self, data: bytes, scratch: Path) -> str:
        scratch.write_bytes(data)
        return self.add_file(scratch)


def write_registry_store(root: Path, layer_tar: Path, repository: str, tag: str) -> str:
    """Make a registry storage folder with one image of one layer. Returns the manifest's digest."""
    store = _Store(root, repository)
    root.mkdir(parents=True)
    packed = root / "layer.tar.gz"
    with layer_tar.open("rb") as source, packed.open("wb") as raw, gzip.GzipFile("", "wb", 3, raw, mtime=0) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    size = packed.stat().st_size
    layer = store.add_file(packed)
    config_data = json.dumps(_config(_digest(layer_tar))).encode()
    config = store.add_bytes(config_data, root / "config")
    manifest_data = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": CONFIG_TYPE, "size": len(config_data), "digest": config},
            "layers": [{"mediaType": LAYER_TYPE, "size": size, "digest": layer}],
        }
    ).encode()
    manifest = store.add_bytes(manifest_data, root / "manifest")
    for blob in (layer, config):
        _link(store.repository / "_layers/sha256" / blob[7:], blob)
    _link(store.repository / "_manifests/revisions/sha256" / manifest[7:], manifest)
    _link(store.repository / "_manifests/tags" / tag / "current", manifest)
    _link(store.repository / "_manifests/tags" / tag / "index/sha256" / manifest[7:], manifest)
    return manifest


def _config(diff_id: str) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine),
        "os": "linux",
        "created": CREATED,
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["bash"]},
        "history": [{"created": CREATED, "created_by": "debootstrap"}],
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }
