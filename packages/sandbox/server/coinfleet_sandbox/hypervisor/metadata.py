"""The instance metadata service at 169.254.169.254, version 2 with tokens and hop limit."""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from coinfleet_sandbox.hypervisor.metadata_tree import metadata_tree, render_node
from coinfleet_sandbox.interface import InstanceView, RoleCredentials

log = logging.getLogger(__name__)
TOKEN_HEADER = "X-aws-ec2-metadata-token"
TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
LONGEST_TOKEN_SEC = 21600


class Instances(Protocol):
    """What the service asks the API about instances."""

    def instance_by_address(self, address: str) -> InstanceView | None: ...

    def role_credentials(self, instance_id: str) -> RoleCredentials | None: ...


class Tokens:
    """Session tokens; each belongs to one instance, as on EC2."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    def issue(self, instance_id: str, seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        now = time.monotonic()
        with self._lock:
            self._tokens = {key: value for key, value in self._tokens.items() if value[1] > now}
            self._tokens[token] = (instance_id, now + seconds)
        return token

    def is_valid(self, token: str, instance_id: str) -> bool:
        with self._lock:
            owner, end = self._tokens.get(token, ("", 0.0))
        return owner == instance_id and end > time.monotonic()


class MetadataHandler(BaseHTTPRequestHandler):
    """One connection. Its packets live as many hops as the instance allows, so a container behind NAT gets no answer."""

    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    timeout = 30
    server: MetadataServer
    view: InstanceView | None = None

    def setup(self) -> None:
        self.view = self.server.instances.instance_by_address(self.client_address[0])
        hops = self.view.metadata_options.http_put_response_hop_limit if self.view else 1
        self.request.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
        super().setup()

    def log_message(self, format: str, *args: object) -> None:
        log.debug("%s %s", self.client_address[0], format % args)

    def answer(self, status: int, body: str | bytes = "", headers: dict[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _enabled_view(self) -> InstanceView | None:
        """The instance as it is now; answers by itself when there is none or its metadata service is off."""
        view = self.server.instances.instance_by_address(self.client_address[0])
        if view is None:
            self.answer(404)
        elif view.metadata_options.http_endpoint == "disabled":
            self.answer(403)
            return None
        return view

    def do_PUT(self) -> None:
        view = self._enabled_view()
        if view is None:
            return
        seconds = self.headers.get(TTL_HEADER, "")
        if self.path.rstrip("/") != "/latest/api/token":
            self.answer(404)
        elif self.headers.get("X-Forwarded-For"):
            self.answer(403)
        elif not seconds.isdigit() or not 1 <= int(seconds) <= LONGEST_TOKEN_SEC:
            self.answer(400)
        else:
            self.answer(200, self.server.tokens.issue(view.id, int(seconds)), {TTL_HEADER: seconds})

    def do_GET(self) -> None:
        view = self._enabled_view()
        if view is None:
            return
        token = self.headers.get(TOKEN_HEADER)
        is_refused = view.metadata_options.http_tokens == "required" if token is None else not self.server.tokens.is_valid(token, view.id)
        if is_refused:
            self.answer(401)
        else:
            self._serve(view)

    do_HEAD = do_GET

    def _serve(self, view: InstanceView) -> None:
        parts = [part for part in self.path.split("?", 1)[0].split("/") if part]
        if not parts:
            return self.answer(200, "latest\n2021-03-23\n2020-10-27\n2018-09-24\n2016-09-02\n2009-04-04")
        if parts[1:] == ["user-data"]:
            return self.answer(200, view.user_data, {"Content-Type": "application/octet-stream"}) if view.user_data else self.answer(404)
        if parts[0] != "latest" and not parts[0][:4].isdigit():
            return self.answer(404)
        credentials = self.server.instances.role_credentials(view.id) if "iam" in parts else None
        node: object = metadata_tree(view, credentials)
        for part in parts[1:]:
            if not isinstance(node, dict) or part not in node:
                return self.answer(404)
            node = node[part]
        body = render_node(node)
        kind = "application/json" if body.startswith("{") and json.loads(body) else "text/plain"
        return self.answer(200, body, {"Content-Type": kind})


class MetadataServer(ThreadingHTTPServer):
    """Serves all instances; each is known by its source address, which the firewall keeps true."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], instances: Instances) -> None:
        self.instances = instances
        self.tokens = Tokens()
        super().__init__(address, MetadataHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("a metadata connection from %s broke off", client_address, exc_info=True)
