"""EC2 settings of a whole region that moto lacks. Kept, without effect: nothing is public here."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.settings import Settings

from .context import Context
from .ec2_support import ec2_backend, mark, marked
from .errors import aws_error
from .overrides import add

OFF = "unblocked"
STATES = ("block-all-sharing", "block-new-sharing")


def install(context: Context) -> None:
    """Add the block of public snapshots."""

    def answer(state: str) -> ActionResult:
        mark(ec2_backend(context), "snapshot_sharing", state)
        return ActionResult({"State": state})

    def enable_snapshot_block_public_access(self: Any) -> ActionResult:
        state = self._get_param("State")
        if state not in STATES:
            raise aws_error("InvalidParameterValue", f"State must be one of {', '.join(STATES)}, not {state}")
        return answer(state)

    def disable_snapshot_block_public_access(_: Any) -> ActionResult:
        return answer(OFF)

    def get_snapshot_block_public_access_state(_: Any) -> ActionResult:
        return ActionResult({"State": marked(ec2_backend(context), "snapshot_sharing", OFF)})

    add(Settings, "enable_snapshot_block_public_access", enable_snapshot_block_public_access)
    add(Settings, "disable_snapshot_block_public_access", disable_snapshot_block_public_access)
    add(Settings, "get_snapshot_block_public_access_state", get_snapshot_block_public_access_state)
