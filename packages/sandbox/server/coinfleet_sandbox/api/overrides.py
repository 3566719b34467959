"""The one way in which this package changes moto: replacing methods and properties by name, checked to exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replace(owner: type | Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `owner.name` by `make(original)`. Fails when moto has no such name, so that a new moto is noticed."""
    original = owner.__dict__.get(name) if isinstance(owner, type) else getattr(owner, name)
    if original is None:
        original = getattr(owner, name)
    saved = getattr(original, "_sandbox_original", original)
    replacement = make(saved)
    target: Any = replacement.fget if isinstance(replacement, property) else replacement
    if callable(target):
        target._sandbox_original = saved
    setattr(owner, name, replacement)


def add(owner: type, name: str, value: Callable[..., Any]) -> None:
    """Give moto's class a method that it lacks."""
    value.__name__ = name
    setattr(owner, name, value)
