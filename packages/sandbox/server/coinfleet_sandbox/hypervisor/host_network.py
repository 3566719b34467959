"""The cable of a host: one pair of virtual devices, routed, so that the firewall sees every packet."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from coinfleet_sandbox.hypervisor.host_record import HostRecord, interface_name
from coinfleet_sandbox.interface import HypervisorError
from coinfleet_sandbox.launcher.outer_network import MTU
from coinfleet_sandbox.shell import run

GUEST_DEVICE = "eth0"


def connect(host: HostRecord, pid: int) -> None:
    """Give the guest its address. The default route comes last: the guest's init waits for it."""
    spec, name = host.spec, interface_name(host.id)
    in_guest = ["nsenter", f"--target={pid}", "--net", "ip"]
    subnet = ipaddress.ip_network(spec.subnet_cidr)
    router = str(subnet.network_address + 1)
    disconnect(host)
    if (taken := run(["ip", "-oneline", "route", "show", spec.private_ip])) and "dev h" in taken:
        raise HypervisorError(
            f"The address {spec.private_ip} of {spec.id} is in use by a host of another VPC. The sandbox routes all VPCs together: "
            "give their VPCs different CIDRs."
        )
    run(["ip", "link", "add", name, "mtu", str(MTU), "type", "veth", "peer", "name", GUEST_DEVICE, "netns", str(pid)])
    for key, value in (("proxy_arp", "1"), ("rp_filter", "1")):
        Path(f"/proc/sys/net/ipv4/conf/{name}/{key}").write_text(value)
    # Without this the kernel answers for its neighbours only after a random part of 0.8 s.
    Path(f"/proc/sys/net/ipv4/neigh/{name}/proxy_delay").write_text("0")
    run(["ip", "link", "set", name, "up"])
    run(["ip", "route", "add", f"{spec.private_ip}/32", "dev", name])
    run([*in_guest, "link", "set", GUEST_DEVICE, "address", spec.mac, "mtu", str(MTU)])
    run([*in_guest, "address", "add", f"{spec.private_ip}/{subnet.prefixlen}", "dev", GUEST_DEVICE])
    run([*in_guest, "link", "set", GUEST_DEVICE, "up"])
    run([*in_guest, "route", "add", "default", "via", router])


def disconnect(host: HostRecord) -> None:
    """Remove the cable, if the end of the guest's namespace has not removed it already."""
    name = interface_name(host.id)
    if name in run(["ip", "-oneline", "link", "show", "type", "veth"]):
        run(["ip", "link", "delete", name], check=False)
