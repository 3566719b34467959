"""`sandbox start`: from nothing, or from a stopped or crashed sandbox, to a running one."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.images.builder import BaseImages, base_images
from coinfleet_sandbox.launcher import outer_network, prerequisites, remains
from coinfleet_sandbox.launcher.environment import write_docker_config
from coinfleet_sandbox.launcher.layout import Layout, state_root
from coinfleet_sandbox.launcher.locks import locked
from coinfleet_sandbox.launcher.process import ProcessId, boot_id, children, identify, is_alive, kill, wait_end
from coinfleet_sandbox.launcher.python_env import python_with_packages
from coinfleet_sandbox.launcher.record import Record, read_record, state_of, write_record
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import tool_env

SERVER_FOLDER = Path(__file__).resolve().parents[2]
READY_SEC = 300


def prepare(progress: Progress) -> tuple[Path, BaseImages]:
    """Make what all sandboxes share, where it is not there yet: the server's Python and the images of hosts. It touches no sandbox."""
    prerequisites.require_kernel()
    prerequisites.require_space(state_root())
    prerequisites.install_missing(progress)
    return python_with_packages(progress), base_images(progress)


def start(layout: Layout, progress: Progress) -> Record:
    """Make sure that the sandbox runs. Call with the sandbox's lock held."""
    record = read_record(layout)
    state = state_of(record)
    if record is not None and state == "running":
        return record
    python, images = prepare(progress)
    if record is not None and state == "crashed":
        progress.say(f'the sandbox "{layout.name}" did not end cleanly; recovering it from its last saved state')
    elif record is not None:
        progress.say(f'starting the sandbox "{layout.name}" again')
    try:
        # Two sandboxes that start at the same moment must not choose the same addresses.
        with locked(state_root() / ".addresses.lock", "the addresses of another sandbox", progress):
            claimed = _claim(layout, record)
        _launch(layout, claimed, python, images, progress)
        running = _wait_ready(layout, progress)
    except BaseException:
        _undo_start(layout, record is None, progress)
        raise
    layout.failed_start_log.unlink(missing_ok=True)
    return running


def _undo_start(layout: Layout, was_new: bool, progress: Progress) -> None:
    """After a start that failed: end what runs; of a sandbox that was not there before, keep only what its server said."""
    record = read_record(layout)
    if record is not None:
        clean_up_processes(layout, record)
    if not was_new:
        return
    log = layout.log / "server.log"
    if log.exists():
        layout.failed_start_log.write_bytes(log.read_bytes())
        progress.say(f"the log of the failed start is {layout.failed_start_log}; nothing else is left behind")
    if record is not None:
        remove_everything(layout, record)


def _claim(layout: Layout, record: Record | None) -> Record:
    layout.log.mkdir(parents=True, exist_ok=True)
    was_on = outer_network.FORWARDING.read_text().strip() == "1"
    if record is None:
        slot = outer_network.free_slot()
        record = Record(layout.name, slot, "starting", boot_id(), None, None, was_on)
    else:
        clean_up_processes(layout, record)
        record = replace(record, phase="starting", boot_id=boot_id(), launcher=None, init=None)
    write_record(layout, record)
    write_docker_config(layout)
    outer_network.create(layout, record)
    return record


def _launch(layout: Layout, record: Record, python: Path, images: BaseImages, progress: Progress) -> Record:
    """Start the server as the first process of new mount and process namespaces, in the network namespace."""
    layout.progress.write_text("")
    outside = os.open("/proc/self/ns/net", os.O_RDONLY)
    argv = [
        "nsenter",
        f"--net=/run/netns/{layout.netns}",
        "unshare",
        "--mount",
        "--propagation=private",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        str(python),
        str(SERVER_FOLDER / "coinfleet_sandbox/daemon/init.py"),
        *("--name", layout.name, "--dir", str(layout.dir), "--images", str(images.dir)),
        *("--outside-fd", str(outside), "--started", str(progress.started)),
    ]
    environment = tool_env({"PYTHONPATH": str(SERVER_FOLDER), "PYTHONDONTWRITEBYTECODE": "1"})
    with (layout.log / "server.err").open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment,
            start_new_session=True,
            pass_fds=[outside],
        )
    os.close(outside)
    launcher = identify(process.pid)
    init = _first_child(process.pid)
    if launcher is None or init is None:
        raise SandboxError(f"The sandbox's server did not start: {(layout.log / 'server.err').read_text()[-2000:]}")
    return write_record(layout, replace(record, launcher=launcher, init=init))


def _first_child(pid: int) -> ProcessId | None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and identify(pid) is not None:
        if found := children(pid):
            return identify(found[0])
        time.sleep(0.01)
    return None


def _wait_ready(layout: Layout, progress: Progress) -> Record:
    """Show the server's progress until it is ready."""
    deadline = time.monotonic() + READY_SEC
    with layout.progress.open() as lines:
        while True:
            record = read_record(layout)
            ended = record is None or record.launcher is None or not is_alive(record.launcher)
            for line in lines:
                print(line, end="", file=progress.stream, flush=True)
            if record is not None and record.phase == "running":
                progress.say(f'the sandbox "{layout.name}" runs')
                return record
            if ended:
                raise SandboxError("The sandbox's server ended while it started; see the lines above." + _last_words(layout))
            if time.monotonic() > deadline:
                raise SandboxError(f"The sandbox was not ready after {READY_SEC} s.")
            time.sleep(0.05)


def _last_words(layout: Layout) -> str:
    text = (layout.log / "server.err").read_text(errors="replace").strip()
    return f" Its last words:\n{text[-1500:]}" if text else ""


def clean_up_processes(layout: Layout, record: Record) -> None:
    """End whatever of the sandbox still runs, and remove what that leaves in the kernel. Files stay."""
    if record.boot_id == boot_id():
        for process in (record.init, record.launcher):
            if process is not None:
                kill(process)
                wait_end(process, 30)
    outer_network.remove(layout, record)
    remains.release_loop_devices(layout)
    remains.remove_cgroups(layout)


def remove_everything(layout: Layout, record: Record) -> None:
    """Remove a sandbox of which nothing runs any more."""
    remains.remove_files(layout)
    outer_network.restore_forwarding(record)
