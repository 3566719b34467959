"""Public addresses of instances, from a range that the machine routes into this sandbox."""

from __future__ import annotations

import ipaddress
import random

from moto.ec2.models import ec2_backends, elastic_ip_addresses, elastic_network_interfaces

from coinfleet_sandbox.api.errors import aws_error
from coinfleet_sandbox.api.overrides import replace

RESERVED = 10
"""The first addresses stay free for the sandbox itself."""


def _in_use() -> set[str]:
    found: set[str] = set()
    for regions in ec2_backends.values():
        for backend in regions.values():
            found |= {address.public_ip for address in backend.addresses}
            found |= {interface.public_ip for interface in backend.enis.values() if interface.public_ip}
    return found


def use_public_range(cidr: str) -> None:
    """Let the API give out addresses of this range instead of random ones of the internet."""
    pool = [str(address) for address in ipaddress.ip_network(cidr).hosts()][RESERVED:]

    def take() -> str:
        free = sorted(set(pool) - _in_use())
        if not free:
            raise aws_error("InsufficientAddressCapacity", f"All {len(pool)} public addresses of the sandbox are in use.")
        return random.choice(free)

    replace(elastic_network_interfaces, "random_public_ip", lambda _: take)
    replace(elastic_ip_addresses, "random_ip", lambda _: take)
