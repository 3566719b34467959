"""Speaks with a running sandbox."""

from __future__ import annotations

import json
import socket

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher.layout import Layout


def ask(layout: Layout, command: str) -> dict[str, object]:
    """Send one request to the sandbox's server and return its answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(60)
            connection.connect(str(layout.control_socket))
            connection.sendall(json.dumps({"command": command}).encode() + b"\n")
            line = connection.makefile("rb").readline()
    except OSError as error:
        raise SandboxError(f'The sandbox "{layout.name}" does not answer: {error}.', f"See {layout.log}/server.log.") from error
    answer: dict[str, object] = json.loads(line or b"{}")
    if "error" in answer:
        raise SandboxError(str(answer["error"]))
    return answer
