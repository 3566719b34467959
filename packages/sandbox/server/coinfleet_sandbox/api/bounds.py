"""Keeps moto from growing without end, and from waiting with the lock held."""

from __future__ import annotations

import time
from typing import Any

from moto.core.common_models import BaseModel
from moto.sqs.models import Queue

from .context import Context
from .overrides import replace

QUEUE_POLL_SEC = 0.2


def install(context: Context) -> None:
    """Bound what grows with use."""

    def wait_for_messages(_: Any) -> Any:
        def wait(self: Any, timeout: float) -> None:
            with context.unlocked():
                time.sleep(min(timeout, QUEUE_POLL_SEC))

        return wait

    replace(Queue, "wait_for_messages", wait_for_messages)

    def untracked(cls: type, *args: Any, **kwargs: Any) -> Any:
        """moto's own keeps every model object for ever in a list of its class."""
        return super(BaseModel, cls).__new__(cls)

    BaseModel.__new__ = untracked
