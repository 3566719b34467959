"""The socket through which `bin/sandbox` speaks with a running sandbox: one JSON line each way."""

from __future__ import annotations

import json
import logging
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)
Handler = Callable[[dict[str, object]], dict[str, object]]


class _Connection(socketserver.StreamRequestHandler):
    server: ControlServer

    def handle(self) -> None:
        try:
            answer = self.server.handler(json.loads(self.rfile.readline()))
        except Exception as error:
            log.exception("a control request failed")
            answer = {"error": str(error)}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class ControlServer(socketserver.ThreadingUnixStreamServer):
    """Listens in a thread of its own."""

    daemon_threads = True

    def __init__(self, path: Path, handler: Handler) -> None:
        path.unlink(missing_ok=True)
        self.handler = handler
        super().__init__(str(path), _Connection)
        path.chmod(0o600)
        threading.Thread(target=self.serve_forever, name="control", daemon=True).start()
