"""State on disk: everything that moto and this package know, in one file, replaced as a whole.

The file begins with one line of JSON (`version`, `clean`, `savedAt`), so that it can be judged before it is trusted. A running
API keeps a checkpoint that is not clean; a clean stop writes one that is. Locks, threads and open files are not state: they
are made anew. The file is only ever read from the sandbox's own directory, which belongs to the user.
"""

from __future__ import annotations

import _thread
import collections
import importlib
import io
import json
import os
import pickle
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import moto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict

from .context import Context, log

FORMAT = 1
VERSION = f"{FORMAT}/moto-{moto.__version__}"
FILE_NAME = "api-state.bin"
PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)


class StateError(Exception):
    """State that cannot be used. The text says what to do."""


@dataclass(frozen=True)
class LoadedState:
    """How the API found its state: `clean` after a clean stop, `recovered` from a checkpoint after a kill, or `empty`."""

    kind: str
    saved_at: float | None = None


def _private_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)


def _spooled(content: bytes) -> Any:
    file: Any = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 (moto keeps it open)
    file.write(content)
    file.seek(0)
    return file


def _default_dict(kind: type, factory: Any) -> Any:
    """Subclasses of defaultdict have constructors of their own, which pickle does not know."""
    made: Any = object.__new__(kind) if not issubclass(kind, dict) else dict.__new__(kind)
    made.default_factory = factory
    return made


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Also takes functions that moto keeps in its backends, such as the factories of its default dictionaries."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _thread.LockType):
            return threading.Lock, ()
        if isinstance(obj, _thread.RLock):
            return threading.RLock, ()
        if isinstance(obj, threading.Condition):
            return threading.Condition, ()
        if isinstance(obj, threading.Event):
            return threading.Event, ()
        if isinstance(obj, PRIVATE_KEYS):
            plain = serialization.NoEncryption()
            pem = obj.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
            return _private_key, (pem,)
        if isinstance(obj, tempfile.SpooledTemporaryFile):
            position = obj.tell()
            obj.seek(0)
            content = obj.read()
            obj.seek(position)
            return _spooled, (content,)
        if isinstance(obj, collections.defaultdict) and type(obj) is not collections.defaultdict:
            return _default_dict, (type(obj), obj.default_factory), dict(vars(obj)), None, iter(obj.items())
        return super().reducer_override(obj)


def _backends() -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """(module, name of its BackendDict) → account → region → backend."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for backends in {id(b): b for b in BackendDict._instances}.values():
        module = importlib.import_module(backends.backend.__module__)
        name = next((name for name, value in vars(module).items() if value is backends), None)
        if name is not None:
            found[(module.__name__, name)] = {account: dict(regions.items()) for account, regions in backends.items()}
    return found


def dump(context: Context) -> bytes:
    """All state as bytes. Call with the context's lock held."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump({"backends": _backends(), "store": context.store})
    return buffer.getvalue()


def restore(context: Context, data: bytes) -> None:
    """Put saved state in the place of what is there."""
    loaded = pickle.loads(data)
    for (module_name, name), accounts in loaded["backends"].items():
        backends = getattr(importlib.import_module(module_name), name)
        for account, regions in accounts.items():
            for region, backend in regions.items():
                backends[account][region] = backend
    # State of an earlier version of this package may lack fields: they begin empty.
    vars(context.store).update(vars(loaded["store"]))


def _write(path: Path, clean: bool, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"version": VERSION, "clean": clean, "savedAt": time.time()}).encode() + b"\n"
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(header)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class StateFile:
    """Saves and loads the API's state."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.path = context.options.state_dir / FILE_NAME
        self._last: bytes | None = None
        self._writing = threading.Lock()

    def save(self, clean: bool) -> None:
        """Write the state if it differs from what was written."""
        with self._writing:
            with self.context.lock:
                data = dump(self.context)
            if clean or data != self._last:
                _write(self.path, clean, data)
                self._last = data

    def load(self) -> LoadedState:
        """Restore what is there. Raises StateError when it is of another version or broken."""
        if not self.path.exists():
            return LoadedState("empty")
        with self.path.open("rb") as file:
            try:
                header = json.loads(file.readline())
            except ValueError as error:
                raise StateError(_unusable(self.path, "it is damaged")) from error
            if header.get("version") != VERSION:
                raise StateError(_unusable(self.path, f"it is of version {header.get('version')}, and this is {VERSION}"))
            data = file.read()
        try:
            with self.context.lock:
                restore(self.context, data)
        except Exception as error:
            raise StateError(_unusable(self.path, f"it cannot be read ({type(error).__name__}: {error})")) from error
        kind = "clean" if header["clean"] else "recovered"
        if kind == "recovered":
            log.warning("the sandbox was not stopped cleanly: going on from the checkpoint of %s", time.ctime(header["savedAt"]))
        return LoadedState(kind, header["savedAt"])


def _unusable(path: Path, why: str) -> str:
    return f"The saved state {path} cannot be used: {why}. Run `sandbox down` and start afresh; nothing has been changed."
