"""Gives a sandbox's folder to the person who called sudo."""

from __future__ import annotations

import os
from pathlib import Path

from coinfleet_sandbox.launcher.layout import Layout


def give_to_caller(layout: Layout) -> None:
    """Let the caller of sudo use what is meant for their programs: the docker socket, its logins, the messages."""
    user, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if user is None or group is None:
        return
    paths = [layout.dir, layout.docker_config, layout.docker_config / "config.json", layout.docker_socket, layout.record]
    for path in [*paths, *_above(layout.dir)]:
        if path.exists():
            os.chown(path, int(user), int(group))


def _above(folder: Path) -> list[Path]:
    home = Path(os.environ.get("HOME", "/"))
    return [path for path in folder.parents if path.is_relative_to(home) and path != home]
