"""The registry under its ECR names: a proxy that knows ECR's repositories, tags and logins.

Layers go straight through to a plain Docker registry. Manifests are checked and registered with ECR on the way in, and looked
up by ECR's own records on the way out, so that a deleted tag is gone and an immutable one stays.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3
from moto.core.exceptions import ServiceException
from moto.ecr.models import ecr_backends

from .context import Context, log

ECR_HOST = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com$")
PUBLIC_HOST = "public.ecr.aws"
PUBLIC_PREFIX = "public/"
ROUTE = re.compile(r"^/v2/(?P<name>[a-z0-9][a-z0-9._/-]*)/(?P<kind>manifests|blobs|tags)/(?P<rest>.+)$")
CHUNK = 256 * 1024
USER = "AWS"
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authenticate"}
PASSED_HEADERS = {
    "HTTP_ACCEPT": "Accept",
    "HTTP_RANGE": "Range",
    "HTTP_CONTENT_RANGE": "Content-Range",
    "CONTENT_TYPE": "Content-Type",
    "HTTP_IF_NONE_MATCH": "If-None-Match",
}

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def login_password(account_id: str) -> str:
    """A password that looks like ECR's, base64 of a JSON object: clients tell by its first letters whether it is one."""
    return base64.b64encode(json.dumps({"payload": f"{account_id}-auth-token", "type": "DATA_KEY"}).encode()).decode()


def registry_password(account_id: str) -> str:
    """Password of the user AWS, as GetAuthorizationToken gives it."""
    return f"{account_id}-auth-token"


class _Refused(Exception):
    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _body(environ: Environ) -> Iterator[bytes]:
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    remaining = int(length) if length else None
    while remaining is None or remaining > 0:
        chunk = stream.read(CHUNK if remaining is None else min(CHUNK, remaining))
        if not chunk:
            return
        if remaining is not None:
            remaining -= len(chunk)
        yield chunk


def _has_body(environ: Environ) -> bool:
    return bool(environ.get("HTTP_TRANSFER_ENCODING")) or int(environ.get("CONTENT_LENGTH") or 0) > 0


