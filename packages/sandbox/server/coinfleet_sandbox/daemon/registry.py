"""The docker registry behind ECR's names and public.ecr.aws; the API stands in front of it and knows who may do what."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.launcher.layout import Layout


def registry(layout: Layout, seed: Path, port: int) -> Child:
    """A registry that has the base images of the cache, and keeps what is pushed."""
    # Linked, not referred to, so that a cleared cache does no harm to a sandbox.
    shutil.copytree(seed, layout.registry, copy_function=_link_or_copy, dirs_exist_ok=True)
    config = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(layout.registry)},
            "delete": {"enabled": True},
            "cache": {"blobdescriptor": "inmemory"},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {"addr": f"127.0.0.1:{port}", "relativeurls": True},
    }
    file = Path("/run/registry.json")
    file.write_text(json.dumps(config))
    return Child("registry", ["docker-registry", "serve", str(file)], layout.log / "registry.log")


def _link_or_copy(source: str, target: str) -> None:
    if Path(target).exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
