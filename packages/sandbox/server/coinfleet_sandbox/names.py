"""Names that both the command and the server know."""

from __future__ import annotations


def container_name(instance_id: str) -> str:
    """The container behind an instance."""
    return f"host-{instance_id}"
