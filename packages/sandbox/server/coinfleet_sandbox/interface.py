"""The border between the sandbox's API (what AWS answers) and its hypervisor (what really happens).

Both sides import only this module. Every method of `Hypervisor` blocks until the work is done and raises
`HypervisorError` when it failed; the API calls the slow ones in threads of its own, so the hypervisor must be
safe for several threads. Calls about one instance or one volume never overlap.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

InstanceState = Literal["running", "stopped", "terminated"]


class HypervisorError(Exception):
    """Something that the hypervisor was asked for did not happen. The text is shown to the user."""


@dataclass(frozen=True)
class InstanceSpec:
    """All that is needed to create the machine behind an EC2 instance."""

    id: str
    image_ref: str
    """What `create_image` returned for the image, or the `image_ref` of a `SourceImage`."""
    instance_type: str
    vcpus: int
    memory_mib: int
    """Memory of the instance type; the hypervisor may give less."""
    region: str
    zone: str
    subnet_id: str
    subnet_cidr: str
    vpc_cidr: str
    private_ip: str
    mac: str
    hostname: str
    """Private DNS name, such as `ip-10-0-1-5.eu-central-1.compute.internal`."""


@dataclass(frozen=True)
class MetadataOptions:
    """Options of the metadata service, as `ModifyInstanceMetadataOptions` left them."""

    http_tokens: Literal["required", "optional"] = "required"
    http_put_response_hop_limit: int = 1
    http_endpoint: Literal["enabled", "disabled"] = "enabled"
    instance_metadata_tags: Literal["enabled", "disabled"] = "disabled"


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of an instance's role. `expiration` is ISO 8601 in UTC."""

    role_name: str
    access_key_id: str
    secret_access_key: str
    token: str
    last_updated: str
    expiration: str


@dataclass(frozen=True)
class InstanceView:
    """What the metadata service may tell an instance about itself, read at the moment of the call."""

    id: str
    account_id: str
    region: str
    zone: str
    image_id: str
    instance_type: str
    architecture: str
    reservation_id: str
    launch_index: int
    launch_time: str
    """ISO 8601 in UTC."""
    private_ip: str
    public_ip: str | None
    mac: str
    hostname: str
    vpc_id: str
    vpc_cidr: str
    subnet_id: str
    subnet_cidr: str
    security_groups: tuple[str, ...]
    """Names of the groups."""
    security_group_ids: tuple[str, ...]
    user_data: bytes | None
    """Decoded user data."""
    public_keys: dict[str, str]
    """Key pair name → OpenSSH public key line."""
    metadata_options: MetadataOptions
    instance_profile_arn: str | None
    instance_profile_id: str | None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """One rule of the security groups of an instance, with group references already resolved to addresses.

    `protocol` is `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `all`. Ports are None for all ports (and
    for icmp: all types). `cidrs` are IPv4 or IPv6 CIDRs of the other end; an empty tuple matches nobody.
    """

    direction: Literal["ingress", "egress"]
    protocol: str
    from_port: int | None
    to_port: int | None
    cidrs: tuple[str, ...]


@dataclass(frozen=True)
class DnsRecord:
    """One record set. Aliases and weights are resolved: `values` is what a resolver answers now."""

    name: str
    """Lower case, without the last dot. May start with `*.`."""
    type: Literal["A", "AAAA", "CNAME", "TXT", "SRV", "MX", "PTR"]
    ttl: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class CommandResult:
    """End of a script on a host. `exit_code` is the script's own, or 124 with `timed_out`, 130 with `cancelled`."""

    exit_code: int
    stdout: str
    stderr: str
    timed_out: bool = False
    cancelled: bool = False


@dataclass(frozen=True)
class SourceImage:
    """A machine image that exists before anybody has made one."""

    name: str
    owner_id: str
    image_ref: str
    description: str = ""
    architecture: str = "x86_64"
    root_device_name: str = "/dev/xvda"
    root_size_gib: int = 8


TargetHealth = Literal["initial", "healthy", "unhealthy", "draining"]


@dataclass(frozen=True)
class LoadBalancerTarget:
    """One target of a load balancer's target group."""

    address: str
    port: int


@dataclass(frozen=True)
class LoadBalancerListener:
    """One TCP listener, with the targets behind it and how they are checked."""

    port: int
    targets: tuple[LoadBalancerTarget, ...]
    health_protocol: Literal["TCP", "HTTP", "HTTPS"]
    health_port: int | None
    """None: the target's own port."""
    health_path: str
    interval_sec: int
    timeout_sec: int
    healthy_threshold: int
    unhealthy_threshold: int
    idle_timeout_sec: int
    """A connection that carries nothing for longer is cut off."""
    drain_sec: int
    """How long the connections of a deregistered target may go on."""
    ends_drained: bool
    """Whether they are cut off after that."""
    ends_unhealthy: bool
    """Whether a target that becomes unhealthy loses its connections."""


