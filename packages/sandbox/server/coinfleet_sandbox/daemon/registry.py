"""Docker registries: the one behind ECR, and a read-only one with public base images."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.launcher.layout import Layout


def registry(layout: Layout, port: int) -> Child:
    """The registry that the API's ECR stands for."""
    return _registry("registry", layout, layout.registry, port, read_only=False)


def public_registry(layout: Layout, seed: Path, port: int) -> Child:
    """A registry with the base images of the cache; linked into the sandbox so that a cleared cache does no harm."""
    shutil.rmtree(layout.public_registry, ignore_errors=True)
    shutil.copytree(seed, layout.public_registry, copy_function=_link_or_copy)
    return _registry("public-registry", layout, layout.public_registry, port, read_only=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _registry(name: str, layout: Layout, root: Path, port: int, read_only: bool) -> Child:
    root.mkdir(parents=True, exist_ok=True)
    config = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(root)},
            "delete": {"enabled": True},
            "cache": {"blobdescriptor": "inmemory"},
            "maintenance": {"uploadpurging": {"enabled": False}, "readonly": {"enabled": read_only}},
        },
        # Host-less: the port is only reachable inside the sandbox's network namespace, and the API is in front of it.
        "http": {"addr": f"127.0.0.1:{port}", "relativeurls": True},
    }
    file = Path("/run") / f"{name}.json"
    file.write_text(json.dumps(config))
    return Child(name, ["docker-registry", "serve", str(file)], layout.log / f"{name}.log")
