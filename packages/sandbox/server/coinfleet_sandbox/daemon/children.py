"""Programs that the server starts and looks after."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.shell import tool_env

log = logging.getLogger(__name__)
RESTARTS = 5
"""A program that ends more often than this within a minute is given up."""


class Child:
    """A program that runs until it is stopped, and is started again when it ends by itself."""

    def __init__(self, name: str, argv: Sequence[str], log_file: Path, on_restart: Callable[[], None] | None = None) -> None:
        self.name = name
        self._argv = list(argv)
        self._log_file = log_file
        self._on_restart = on_restart
        self._stopping = threading.Event()
        self._restarting = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._ends: list[float] = []

    def start(self) -> None:
        self._spawn()
        threading.Thread(target=self._watch, name=f"watch-{self.name}", daemon=True).start()

    def _spawn(self) -> None:
        with self._log_file.open("ab") as output:
            self._process = subprocess.Popen(self._argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=tool_env())

    def _watch(self) -> None:
        while self._process is not None:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            if self._restarting.is_set():
                self._restarting.clear()
                self._spawn()
                continue
            now = time.monotonic()
            self._ends = [moment for moment in self._ends if now - moment < 60] + [now]
            log.error("%s ended with exit code %s", self.name, code)
            if len(self._ends) > RESTARTS:
                log.critical("%s ended %d times within a minute; giving up", self.name, len(self._ends))
                return
            self._spawn()
            if self._on_restart:
                self._on_restart()

    def wait_until(self, is_ready: Callable[[], bool], timeout_sec: float) -> None:
        """Wait for the program to be of use; an error quotes the end of its log."""
        deadline = time.monotonic() + timeout_sec
        while not is_ready():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = self._log_file.read_text(errors="replace")[-1500:]
                raise SandboxError(
                    f"{self.name} {'ended' if ended else f'was not ready after {timeout_sec:.0f} s'}. Its last words:\n{tail}"
                )
            time.sleep(0.05)

    def hang_up(self) -> None:
        """SIGHUP: read the files again."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(1)

    def restart(self, argv: Sequence[str] | None = None) -> None:
        """End the program; it comes back at once, with other arguments if they are given."""
        self._argv = list(argv or self._argv)
        if self._process is not None:
            self._restarting.set()
            self._process.terminate()

    def stop(self, timeout_sec: float = 15) -> None:
        self._stopping.set()
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_sec)
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %.0f s; killed", self.name, timeout_sec)
            self._process.kill()
            self._process.wait()
