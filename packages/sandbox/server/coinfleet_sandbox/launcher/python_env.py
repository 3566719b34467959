"""The server's Python packages, in a virtual environment in the cache."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from coinfleet_sandbox.launcher.layout import cache_dir
from coinfleet_sandbox.launcher.locks import locked
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import run

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def python_with_packages(progress: Progress) -> Path:
    """A Python interpreter that has what requirements.txt lists; made when it is not in the cache."""
    inputs = f"{sys.version}\n{sys.executable}\n".encode() + REQUIREMENTS.read_bytes()
    digest = hashlib.sha256(inputs).hexdigest()[:16]
    root = cache_dir() / f"python-{digest}"
    python = root / "bin" / "python"
    if (root / ".complete").exists():
        return python
    with locked(cache_dir() / f"python-{digest}.lock", "the Python packages", progress):
        if (root / ".complete").exists():
            return python
        # A virtual environment knows its own path, so it is built in place and marked when it is whole.
        shutil.rmtree(root, ignore_errors=True)
        with progress.step("installing the server's Python packages", "30 s"):
            run([sys.executable, "-m", "venv", root])
            run([python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], timeout=900)
        (root / ".complete").touch()
    return python
