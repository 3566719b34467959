"""Where a sandbox keeps its files, and its names on the machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError

ACCOUNT_ID = "000000000000"
REGION = "eu-central-1"
API_PORT = 4566
PROXY_PORT = 3128
LONGEST_SOCKET_PATH = 100


def _home() -> Path:
    return Path(os.environ.get("HOME") or Path.home())


def cache_dir() -> Path:
    """Things that can be built again: images, Python packages. Shared by all sandboxes of a user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "coinfleet"


def state_root() -> Path:
    """The folder with one folder per sandbox."""
    return Path(os.environ.get("XDG_STATE_HOME") or _home() / ".local" / "state") / "coinfleet" / "sandbox"


@dataclass(frozen=True)
class Layout:
    """All paths of one sandbox."""

    name: str
    dir: Path

    @property
    def record(self) -> Path:
        return self.dir / "sandbox.json"

    @property
    def control_socket(self) -> Path:
        return self.dir / "control.sock"

    @property
    def docker_socket(self) -> Path:
        return self.dir / "docker.sock"

    @property
    def docker_config(self) -> Path:
        return self.dir / "docker-config"

    @property
    def docker_root(self) -> Path:
        return self.dir / "docker"

    @property
    def hosts(self) -> Path:
        return self.dir / "hosts"

    @property
    def volumes(self) -> Path:
        return self.dir / "volumes"

    @property
    def snapshots(self) -> Path:
        return self.dir / "snapshots"

    @property
    def registry(self) -> Path:
        return self.dir / "registry"

    @property
    def ca(self) -> Path:
        return self.dir / "ca"

    @property
    def ca_bundle(self) -> Path:
        """The machine's certificate authorities and the sandbox's."""
        return self.dir / "ca-bundle.crt"

    @property
    def log(self) -> Path:
        return self.dir / "log"

    @property
    def messages(self) -> Path:
        return self.dir / "messages.jsonl"

    @property
    def progress(self) -> Path:
        return self.log / "start.log"

    @property
    def failed_start_log(self) -> Path:
        """Beside the folder, which a failed first start removes."""
        return self.dir.parent / f"{self.name}.failed-start.log"

    @property
    def netns(self) -> str:
        return f"coinfleet-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"coinfleet-{self.name}"

    @property
    def comment(self) -> str:
        """Marks this sandbox's rules in the machine's firewall."""
        return f"coinfleet-sandbox:{self.name}"


def layout(name: str) -> Layout:
    """Paths of the sandbox with this name, which need not exist."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise SandboxError(
            f'"{name}" cannot be the name of a sandbox: allowed are lower-case letters, digits and "-", at most 31.',
            "Choose another --name. Nothing has been changed.",
        )
    made = Layout(name, state_root() / name)
    if len(str(made.control_socket)) > LONGEST_SOCKET_PATH:
        raise SandboxError(
            f"The path {made.control_socket} is too long for a socket: it may have at most {LONGEST_SOCKET_PATH} characters.",
            "Set XDG_STATE_HOME to a shorter folder. Nothing has been changed.",
        )
    return made
