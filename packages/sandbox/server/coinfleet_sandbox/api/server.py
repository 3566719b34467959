"""HTTP and HTTPS servers for the API."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from .context import log


@dataclass(frozen=True)
class Bind:
    """An address to listen on; with a certificate it speaks TLS."""

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None


class Servers:
    """Running servers of one application."""

    def __init__(self, app: Any, binds: Sequence[Bind], threads: int = 24) -> None:
        self._servers = [self._make(app, bind, threads) for bind in binds]
        self._threads = [threading.Thread(target=server.serve, name="http", daemon=True) for server in self._servers]

    @staticmethod
    def _make(app: Any, bind: Bind, threads: int) -> Any:
        server = wsgi.Server((bind.host, bind.port), app, numthreads=threads, request_queue_size=128, timeout=75, shutdown_timeout=3)
        server.max_request_body_size = 0
        server.error_log = _log_error
        if bind.certificate is not None:
            server.ssl_adapter = BuiltinSSLAdapter(str(bind.certificate), str(bind.private_key))
        server.prepare()
        return server

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where the servers listen."""
        return [server.bind_addr for server in self._servers]

    def start(self) -> None:
        """Answer requests in the background."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being answered, and stop."""
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join(timeout=5)


def _log_error(message: str = "", level: int = 20, traceback: bool = False) -> None:
    log.debug("http server: %s", message)
