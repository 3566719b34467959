"""The way from the machine to HTTPS under production names.

A program outside (the docker provider asks the registry for an image's digest) knows `<account>.dkr.ecr.<region>.amazonaws.com`
and no endpoint variable for it. `HTTPS_PROXY` leads it in here, where the sandbox's DNS answers; every other name leads out again,
as from any host of the sandbox.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading

log = logging.getLogger(__name__)
LONGEST_HEAD = 8192
CONNECT_SEC = 20


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(CONNECT_SEC)
        head = self._head()
        method, _, rest = head.partition(b" ")
        target = rest.split(b" ", 1)[0].decode("ascii", "replace")
        host, _, port = target.rpartition(":")
        if method != b"CONNECT" or not host or not port.isdigit():
            self.request.sendall(b"HTTP/1.1 405 Only CONNECT\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            upstream = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SEC)
        except OSError as error:
            log.warning("no way to %s: %s", target, error)
            self.request.sendall(b"HTTP/1.1 502 Bad gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with upstream:
            self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.request.settimeout(None)
            upstream.settimeout(None)
            back = threading.Thread(target=_copy, args=(upstream, self.request), daemon=True)
            back.start()
            _copy(self.request, upstream)
            back.join()

    def _head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD:
            part = self.request.recv(4096)
            if not part:
                break
            head += part
        return head


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class EgressProxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that knows CONNECT only."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, name="egress", daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
