"""Parameter Store: sizes by tier, and no version that has no room."""

from __future__ import annotations

from typing import Any

from moto.ssm.models import SimpleSystemManagerBackend

from .errors import aws_error
from .overrides import replace

STANDARD_BYTES, ADVANCED_BYTES = 4096, 8192
TIERS = ("Standard", "Advanced", "Intelligent-Tiering")


def resolve_tier(tier: str | None, current: str | None, size: int, has_policies: bool) -> str:
    """Tier that a value is stored in. Raises ValidationException when it does not fit."""
    wanted = tier or current or "Standard"
    if wanted not in TIERS:
        raise aws_error("ValidationException", f"Value '{wanted}' at 'tier' failed to satisfy constraint: must be one of {TIERS}")
    if wanted == "Intelligent-Tiering":
        wanted = "Advanced" if size > STANDARD_BYTES or has_policies or current == "Advanced" else "Standard"
    if current == "Advanced" and wanted == "Standard":
        message = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier."
        raise aws_error("ValidationException", message)
    if wanted == "Standard" and size > STANDARD_BYTES:
        message = (
            f"Standard tier parameters support a maximum parameter value of {STANDARD_BYTES} characters. "
            "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        )
        raise aws_error("ValidationException", message)
    if size > ADVANCED_BYTES:
        message = f"Advanced tier parameters support a maximum parameter value of {ADVANCED_BYTES} characters."
        raise aws_error("ValidationException", message)
    return wanted


def install() -> None:
    """Check each value against its tier."""

    def put_parameter(original: Any) -> Any:
        def wrapped(self: Any, name: str, description: Any, value: str, *rest: Any, tier: str | None, policies: Any) -> Any:
            versions = self._parameters.get(name) or []
            current = versions[-1].tier if versions else None
            size = len((value or "").encode())
            resolved = resolve_tier(tier, current, size, bool(policies))
            return original(self, name, description, value, *rest, tier=resolved, policies=policies)

        return wrapped

    replace(SimpleSystemManagerBackend, "put_parameter", put_parameter)