@dataclass(frozen=True)
class LoadBalancer:
    """A network load balancer: its addresses (one per subnet) and listeners."""

    arn: str
    name: str
    dns_name: str
    addresses: tuple[str, ...]
    listeners: tuple[LoadBalancerListener, ...]
    rules: tuple[Rule, ...] | None = None
    """Of its security groups. None: it has none, and lets everything through."""


class Hypervisor(Protocol):
    """What the API asks of the machine. Ids are EC2's (`i-…`, `vol-…`, `snap-…`, `ami-…`)."""

    def run_instance(self, spec: InstanceSpec) -> None:
        """Create and boot; returns once init runs (the guest need not be reachable yet)."""

    def start_instance(self, instance_id: str) -> None:
        """Boot a stopped instance; its attached volumes are there again."""

    def stop_instance(self, instance_id: str, force: bool) -> None:
        """Shut down as the power button does; `force` pulls the plug."""

    def reboot_instance(self, instance_id: str) -> None:
        """Restart the guest."""

    def terminate_instance(self, instance_id: str) -> None:
        """Shut down and remove the machine and its root file system. Unknown ids are not an error."""

    def has_instance(self, instance_id: str) -> bool:
        """Whether a machine for this id exists (running or not)."""

    def is_running(self, instance_id: str) -> bool:
        """Whether the guest is up: its init runs."""

    def is_ready(self, instance_id: str) -> bool:
        """Whether commands can run in the guest (what AWS says by an online SSM agent)."""

    def create_volume(self, volume_id: str, size_gib: int, snapshot_id: str | None) -> None:
        """Make a blank volume, or one with the content of a completed snapshot."""

    def delete_volume(self, volume_id: str) -> None:
        """Remove a detached volume. Unknown ids are not an error."""

    def grow_volume(self, volume_id: str, size_gib: int) -> None:
        """Make a volume bigger, also while it is attached."""

    def attach_volume(self, volume_id: str, instance_id: str, device: str) -> None:
        """Show the volume to the guest (at once when it runs, else at its next start)."""

    def detach_volume(self, volume_id: str, instance_id: str, force: bool) -> None:
        """Take the volume from the guest. Without `force`, a volume that is mounted stays: raise `HypervisorError`."""

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Copy the volume as it is at the moment of the call."""

    def copy_snapshot(self, snapshot_id: str, source_id: str) -> None:
        """Copy a completed snapshot. Regions share their data: ids are unique."""

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot. Unknown ids are not an error."""

    def create_image(self, image_id: str, instance_id: str) -> str:
        """Make a machine image from the instance's root file system; returns its `image_ref`."""

    def delete_image(self, image_id: str, image_ref: str) -> None:
        """Remove the image that `image_ref` names; `image_id` may be of a copy. Unknown ones are not an error."""

    def run_command(
        self, instance_id: str, script: str, timeout_sec: int, cancel: threading.Event, shell: str = "/bin/sh"
    ) -> CommandResult:
        """Run a script as root on the host, at most `timeout_sec`; end it when `cancel` is set."""

    def console_output(self, instance_id: str) -> str:
        """The last lines that the guest wrote to its console."""

    def apply_security_groups(self, instance_id: str, rules: Sequence[Rule]) -> None:
        """Replace the rules of a host, live. What no rule allows is dropped; answers to allowed traffic pass.

        Called before `run_instance` too: the rules are remembered and are in force from the first moment of each start.
        """

    def set_public_address(self, instance_id: str, public_ip: str | None) -> None:
        """Make the instance reachable at this public address (None: at none). Addresses come from `public_cidr`."""

    def set_dns(self, records: Sequence[DnsRecord]) -> None:
        """Replace all records that resolvers in the sandbox answer, within a second."""

    def set_load_balancers(self, load_balancers: Sequence[LoadBalancer]) -> None:
        """Replace all load balancers."""

    def target_health(self, load_balancer_arn: str, listener_port: int) -> dict[LoadBalancerTarget, TargetHealth]:
        """`address:port` → healthy, for the targets of a listener."""


class SandboxApi(Protocol):
    """What the API offers to the hypervisor and to the sandbox's process. Made by `coinfleet_sandbox.api.build_app`."""

    def __call__(self, environ: dict[str, object], start_response: object) -> object:
        """WSGI application: all AWS services, and the registry under its ECR and public names."""

    def instance_by_address(self, address: str) -> InstanceView | None:
        """The instance that has this private address now."""

    def instance(self, instance_id: str) -> InstanceView | None:
        """The instance with this id."""

    def role_credentials(self, instance_id: str) -> RoleCredentials | None:
        """Credentials of the instance's role; the same ones until five minutes before they expire."""

    def on_instance_state(self, instance_id: str, state: InstanceState, reason: str) -> None:
        """The guest powered off, rebooted or crashed by itself."""

    def resume(self) -> None:
        """After the servers listen: start the machines that state says run, and set rules, DNS and load balancers again."""

    def save_state(self) -> None:
        """Write all state, atomically, and mark it clean. Call once, after the servers have stopped."""

    def close(self) -> None:
        """Stop all threads."""
