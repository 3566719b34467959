"""Small parts of the hypervisor and the launcher that need no machine."""

from __future__ import annotations

import os
import subprocess
import tarfile
import threading
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from test_hypervisor_firewall import SPEC

from coinfleet_sandbox.daemon.dns import config_lines, hosts_lines
from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.hypervisor.guest_files import CA_FILE, guest_archive
from coinfleet_sandbox.hypervisor.host_record import Attachment, HostRecord, HostRecords
from coinfleet_sandbox.hypervisor.volumes import GIB, Volumes, free_node
from coinfleet_sandbox.images.mirror import DEFAULT_MIRROR, debian_mirror
from coinfleet_sandbox.images.registry_store import write_registry_store
from coinfleet_sandbox.interface import DnsRecord, HypervisorError, Rule
from coinfleet_sandbox.launcher.layout import layout
from coinfleet_sandbox.launcher.locks import locked
from coinfleet_sandbox.launcher.process import ProcessId, identify, is_alive
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import run


def test_address_records_become_hosts_lines() -> None:
    records = [DnsRecord("node1.x.internal", "A", 60, ("10.0.1.5", "10.0.2.5")), DnsRecord("x.internal", "TXT", 60, ("t",))]
    assert hosts_lines(records) == ["10.0.1.5 node1.x.internal", "10.0.2.5 node1.x.internal"]


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (DnsRecord("a.internal", "CNAME", 60, ("b.internal.",)), "cname=a.internal,b.internal"),
        (DnsRecord("a.internal", "SRV", 60, ("1 2 8333 b.internal",)), "srv-host=a.internal,b.internal,8333,1,2"),
        (DnsRecord("*.a.internal", "A", 60, ("10.0.0.9",)), "address=/a.internal/10.0.0.9"),
    ],
)
def test_other_records_become_configuration(record: DnsRecord, line: str) -> None:
    assert config_lines([record]) == [line]


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "-a", "a" * 32, "a b"])
def test_a_sandbox_cannot_have_every_name(name: str) -> None:
    with pytest.raises(SandboxError, match="cannot be the name"):
        layout(name)


def test_a_path_too_long_for_a_socket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/tmp/" + "x" * 90)
    with pytest.raises(SandboxError, match="too long for a socket"):
        layout("default")


def test_a_reused_process_id_is_not_ours() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert is_alive(me)
    assert not is_alive(ProcessId(me.pid, me.start_ticks - 1))


def test_a_zombie_counts_as_ended() -> None:
    process = subprocess.Popen(["true"])
    deadline = 200
    while identify(process.pid) is not None and deadline:
        deadline -= 1
        os.sched_yield()
        subprocess.run(["sleep", "0.01"], check=True)
    assert identify(process.pid) is None
    process.wait()


def test_host_records_survive_a_restart(tmp_path: Path) -> None:
    record = HostRecord(
        SPEC, False, "198.19.0.20", (Attachment("vol-1", "/dev/sdf", "nvme1n1"),), (Rule("ingress", "tcp", 1, 2, ("::/0",)),)
    )
    HostRecords(tmp_path).put(record)
    assert HostRecords(tmp_path).get(SPEC.id) == record


def test_an_unknown_host_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match="no host i-9"):
        HostRecords(tmp_path).get("i-9")


def test_a_volume_cannot_shrink(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path / "volumes", tmp_path / "snapshots")
    volumes.create("vol-1", 2, None)
    with pytest.raises(HypervisorError, match="cannot shrink"):
        volumes.grow("vol-1", 1)
    assert volumes.file("vol-1").stat().st_size == 2 * GIB


def test_a_volume_from_a_snapshot_has_its_content_and_its_own_size(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path / "volumes", tmp_path / "snapshots")
    volumes.create("vol-1", 1, None)
    with volumes.file("vol-1").open("r+b") as file:
        file.write(b"before")
    volumes.snapshot("snap-1", "vol-1")
    with volumes.file("vol-1").open("r+b") as file:
        file.write(b"after!")
    volumes.create("vol-2", 2, "snap-1")
    file_2 = volumes.file("vol-2")
    assert (file_2.open("rb").read(6), file_2.stat().st_size) == (b"before", 2 * GIB)
    assert file_2.stat().st_blocks * 512 < GIB / 10


