"""Lines that say what is being done, how far it is, and how long it has taken."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

REPEAT_SEC = 15


class Progress:
    """Writes `[ 12 s] what` lines; a long step repeats itself so that a silent terminal never looks dead."""

    def __init__(self, stream: TextIO | None = None, started: float | None = None) -> None:
        self.stream = stream or sys.stderr
        self._started = time.time() if started is None else started
        self._lock = threading.Lock()

    @property
    def started(self) -> float:
        return self._started

    def say(self, text: str) -> None:
        with self._lock:
            print(f"[{time.time() - self._started:4.0f} s] {text}", file=self.stream, flush=True)

    @contextmanager
    def step(self, what: str, usually: str = "") -> Iterator[None]:
        """Announce a step, repeat it while it lasts, and say how long it took when that was long."""
        self.say(f"{what}{f' (usually {usually})' if usually else ''} …")
        begun = time.monotonic()
        done = threading.Event()

        def repeat() -> None:
            while not done.wait(REPEAT_SEC):
                self.say(f"{what}: {time.monotonic() - begun:.0f} s so far")

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
        spent = time.monotonic() - begun
        if spent > 2:
            self.say(f"{what}: done in {spent:.1f} s")
