"""Run Command: a script as root on a host, as the SSM agent would run it."""

from __future__ import annotations

import secrets
import subprocess
import threading
import time
from typing import IO

from coinfleet_sandbox.hypervisor.engine import Engine
from coinfleet_sandbox.interface import CommandResult
from coinfleet_sandbox.names import container_name
from coinfleet_sandbox.shell import tool_env

OUTPUT_LIMIT = 1 << 20
KILL_AFTER_SEC = 5
TIMED_OUT, CANCELLED = 124, 130

# The script comes by standard input into a file, because a script that is read from standard input while it runs
# is eaten by the first of its programs that reads standard input, too.
WRAPPER = """\
umask 077; folder=/run/sandbox-command/$1; mkdir -p "$folder"; cat >"$folder/script"
cd /root 2>/dev/null || cd /
setsid timeout --kill-after={kill}s "$2" "$3" "$folder/script" </dev/null & echo $! >"$folder/pid"
wait $!; code=$?; rm -rf "$folder"; exit $code
"""
CANCEL = 'pid=$(cat /run/sandbox-command/$1/pid) && kill -TERM -- "-$pid"; sleep 2; kill -KILL -- "-$pid" 2>/dev/null; true'


class _Capture(threading.Thread):
    """Reads a pipe to its end and keeps the beginning."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = bytearray()
        self.start()

    def run(self) -> None:
        while chunk := self._pipe.read1(65536) if hasattr(self._pipe, "read1") else self._pipe.read(65536):
            self._kept += chunk[: max(0, OUTPUT_LIMIT - len(self._kept))]

    def text(self) -> str:
        self.join(timeout=10)
        return self._kept.decode(errors="replace")


def run_script(engine: Engine, instance_id: str, script: str, timeout_sec: int, cancel: threading.Event, shell: str) -> CommandResult:
    """Run a script on a host and wait for its end."""
    token, name = secrets.token_hex(8), container_name(instance_id)
    wrapper = WRAPPER.replace("{kill}", str(KILL_AFTER_SEC))
    argv = engine.cli("exec", "-i", "-e", "HOME=/root", name, "/bin/sh", "-c", wrapper, "sh", token, f"{timeout_sec}s", shell)
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tool_env())
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("a process was started without the pipes it was asked for")
    stdout, stderr = _Capture(process.stdout), _Capture(process.stderr)
    try:
        process.stdin.write(script.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass
    deadline = time.monotonic() + timeout_sec + KILL_AFTER_SEC + 10
    cancelled = False
    while process.poll() is None:
        if cancel.is_set() and not cancelled:
            cancelled = True
            subprocess.run(engine.cli("exec", name, "/bin/sh", "-c", CANCEL, "sh", token), capture_output=True, env=tool_env())
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.05)
    code = process.wait()
    timed_out = not cancelled and (code == TIMED_OUT or code < 0)
    final = CANCELLED if cancelled else TIMED_OUT if timed_out else code
    return CommandResult(final, stdout.text(), stderr.text(), timed_out, cancelled)
