"""What processes of a sandbox leave in the kernel when they are killed: loop devices and control groups."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher.layout import Layout
from coinfleet_sandbox.shell import run

CGROUPS = Path("/sys/fs/cgroup")


def loop_devices(layout: Layout) -> list[str]:
    """Loop devices over files of this sandbox."""
    found: list[str] = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = backing.read_text().strip().removesuffix(" (deleted)")
        except (FileNotFoundError, OSError):
            continue
        if Path(file).is_relative_to(layout.dir.resolve()):
            found.append(f"/dev/{backing.parts[3]}")
    return found


def release_loop_devices(layout: Layout) -> None:
    deadline = time.monotonic() + 10
    while devices := loop_devices(layout):
        for device in devices:
            run(["losetup", "--detach", device], check=False)
        if time.monotonic() > deadline:
            raise SandboxError(
                f"These loop devices are still in use: {', '.join(devices)}.", "See who uses them with `lsof`, then try again."
            )
        time.sleep(0.05)


def hierarchies() -> list[Path]:
    """Where control groups are made: one place, or one for each controller."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in CGROUPS.iterdir() if path.is_dir() and not path.is_symlink()]


def cgroup_dirs(layout: Layout) -> list[Path]:
    """The control groups of this sandbox, one per hierarchy."""
    return [path for hierarchy in hierarchies() if (path := hierarchy / layout.cgroup).is_dir()]


def _members(root: Path) -> list[int]:
    pids: list[int] = []
    for file in root.rglob("cgroup.procs"):
        try:
            pids += [int(word) for word in file.read_text().split()]
        except OSError:
            continue
    return pids


def remove_cgroups(layout: Layout) -> None:
    """Remove the (by now empty) control groups, the deepest first."""
    deadline = time.monotonic() + 10
    for root in cgroup_dirs(layout):
        while root.exists():
            for path in [*sorted((p for p in root.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts)), root]:
                with contextlib.suppress(OSError):
                    path.rmdir()
            if not root.exists():
                break
            if time.monotonic() > deadline:
                raise SandboxError(f"The control group {root} still has processes: {_members(root)[:10]}.", "Try again.")
            time.sleep(0.05)


def remove_files(layout: Layout) -> None:
    """Delete the sandbox's folder."""
    run(["rm", "-rf", "--one-file-system", layout.dir], check=False, timeout=900)
    if layout.dir.exists():
        raise SandboxError(f"Some files under {layout.dir} could not be removed.", f"Look for mounts: `findmnt | grep {layout.dir}`.")
