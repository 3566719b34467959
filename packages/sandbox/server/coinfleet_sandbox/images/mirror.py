"""From where this machine takes Debian."""

from __future__ import annotations

import re
from pathlib import Path

DEFAULT_MIRROR = "http://deb.debian.org/debian"
SUITE = "bookworm"
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+/debian)/?\s+" + SUITE + r"\s", re.MULTILINE)
_URIS = re.compile(r"^URIs:\s*(\S+/debian)/?\s*$", re.MULTILINE)


def debian_mirror(apt: Path = Path("/etc/apt")) -> str:
    """The Debian mirror of the machine's own package sources, else the public one."""
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if not file.is_file():
            continue
        text = file.read_text(errors="replace")
        pattern = _URIS if file.suffix == ".sources" else _ONE_LINE
        found = pattern.search(text)
        if found:
            return found.group(1)
    return DEFAULT_MIRROR
