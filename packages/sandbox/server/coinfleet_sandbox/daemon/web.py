"""The API's web servers: plain for the machine, TLS under AWS's names for the guests."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import Any

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from coinfleet_sandbox.daemon.tls import CertificateAuthority

THREADS = 24
QUEUE = 128


class _AwsNames(BuiltinSSLAdapter):
    """Uses a context that chooses its certificate by the name that the client asks for."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        # The handshake happens with the first read, in a worker: a slow client must not keep others from connecting.
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class WebServer:
    """One listening address, served by a pool of threads."""

    def __init__(self, address: tuple[str, int], application: Any, authority: CertificateAuthority | None = None) -> None:
        self._server = wsgi.Server(address, application, numthreads=THREADS, request_queue_size=QUEUE, timeout=120, shutdown_timeout=2)
        self._server.max_request_body_size = 0
        # Above its limit the server hangs up after an answer, and a client that has just sent its next request would send it twice.
        self._server.keep_alive_conn_limit = 1024
        if authority is not None:
            self._server.ssl_adapter = _AwsNames(authority.server_context())
        self._thread = threading.Thread(target=self._server.serve, name=f"web-{address[1]}", daemon=True)

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(timeout=10)
