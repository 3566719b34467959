"""One command at a time per sandbox, and one builder at a time per cached thing."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coinfleet_sandbox.progress import Progress


@contextmanager
def locked(path: Path, what: str, progress: Progress) -> Iterator[None]:
    """Hold a lock file, which exists only meanwhile. Says so when another process has it, and waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _acquire(path, what, progress)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def _acquire(path: Path, what: str, progress: Progress) -> IO[str]:
    has_said = False
    while True:
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not has_said:
                progress.say(f"waiting for another process that works on {what}")
                has_said = True
            fcntl.flock(file, fcntl.LOCK_EX)
        # Its last owner removed the file while we waited for it: then this lock excludes nobody any more.
        try:
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
        except FileNotFoundError:
            pass
        file.close()