def test_a_copy_of_a_snapshot_has_its_content_and_outlives_it(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path / "volumes", tmp_path / "snapshots")
    volumes.create("vol-1", 1, None)
    with volumes.file("vol-1").open("r+b") as file:
        file.write(b"before")
    volumes.snapshot("snap-1", "vol-1")
    volumes.copy_snapshot("snap-2", "snap-1")
    volumes.delete_snapshot("snap-1")
    volumes.create("vol-2", 1, "snap-2")
    assert volumes.file("vol-2").open("rb").read(6) == b"before"
    with pytest.raises(HypervisorError, match="no snapshot snap-1"):
        volumes.copy_snapshot("snap-3", "snap-1")


def test_a_copy_of_a_mounted_xfs_can_be_mounted_beside_it(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path / "volumes", tmp_path / "snapshots")
    volumes.create("vol-1", 1, None)
    run(["mkfs.xfs", "-q", volumes.file("vol-1")])
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    try:
        run(["mount", f"/dev/loop{volumes.loop_number('vol-1')}", folders[0]])
        (folders[0] / "chain").write_text("blocks")
        run(["sync", "-f", folders[0]])
        volumes.snapshot("snap-1", "vol-1")
        volumes.create("vol-2", 1, "snap-1")
        run(["mount", f"/dev/loop{volumes.loop_number('vol-2')}", folders[1]])
        assert (folders[1] / "chain").read_text() == "blocks"
    finally:
        for folder in folders:
            run(["umount", folder], check=False)
        for volume in ("vol-1", "vol-2"):
            volumes.release(volume)


def test_a_volume_of_a_missing_snapshot_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match="no snapshot"):
        Volumes(tmp_path / "volumes", tmp_path / "snapshots").create("vol-1", 1, "snap-9")


def test_device_names_are_used_again() -> None:
    used = (Attachment("vol-1", "/dev/sdf", "nvme1n1"), Attachment("vol-3", "/dev/sdh", "nvme3n1"))
    assert free_node(used) == "nvme2n1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mirror.sources", "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n"),
        ("mirror.list", "deb [signed-by=/x] http://mirror.example/debian bookworm main\n"),
    ],
)
def test_the_machines_own_mirror_is_used(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / name).write_text(text)
    assert debian_mirror(tmp_path) == "http://mirror.example/debian"


def test_without_a_mirror_the_public_one_is_used(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://packages.example/other stable main\n")
    assert debian_mirror(tmp_path) == DEFAULT_MIRROR


def test_the_registry_store_is_the_same_for_the_same_content(tmp_path: Path) -> None:
    def store(name: str) -> str:
        tar = tmp_path / f"{name}.tar"
        with tarfile.open(tar, "w") as archive:
            archive.addfile(tarfile.TarInfo("etc"))
        return write_registry_store(tmp_path / name, tar, "public/debian/debian", "slim")

    assert store("one") == store("two")
    assert (tmp_path / "one/docker/registry/v2/repositories/public/debian/debian/_manifests/tags/slim/current/link").exists()


def test_a_guest_gets_the_authoritys_certificate() -> None:
    with tarfile.open(fileobj=BytesIO(guest_archive(b"certificate", "0a1b2c3d"))) as archive:
        assert archive.getmember("etc/ssl/certs/0a1b2c3d.0").linkname == f"/{CA_FILE}"
        content = archive.extractfile(CA_FILE)
        assert content is not None
        assert content.read() == b"certificate"


def test_a_lock_excludes_others_and_leaves_no_file(tmp_path: Path) -> None:
    path, order, inside = tmp_path / "lock", [], 0

    def work() -> None:
        nonlocal inside
        for _ in range(20):
            with locked(path, "it", Progress(StringIO())):
                inside += 1
                order.append(inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == [1] * 80
    assert list(tmp_path.iterdir()) == []
