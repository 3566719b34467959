"""The WSGI application: registry requests to the registry, all others to moto, one at a time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import RequestEntityTooLarge

from . import ecr_scans
from .context import Context, log
from .coverage import why_missing
from .errors import current_service, error_document
from .lifecycle_manager import LifecycleManager
from .registry import Registry
from .repeats import Answer, Repeats
from .s3_buckets import came_by_tls, is_encrypted

MAX_BODY = 128 * 1024 * 1024
READ_ONLY = ("Describe", "Get", "List", "Search", "Lookup")
HOST_SERVICE = re.compile(r"^(?P<service>[a-z0-9.-]+?)(\.(?P<region>[a-z]{2}(-[a-z]+)+-\d))?\.(amazonaws\.com|api\.aws)$")

StartResponse = Callable[..., Any]
Environ = dict[str, Any]


def read_body(environ: Environ) -> bytes:
    """The whole request body, however it is framed."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" or not length:
        body = stream.read() if environ.get("HTTP_TRANSFER_ENCODING") else b""
    else:
        if int(length) > MAX_BODY:
            raise RequestEntityTooLarge
        body = stream.read(int(length))
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def service_of(environ: Environ) -> str:
    """Name of the service that a request is for, from its signature or its host; for messages and routing."""
    scope = re.search(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if scope:
        return scope.group(1)
    host = HOST_SERVICE.match(environ.get("HTTP_HOST", "").split(":")[0])
    if host:
        service = host.group("service").removeprefix("api.")
        return "s3" if service.endswith(".s3") else service
    is_signed_url = "X-Amz-Signature" in environ.get("QUERY_STRING", "")
    return "s3" if is_signed_url or environ.get("HTTP_AUTHORIZATION", "").startswith("AWS ") else "unknown"


def region_of(environ: Environ) -> str | None:
    """Region that a request is signed for."""
    scope = re.search(r"Credential=[^/]+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return scope.group(1) if scope else None


def action_of(environ: Environ, body: bytes) -> str:
    """Name of the action, where a request carries it."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).split(".")[-1]
    smithy = re.search(r"/operation/(\w+)", environ.get("PATH_INFO", ""))
    if smithy:
        return smithy.group(1)
    query = body.decode("utf-8", "replace") if "urlencoded" in environ.get("CONTENT_TYPE", "") else environ.get("QUERY_STRING", "")
    action = parse_qs(query).get("Action")
    return action[0] if action else f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"


class _Recorder:
    """Keeps what an inner application hands to start_response."""

    status = "500 Internal Server Error"
    headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        self.status, self.headers = status, headers
        return lambda _: None


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """Also finds services by the production host name, for requests that are not signed."""

    def infer_service_region_host(self, environ: Environ, path: str) -> str | None:
        host = environ.get("HTTP_HOST", "").split(":")[0]
        if "HTTP_AUTHORIZATION" not in environ and HOST_SERVICE.match(host):
            return str(host)
        inferred: str | None = super().infer_service_region_host(environ, path)
        return inferred


class Application:
    """Routes requests; holds the context's lock while moto answers."""

    def __init__(self, context: Context, registry: Registry, lifecycle_manager: LifecycleManager) -> None:
        self.context = context
        self.registry = registry
        self.lifecycle_manager = lifecycle_manager
        self.moto = _Dispatcher(create_backend_app)
        self.repeats = Repeats()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").split(":")[0].lower()
        path = environ.get("PATH_INFO", "")
        if self.registry.serves(host, path):
            return self.registry.handle(host, environ, start_response)
        if path == "/_sandbox/health":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"status":"ok"}']
        if path.startswith(ecr_scans.PATH):
            return self._say_scan(environ, start_response, path.removeprefix(ecr_scans.PATH))
        if path.startswith("/moto-api"):
            return self._fail(environ, start_response, "404 Not Found", "NotFound", "moto's own interface is not served")
        return self._call_service(environ, start_response)

    def _say_scan(self, environ: Environ, start_response: StartResponse, digest: str) -> Iterable[bytes]:
        try:
            ecr_scans.remember(self.context, digest, read_body(environ))
        except ValueError as error:
            return self._fail(environ, start_response, "400 Bad Request", "ValidationException", str(error))
        start_response("204 No Content", [])
        return []

    def _call_service(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            body = read_body(environ)
        except RequestEntityTooLarge:
            message = f"A request may have {MAX_BODY} bytes."
            return self._fail(environ, start_response, "413 Content Too Large", "RequestEntityTooLarge", message)
        service, action = service_of(environ), action_of(environ, body)
        missing = why_missing(service, action, region_of(environ), self.context.options.region)
        if missing:
            return self._missing(environ, start_response, service, action, missing)
        current_service.set(service)
        is_encrypted.set(came_by_tls(environ))
        try:
            with self.context.lock:
                if service == "dlm":
                    return self.lifecycle_manager.handle(environ, body, start_response)
                known = self.repeats.find(environ)
                if known is not None:
                    start_response(known.status, known.headers)
                    return [known.body]
                recorder = _Recorder()
                answer = b"".join(self.moto(environ, recorder))
                if not action.startswith(READ_ONLY):
                    self.repeats.keep(environ, Answer(recorder.status, recorder.headers, answer))
        except NotImplementedError as error:
            return self._missing(environ, start_response, service, action, str(error))
        except Exception as error:
            return self._broken(environ, start_response, service, action, error)
        content_type = dict(recorder.headers).get("Content-Type", "")
        if recorder.status.startswith("404") and "text/html" in content_type and service != "s3":
            return self._missing(environ, start_response, service, action, "no such path")
        if not action.startswith(READ_ONLY) and service in ("ec2", "route53", "elasticloadbalancing", "autoscaling"):
            self.context.network_changed.set()
        start_response(recorder.status, recorder.headers)
        return [answer]

    def _missing(self, environ: Environ, start_response: StartResponse, service: str, action: str, detail: str) -> Iterable[bytes]:
        message = f"The sandbox does not emulate {service}:{action} ({detail}). See packages/sandbox/docs/api.md for what it emulates."
        log.warning("%s", message)
        return self._fail(environ, start_response, "501 Not Implemented", "NotImplemented", message)

    def _broken(self, environ: Environ, start_response: StartResponse, service: str, action: str, error: Exception) -> Iterable[bytes]:
        log.exception("%s:%s failed", service, action)
        message = f"The sandbox failed in {service}:{action}: {type(error).__name__}: {error}"
        return self._fail(environ, start_response, "500 Internal Server Error", "InternalFailure", message)

    def _fail(self, environ: Environ, start_response: StartResponse, status: str, code: str, message: str) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        kind, body = error_document(content_type, code, message, is_ec2=service_of(environ) == "ec2")
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", code)])
        return [body]
