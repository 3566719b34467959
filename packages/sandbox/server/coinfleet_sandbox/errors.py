"""The one error that a user of the sandbox is meant to read."""

from __future__ import annotations


class SandboxError(Exception):
    """What went wrong, what state that leaves, and what to do about it."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\n  fix      {self.fix}" if self.fix else text
