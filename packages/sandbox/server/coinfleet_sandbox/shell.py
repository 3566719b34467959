"""Running programs and saying what failed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def tool_env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment with the folders in which Debian keeps the administrator's tools."""
    env = dict(os.environ)
    env["PATH"] = f"{env.get('PATH', '/usr/bin:/bin')}:{SBIN}"
    env["LC_ALL"] = "C.UTF-8"
    env.update(extra or {})
    return env


def run(argv: Sequence[str | Path], stdin: str | None = None, check: bool = True, timeout: float | None = 120) -> str:
    """Run a program and return what it printed. With `check`, a non-zero exit is an error that quotes it."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env=tool_env(),
            timeout=timeout,
        )
    except FileNotFoundError as error:
        raise SandboxError(f"The program {words[0]} is not installed.", "Run `sandbox start` again as root.") from error
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"`{' '.join(words)}` took more than {timeout:.0f} s.") from error
    if check and done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise SandboxError(f"`{' '.join(words)}` ended with exit code {done.returncode}: {said}")
    return done.stdout


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Whether a program ends with exit code 0."""
    return subprocess.run([str(word) for word in argv], capture_output=True, stdin=subprocess.DEVNULL, env=tool_env()).returncode == 0
