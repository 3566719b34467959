"""What makes the sandbox's instances, disks, networks and firewalls real."""

from coinfleet_sandbox.hypervisor.hypervisor import LocalHypervisor

__all__ = ["LocalHypervisor"]
