"""EBS volumes: sparse files, behind loop devices while a running host has them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from coinfleet_sandbox.hypervisor.host_record import Attachment
from coinfleet_sandbox.interface import HypervisorError
from coinfleet_sandbox.shell import run, succeeds

GIB = 2**30
MODEL = "Amazon_Elastic_Block_Store"


class Volumes:
    """The files of volumes and snapshots, and the loop devices over them."""

    def __init__(self, volumes: Path, snapshots: Path) -> None:
        self._volumes, self._snapshots = volumes, snapshots
        for folder in (volumes, snapshots):
            folder.mkdir(parents=True, exist_ok=True)

    def file(self, volume_id: str) -> Path:
        return self._volumes / f"{volume_id}.img"

    def _snapshot_file(self, snapshot_id: str) -> Path:
        return self._snapshots / f"{snapshot_id}.img"

    def _existing_snapshot(self, snapshot_id: str) -> Path:
        file = self._snapshot_file(snapshot_id)
        if not file.exists():
            raise HypervisorError(f"There is no snapshot {snapshot_id} in this sandbox.")
        return file

    def _existing(self, volume_id: str) -> Path:
        file = self.file(volume_id)
        if not file.exists():
            raise HypervisorError(f"There is no volume {volume_id} in this sandbox.")
        return file

    def create(self, volume_id: str, size_gib: int, snapshot_id: str | None) -> None:
        file = self.file(volume_id)
        if snapshot_id is not None:
            _copy(self._existing_snapshot(snapshot_id), file)
        with file.open("ab") as handle:
            handle.truncate(max(size_gib * GIB, handle.seek(0, os.SEEK_END)))
        if snapshot_id is not None:
            _own_xfs_uuid(file)

    def delete(self, volume_id: str) -> None:
        self.release(volume_id)
        self.file(volume_id).unlink(missing_ok=True)

    def grow(self, volume_id: str, size_gib: int) -> None:
        file = self._existing(volume_id)
        if file.stat().st_size > size_gib * GIB:
            raise HypervisorError(f"{volume_id} has {file.stat().st_size / GIB:.0f} GiB already: a volume cannot shrink to {size_gib} GiB.")
        os.truncate(file, size_gib * GIB)
        for device in self._loops(volume_id):
            run(["losetup", "--set-capacity", device])

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        for device in self._loops(volume_id):
            run(["blockdev", "--flushbufs", device], check=False)
        _copy(self._existing(volume_id), self._snapshot_file(snapshot_id))

    def copy_snapshot(self, snapshot_id: str, source_id: str) -> None:
        _copy(self._existing_snapshot(source_id), self._snapshot_file(snapshot_id))

    def delete_snapshot(self, snapshot_id: str) -> None:
        self._snapshot_file(snapshot_id).unlink(missing_ok=True)

    def _loops(self, volume_id: str) -> list[str]:
        lines = run(["losetup", "--associated", self.file(volume_id)]).splitlines()
        return [line.split(":", 1)[0] for line in lines]

    def loop_number(self, volume_id: str) -> int:
        """The minor number of the volume's loop device, which is made when there is none."""
        file = self._existing(volume_id)
        devices = self._loops(volume_id)
        device = devices[0] if devices else run(["losetup", "--find", "--show", file]).strip()
        return int(device.removeprefix("/dev/loop"))

    def release(self, volume_id: str) -> None:
        for device in self._loops(volume_id):
            run(["losetup", "--detach", device], check=False)


def _copy(source: Path, target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    needed = source.stat().st_blocks * 512
    if free < needed + GIB:
        raise HypervisorError(f"No room for a copy of {source.name}: it has {needed / GIB:.1f} GiB, and {free / GIB:.1f} GiB are free.")
    temporary = target.with_suffix(".new")
    try:
        run(["cp", "--reflink=auto", "--sparse=always", source, temporary], timeout=3600)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _own_xfs_uuid(file: Path) -> None:
    """Give a copied xfs an identity of its own: the hosts share one kernel, which mounts each UUID once. Anything else stays as it is."""
    if run(["blkid", "-p", "-o", "value", "-s", "TYPE", file], check=False).strip() != "xfs":
        return
    device = run(["losetup", "--find", "--show", file]).strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            # The UUID of a file system that was copied while in use is also in its log, which a mount replays.
            if not succeeds(["mount", "-t", "xfs", "-o", "nouuid", device, folder]):
                return
            run(["umount", folder])
        run(["xfs_admin", "-U", "generate", device])
    finally:
        run(["losetup", "--detach", device], check=False)


def free_node(attachments: tuple[Attachment, ...]) -> str:
    """The next device name in a guest. On EC2 the kernel chooses it, too: nobody may rely on the name asked for."""
    used = {attachment.node for attachment in attachments}
    return next(name for number in range(1, 128) if (name := f"nvme{number}n1") not in used)


def show_to_guest(pid: int, attachment: Attachment, loop_number: int) -> None:
    """Make the device node, the links and the udev data that EC2's kernel and udev would make."""
    root = Path(f"/proc/{pid}/root")
    node = root / "dev" / attachment.node
    node.unlink(missing_ok=True)
    os.mknod(node, 0o60660, os.makedev(7, loop_number))
    serial = attachment.volume_id.replace("-", "")
    by_id = root / "dev/disk/by-id"
    by_id.mkdir(parents=True, exist_ok=True)
    _link(by_id / f"nvme-{MODEL}_{serial}", f"../../{attachment.node}")
    if attachment.device.startswith("/dev/"):
        _link(root / attachment.device.lstrip("/"), attachment.node)
    udev = root / "run/udev/data"
    udev.mkdir(parents=True, exist_ok=True)
    properties = {"ID_SERIAL": f"{MODEL}_{serial}", "ID_SERIAL_SHORT": serial, "ID_MODEL": MODEL.replace("_", " ")}
    lines = [f"S:disk/by-id/nvme-{MODEL}_{serial}", *(f"E:{key}={value}" for key, value in properties.items())]
    (udev / f"b7:{loop_number}").write_text("\n".join(lines) + "\n")


def hide_from_guest(pid: int, attachment: Attachment, loop_number: int) -> None:
    root = Path(f"/proc/{pid}/root")
    serial = attachment.volume_id.replace("-", "")
    gone = [root / "dev" / attachment.node, root / f"dev/disk/by-id/nvme-{MODEL}_{serial}", root / f"run/udev/data/b7:{loop_number}"]
    if attachment.device.startswith("/dev/"):
        gone.append(root / attachment.device.lstrip("/"))
    for path in gone:
        path.unlink(missing_ok=True)


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def mounted_by(loop_number: int) -> list[int]:
    """Processes in whose mount namespace the device is mounted (one per namespace)."""
    seen: set[str] = set()
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            namespace = os.readlink(folder / "ns/mnt")
            if namespace in seen:
                continue
            seen.add(namespace)
            if any(line.split()[2] == f"7:{loop_number}" for line in (folder / "mountinfo").read_text().splitlines()):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def unmount_everywhere(loop_number: int) -> None:
    """Lazily unmount a device in every namespace: what pulling out a disk does."""
    for pid in mounted_by(loop_number):
        for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
            fields = line.split()
            if fields[2] == f"7:{loop_number}":
                run(["nsenter", f"--target={pid}", "--mount", "umount", "--lazy", fields[4]], check=False)