class Registry:
    """Serves /v2/ for the account's ECR host and, without a login and read-only, for public.ecr.aws."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=urllib3.Timeout(connect=5, read=600))

    def serves(self, host: str, path: str) -> bool:
        """Whether a request is for the registry."""
        return ECR_HOST.match(host) is not None or host == PUBLIC_HOST or path == "/v2" or path.startswith("/v2/")

    def handle(self, host: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            if self.context.options.registry_url is None:
                raise _Refused("501 Not Implemented", "UNSUPPORTED", "this sandbox has no registry")
            if host == PUBLIC_HOST:
                return self._public(environ, start_response)
            if not self._logged_in(environ):
                return self._challenge(host, start_response)
            return self._private(environ, start_response)
        except _Refused as refusal:
            body = json.dumps({"errors": [{"code": refusal.code, "message": refusal.message}]}).encode()
            start_response(refusal.status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        except urllib3.exceptions.HTTPError as error:
            log.error("the registry did not answer: %s", error)
            body = json.dumps({"errors": [{"code": "UNAVAILABLE", "message": f"the sandbox's registry did not answer: {error}"}]}).encode()
            start_response("503 Service Unavailable", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]

    def _logged_in(self, environ: Environ) -> bool:
        scheme, _, encoded = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return False
        account = self.context.options.account_id
        return user == USER and password in (registry_password(account), login_password(account))

    def _challenge(self, host: str, start_response: StartResponse) -> Iterable[bytes]:
        body = b"Not Authorized\n"
        realm = f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'
        headers = [("WWW-Authenticate", realm), ("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("401 Unauthorized", [("Docker-Distribution-Api-Version", "registry/2.0"), *headers])
        return [body]

    def _ping(self, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Docker-Distribution-Api-Version", "registry/2.0"), ("Content-Type", "application/json"), ("Content-Length", "2")]
        start_response("200 OK", headers)
        return [b"{}"]

    def _public(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in ("/v2", "/v2/"):
            return self._ping(start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise _Refused("403 Forbidden", "DENIED", "the public registry is read-only")
        route = ROUTE.match(path)
        if route is None:
            raise _Refused("404 Not Found", "UNSUPPORTED", f"no such path {path}")
        target = f"/v2/{PUBLIC_PREFIX}{route['name']}/{route['kind']}/{route['rest']}"
        return self._forward(environ, target, start_response)

    def _private(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in ("/v2", "/v2/"):
            return self._ping(start_response)
        route = ROUTE.match(path)
        if route is None:
            raise _Refused("404 Not Found", "UNSUPPORTED", f"no such path {path}")
        self._repository(route["name"])
        if route["kind"] == "tags":
            return self._tags(route["name"], start_response)
        if route["kind"] == "manifests":
            if environ["REQUEST_METHOD"] == "PUT":
                return self._put_manifest(environ, route["name"], route["rest"], start_response)
            if environ["REQUEST_METHOD"] == "DELETE":
                raise _Refused("405 Method Not Allowed", "UNSUPPORTED", "delete images with ecr:BatchDeleteImage")
            digest = self._digest_of(route["name"], route["rest"])
            return self._forward(environ, f"/v2/{route['name']}/manifests/{digest}", start_response)
        return self._forward(environ, path, start_response)

    def _backend(self) -> Any:
        return ecr_backends[self.context.options.account_id][self.context.options.region]

    def _repository(self, name: str) -> Any:
        with self.context.lock:
            repository = self._backend().repositories.get(name)
        if repository is None:
            account = self.context.options.account_id
            message = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
            raise _Refused("404 Not Found", "NAME_UNKNOWN", message)
        return repository

    def _digest_of(self, name: str, reference: str) -> str:
        with self.context.lock:
            for image in self._repository(name).images:
                if reference in (image.image_digest, *image.image_tags):
                    return str(image.image_digest)
        raise _Refused("404 Not Found", "MANIFEST_UNKNOWN", f"Requested image not found: {name}:{reference}")

    def _tags(self, name: str, start_response: StartResponse) -> Iterable[bytes]:
        with self.context.lock:
            tags = sorted({tag for image in self._repository(name).images for tag in image.image_tags})
        body = json.dumps({"name": name, "tags": tags}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _check_tag(self, name: str, tag: str, digest_of_same: str | None) -> None:
        """Refuse to move an immutable tag. The same image under the same tag again is no move."""
        repository = self._repository(name)
        current = next((image for image in repository.images if tag in image.image_tags), None)
        if current is None or current.image_digest == digest_of_same:
            return
        try:
            self._backend()._resolve_image_tag_mutability(repository, tag)
        except ServiceException as error:
            message = (
                f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the tag is immutable."
            )
            raise _Refused("400 Bad Request", "TAG_INVALID", message) from error

    def _put_manifest(self, environ: Environ, name: str, reference: str, start_response: StartResponse) -> Iterable[bytes]:
        manifest = b"".join(_body(environ))
        digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        tag = None if DIGEST.match(reference) else reference
        media_type = environ.get("CONTENT_TYPE", "application/vnd.docker.distribution.manifest.v2+json")
        with self.context.lock:
            if tag is not None:
                self._check_tag(name, tag, digest)
        answer = self._request("PUT", f"/v2/{name}/manifests/{tag or digest}", {"Content-Type": media_type}, manifest)
        body = answer.read()
        if answer.status >= 300:
            start_response(f"{answer.status} Refused", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        with self.context.lock:
            if tag is not None:
                self._check_tag(name, tag, digest)
            self._register(name, manifest.decode(), tag, media_type, digest)
        location = f"/v2/{name}/manifests/{digest}"
        headers = [("Docker-Content-Digest", digest), ("Location", location), ("Content-Length", "0")]
        start_response("201 Created", [("Docker-Distribution-Api-Version", "registry/2.0"), *headers])
        return [b""]

    def _register(self, name: str, manifest: str, tag: str | None, media_type: str, digest: str) -> None:
        repository = self._repository(name)
        known = next((image for image in repository.images if image.image_digest == digest), None)
        if known is not None and (tag is None or tag in known.image_tags):
            return
        self._backend().put_image(name, manifest, tag, media_type, digest)

    def _request(self, method: str, path: str, headers: dict[str, str], body: Any) -> Any:
        return self._pool.request(
            method, f"{self.context.options.registry_url}{path}", headers=headers, body=body, preload_content=False, redirect=False
        )

    def _forward(self, environ: Environ, path: str, start_response: StartResponse) -> Iterable[bytes]:
        headers = {name: environ[key] for key, name in PASSED_HEADERS.items() if environ.get(key)}
        if environ.get("QUERY_STRING"):
            path = f"{path}?{environ['QUERY_STRING']}"
        body: Any = None
        if _has_body(environ):
            body = _body(environ)
            if environ.get("CONTENT_LENGTH"):
                headers["Content-Length"] = environ["CONTENT_LENGTH"]
        elif environ["REQUEST_METHOD"] in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = "0"
        answer = self._request(environ["REQUEST_METHOD"], path, headers, body)
        passed = []
        for name, value in answer.headers.items():
            if name.lower() == "location":
                parts = urlsplit(value)
                value = parts.path + (f"?{parts.query}" if parts.query else "")
            if name.lower() not in HOP_BY_HOP:
                passed.append((name, value))
        start_response(f"{answer.status} {answer.reason or 'OK'}", passed)
        if environ["REQUEST_METHOD"] == "HEAD" or answer.status in (204, 304):
            answer.release_conn()
            return [b""]
        return _stream(answer)


def _stream(answer: Any) -> Iterator[bytes]:
    try:
        yield from answer.stream(CHUNK, decode_content=False)
    finally:
        answer.release_conn()
