"""A hypervisor of plain records, for tests of the API alone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

from coinfleet_sandbox.hypervisor.paper import PaperHypervisor
from coinfleet_sandbox.interface import CommandResult


class FakeHypervisor(PaperHypervisor):
    """Machines on paper, whose commands run in a local shell."""

    def run_command(
        self, instance_id: str, script: str, timeout_sec: int, cancel: threading.Event, shell: str = "/bin/sh"
    ) -> CommandResult:
        self._call("run_command", instance_id, script)
        process = subprocess.Popen([shell, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        deadline = time.time() + timeout_sec
        while process.poll() is None:
            if cancel.is_set() or time.time() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return CommandResult(130 if cancel.is_set() else 124, "", "", not cancel.is_set(), cancel.is_set())
            time.sleep(0.02)
        out, err = process.communicate()
        return CommandResult(process.returncode, out, err)
