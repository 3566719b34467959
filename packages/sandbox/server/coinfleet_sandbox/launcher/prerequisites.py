"""What the machine must have before a sandbox can start."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import run, succeeds, tool_env

PACKAGES: dict[str, str] = {
    "docker.io": "dockerd",
    "packer": "packer",
    "dnsmasq-base": "dnsmasq",
    "docker-registry": "docker-registry",
    "debootstrap": "debootstrap",
    "haproxy": "haproxy",
    "nftables": "nft",
    "iptables": "iptables",
    "iproute2": "ip",
    "xfsprogs": "mkfs.xfs",
    "e2fsprogs": "mkfs.ext4",
    "util-linux": "unshare",
}
FREE_GIB = 5


def missing_packages() -> list[str]:
    """Debian packages whose program is not on this machine."""
    path = tool_env()["PATH"]
    absent = [package for package, program in PACKAGES.items() if shutil.which(program, path=path) is None]
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        absent.append("python3-venv")
    return absent


def require_linux_root() -> None:
    if platform.system() != "Linux":
        raise SandboxError(
            f"The sandbox needs Linux (this is {platform.system()}): its hosts are containers of the machine's own kernel.",
            "Run it in a Linux virtual machine. Nothing has been changed.",
        )
    if os.geteuid() != 0:
        raise SandboxError(
            "The sandbox needs root: it makes a network namespace, mounts and block devices.",
            "Run it as root, or install sudo. Nothing has been changed.",
        )


def require_space(folder: Path) -> None:
    """Refuse to begin what a full disk would end half-way."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 2**30
    if free < FREE_GIB:
        raise SandboxError(
            f"Only {free:.1f} GiB are free under {folder}; the sandbox needs at least {FREE_GIB} GiB to begin.",
            "Make room, or set XDG_STATE_HOME and XDG_CACHE_HOME to folders on a bigger disk. Nothing has been changed.",
        )


def install_missing(progress: Progress) -> None:
    """Install Debian packages that are missing, after saying which."""
    absent = missing_packages()
    if not absent:
        return
    if shutil.which("apt-get") is None:
        programs = ", ".join(PACKAGES.get(name, name) for name in absent)
        raise SandboxError(
            f"These programs are missing: {programs}, and there is no apt-get to install them.",
            f"Install what Debian calls {' '.join(absent)}. Nothing has been changed.",
        )
    with progress.step(f"installing Debian packages: {' '.join(absent)}", "1 min"):
        # Packages must not start services of their own: the sandbox has its own docker.
        env = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
        run([*env, "apt-get", "update", "-q"], timeout=600)
        run([*env, "apt-get", "install", "-q", "-y", "--no-install-recommends", *absent], timeout=1800)
    still = [name for name in missing_packages() if name != "python3-venv"]
    if still:
        raise SandboxError(f"After their installation these Debian packages still lack their program: {', '.join(still)}.")


def require_kernel() -> None:
    """Features without which nothing works, by the file that shows them."""
    for path, what in (("/dev/loop-control", "loop devices"), ("/proc/sys/net/ipv4/ip_forward", "IPv4 forwarding")):
        if not Path(path).exists():
            raise SandboxError(f"This kernel does not offer {what} ({path} is missing).", "Use another machine. Nothing has been changed.")
    has_overlay = "overlay" in Path("/proc/filesystems").read_text()
    if not has_overlay and not (shutil.which("modprobe", path=tool_env()["PATH"]) and succeeds(["modprobe", "overlay"])):
        raise SandboxError("This kernel has no overlay file system.", "Use another machine. Nothing has been changed.")
