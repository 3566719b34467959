"""The machine's own network namespace, seen from inside the sandbox."""

from __future__ import annotations

import logging
import subprocess

from coinfleet_sandbox.shell import tool_env

log = logging.getLogger(__name__)


class Outside:
    """Routes on the machine to the private addresses of hosts, so that programs there can reach them."""

    def __init__(self, namespace_fd: int, gateway: str) -> None:
        self._fd, self._gateway = namespace_fd, gateway

    def _ip(self, *arguments: str) -> bool:
        argv = ["nsenter", f"--net=/proc/self/fd/{self._fd}", "ip", *arguments]
        done = subprocess.run(argv, pass_fds=[self._fd], capture_output=True, text=True, env=tool_env())
        return done.returncode == 0

    def add_route(self, address: str) -> None:
        """Does nothing when the address is another sandbox's already: then only public addresses lead here."""
        if not self._ip("route", "add", f"{address}/32", "via", self._gateway):
            log.info("%s is reached from the machine by its public address only, or had its route already", address)

    def remove_route(self, address: str) -> None:
        self._ip("route", "delete", f"{address}/32", "via", self._gateway)
