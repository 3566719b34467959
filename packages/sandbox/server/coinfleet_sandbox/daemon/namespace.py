"""The sandbox's own view of /run and /etc, and the addresses of its network namespace."""

from __future__ import annotations

import re
from pathlib import Path

from coinfleet_sandbox.daemon import addresses
from coinfleet_sandbox.shell import run

ETC_UPPER = Path("/run/coinfleet-etc")
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "1",
    "net/ipv4/conf/default/rp_filter": "1",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/route_localnet": "0",
    "net/netfilter/nf_conntrack_tcp_timeout_established": "86400",
}


def upstream_dns() -> list[str]:
    """The machine's name servers that can be reached from another network namespace."""
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        file = Path(path)
        if file.exists():
            servers = re.findall(r"^nameserver\s+([0-9.]+)\s*$", file.read_text(), re.MULTILINE)
            usable = [server for server in servers if not server.startswith("127.")]
            if usable:
                return usable
    return []


def make_private_files() -> None:
    """Cover /run and /etc, so that neither the machine's services are seen nor its files changed."""
    run(["mount", "-t", "tmpfs", "-o", "mode=755,size=256m", "tmpfs", "/run"])
    for part in ("upper", "work"):
        (ETC_UPPER / part).mkdir(parents=True)
    run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/etc,upperdir={ETC_UPPER}/upper,workdir={ETC_UPPER}/work", "/etc"])
    Path("/run/lock").mkdir(exist_ok=True)


def write_resolver_files() -> None:
    """Resolve names by the sandbox's own DNS, which knows the AWS names."""
    for path, text in (
        (Path("/etc/resolv.conf"), f"nameserver {addresses.DNS}\noptions timeout:2 attempts:3\n"),
        (Path("/etc/hosts"), "127.0.0.1 localhost\n"),
    ):
        path.unlink(missing_ok=True)
        path.write_text(text)


def set_up_network(public_cidr: str) -> None:
    """The services' addresses on the loopback device, and routing between hosts."""
    for address in (addresses.METADATA, addresses.DNS, addresses.API):
        run(["ip", "address", "replace", f"{address}/32", "dev", "lo"])
    for key, value in SYSCTLS.items():
        file = Path("/proc/sys") / key
        if file.exists():
            file.write_text(value)
    # A public address that no instance has must not travel back and forth on the cable to the machine.
    run(["ip", "route", "replace", "unreachable", public_cidr])
