"""Shared by the EC2 parts: finding moto's objects, state codes, marks that this package keeps on them."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import InstanceState, StateReason

from .context import Context

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
ALIVE = ("pending", "running", "stopping", "stopped")


def ec2_backend(context: Context) -> Any:
    """moto's EC2 backend of the sandbox's account and region."""
    return ec2_backends[context.options.account_id][context.options.region]


def all_instances(context: Context) -> list[Any]:
    """Every instance that the API still lists, terminated ones included."""
    return list(ec2_backend(context).all_instances())


def find_instance(context: Context, instance_id: str) -> Any | None:
    """The instance, or None."""
    return ec2_backend(context).get_instance_by_id(instance_id)


def set_state(instance: Any, name: str, reason: str = "", code: str = "") -> None:
    """Move an instance to a state; a reason is shown as AWS shows it."""
    instance._state = InstanceState(name, STATE_CODES[name])
    instance._reason = reason
    instance.state_reason = StateReason(reason, code) if reason else StateReason()


def state_of(instance: Any) -> str:
    """Name of the instance's state."""
    return str(instance._state.name)


def mark(obj: Any, name: str, value: Any) -> None:
    """Keep a fact of ours on one of moto's objects; it is saved with it."""
    setattr(obj, f"sandbox_{name}", value)


def marked(obj: Any, name: str, default: Any = None) -> Any:
    """Read what `mark` kept."""
    return getattr(obj, f"sandbox_{name}", default)


def is_root_volume(volume: Any) -> bool:
    """Whether this volume stands for a machine's root file system, which the hypervisor keeps itself."""
    return bool(marked(volume, "root", False))
