"""`sandbox stop` and `sandbox down`."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher.control import ask
from coinfleet_sandbox.launcher.layout import Layout, cache_dir
from coinfleet_sandbox.launcher.outer_network import restore_forwarding
from coinfleet_sandbox.launcher.process import is_alive
from coinfleet_sandbox.launcher.record import Record, read_record, state_of, with_phase, write_record
from coinfleet_sandbox.launcher.start import clean_up_processes, remove_everything
from coinfleet_sandbox.progress import Progress

STOP_SEC = 720


def stop(layout: Layout, progress: Progress) -> None:
    """Shut down cleanly; `start` brings everything back. Call with the sandbox's lock held."""
    record = read_record(layout)
    state = state_of(record)
    if record is None or state == "stopped":
        progress.say(f'the sandbox "{layout.name}" does not run')
        return
    if state == "crashed":
        clean_up_processes(layout, record)
        raise SandboxError(
            f'The sandbox "{layout.name}" had ended without a clean stop. What it left in the kernel is removed, its files are kept.',
            "`sandbox start` recovers it from its last saved state; `sandbox down` removes it.",
        )
    with_phase(layout, record, "stopping")
    seen = layout.progress.stat().st_size
    ask(layout, "stop")
    _wait_end(layout, record, seen, progress)
    clean_up_processes(layout, record)
    write_record(layout, replace(record, phase="stopped", launcher=None, init=None))
    restore_forwarding(record)
    progress.say(f'the sandbox "{layout.name}" is stopped; its files are under {layout.dir}')


def _wait_end(layout: Layout, record: Record, seen: int, progress: Progress) -> None:
    deadline = time.monotonic() + STOP_SEC
    with layout.progress.open() as lines, progress.step("stopping"):
        lines.seek(seen)
        while record.launcher is not None and is_alive(record.launcher):
            for line in lines:
                print(line, end="", file=progress.stream, flush=True)
            if time.monotonic() > deadline:
                raise SandboxError(f"The sandbox did not stop within {STOP_SEC} s.", "`sandbox down` ends it by force and removes it.")
            time.sleep(0.05)


def down(layout: Layout, progress: Progress, with_cache: bool) -> None:
    """Remove the sandbox with all that it made. Call with the sandbox's lock held."""
    record = read_record(layout)
    layout.failed_start_log.unlink(missing_ok=True)
    if record is None:
        shutil.rmtree(layout.dir, ignore_errors=True)
        progress.say(f'there is no sandbox "{layout.name}"')
    else:
        with progress.step(f'removing the sandbox "{layout.name}"'):
            clean_up_processes(layout, record)
            remove_everything(layout, record)
    if with_cache:
        with progress.step(f"removing the cache {cache_dir()}"):
            shutil.rmtree(cache_dir(), ignore_errors=True)
