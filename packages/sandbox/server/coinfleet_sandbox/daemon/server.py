"""The sandbox's server: brings everything up in order, waits, and takes everything down in the opposite order."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from coinfleet_sandbox.daemon import addresses, namespace
from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.daemon.control import ControlServer
from coinfleet_sandbox.daemon.dns import DnsServer
from coinfleet_sandbox.daemon.dockerd import announce_registries, docker_answers, dockerd, prefer_hosts, trust_registries
from coinfleet_sandbox.daemon.egress import EgressProxy
from coinfleet_sandbox.daemon.registry import registry
from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.images.builder import BaseImages
from coinfleet_sandbox.launcher.layout import ACCOUNT_ID, API_PORT, PROXY_PORT, REGION, Layout
from coinfleet_sandbox.launcher.record import Record, read_record, with_phase
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import run

if TYPE_CHECKING:
    from coinfleet_sandbox.hypervisor import LocalHypervisor
    from coinfleet_sandbox.interface import SandboxApi

log = logging.getLogger(__name__)
DOCKER_START_SEC = 60
SOURCE_NAME, SOURCE_OWNER = "debian-12-amd64-sandbox", "136693071363"
"""The source machine image, under the account id from which Debian publishes its images."""
REGIONS = (REGION,)


class Server:
    """One sandbox, from inside its namespaces."""

    def __init__(self, layout: Layout, images: BaseImages, outside_fd: int, progress: Progress) -> None:
        self._layout, self._images, self._outside_fd, self._progress = layout, images, outside_fd, progress
        self._record = self._read_record()
        self._stop_requested = threading.Event()
        self._undo: list[tuple[str, Callable[[], None]]] = []

    def _read_record(self) -> Record:
        record = read_record(self._layout)
        if record is None:
            raise SandboxError(f"{self._layout.record} is missing.")
        return record

    def serve(self) -> None:
        """Bring up, wait for the request to stop, take down."""
        try:
            self._bring_up()
            self._stop_requested.wait()
        finally:
            self._take_down()

    def request_stop(self) -> None:
        self._stop_requested.set()

    def _start_child(self, child: Child) -> Child:
        self._undo.append((child.name, child.stop))
        child.start()
        return child

    def _bring_up(self) -> None:
        namespace.make_private_files()
        namespace.set_up_network(self._record.public_cidr)
        dns = DnsServer(self._layout)
        self._start_child(dns.child)
        namespace.write_resolver_files()
        announce_registries(ACCOUNT_ID, REGIONS)
        prefer_hosts(self._layout)
        docker = self._start_child(dockerd(self._layout))
        self._start_child(registry(self._layout, self._images.registry, addresses.REGISTRY_PORT))
        with ThreadPoolExecutor(1) as pool:
            # Importing the API's libraries takes as long as docker's start.
            loading = pool.submit(_load_libraries)
            docker.wait_until(lambda: docker_answers(self._layout.docker_socket), DOCKER_START_SEC)
            self._layout.docker_socket.chmod(0o666)
            loading.result()
        self._progress.say("docker, the registry and DNS run")
        self._start_services(dns)

    def _start_services(self, dns: DnsServer) -> None:
        from coinfleet_sandbox.api import ApiOptions, StateError, build_app
        from coinfleet_sandbox.daemon.public_addresses import use_public_range
        from coinfleet_sandbox.daemon.tls import CertificateAuthority
        from coinfleet_sandbox.daemon.web import WebServer
        from coinfleet_sandbox.hypervisor import LocalHypervisor
        from coinfleet_sandbox.hypervisor.engine import SOURCE_REPOSITORY
        from coinfleet_sandbox.hypervisor.guest_files import guest_archive
        from coinfleet_sandbox.hypervisor.metadata import MetadataServer
        from coinfleet_sandbox.hypervisor.outside import Outside
        from coinfleet_sandbox.interface import SourceImage

        authority = CertificateAuthority(self._layout.ca)
        trust_registries(authority.certificate_file, ACCOUNT_ID, REGIONS)
        machine = Path(os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt")
        own = authority.certificate_file.read_bytes()
        self._layout.ca_bundle.write_bytes((machine.read_bytes() if machine.exists() else b"") + b"\n" + own)
        ca_hash = run(["openssl", "x509", "-noout", "-subject_hash", "-in", authority.certificate_file]).strip()
        archive = guest_archive(authority.certificate_file.read_bytes(), ca_hash)
        hypervisor = LocalHypervisor(self._layout, dns, Outside(self._outside_fd, self._record.inner_address), archive)
        source_ref = f"{SOURCE_REPOSITORY}:{self._images.digest}"
        if not hypervisor.engine.has_image(source_ref):
            with self._progress.step("importing the source machine image", "5 s"):
                hypervisor.engine.import_image(self._images.machine_tar, source_ref)
        options = ApiOptions(
            state_dir=self._layout.dir,
            region=REGION,
            account_id=ACCOUNT_ID,
            endpoint=f"http://{self._record.inner_address}:{API_PORT}",
            registry_url=f"http://127.0.0.1:{addresses.REGISTRY_PORT}",
            source_images=(SourceImage(SOURCE_NAME, SOURCE_OWNER, source_ref, "Debian 12 (bookworm) for the sandbox"),),
        )
        use_public_range(self._record.public_cidr)
        try:
            api = build_app(hypervisor, options)
        except StateError as error:
            raise SandboxError(
                str(error), f"`sandbox down --name {self._layout.name}` removes this sandbox; then start a new one."
            ) from error
        self._undo.append(("api", lambda: _close_api(api)))
        self._undo.append(("hosts", hypervisor.suspend))
        metadata = MetadataServer((addresses.METADATA, 80), api)
        threading.Thread(target=metadata.serve_forever, name="metadata", daemon=True).start()
        for address, tls in (((self._record.inner_address, API_PORT), None), ((addresses.API, addresses.HTTPS_PORT), authority)):
            web = WebServer(address, api, tls)
            web.start()
            self._undo.append((f"web server on port {address[1]}", web.stop))
        egress = EgressProxy((self._record.inner_address, PROXY_PORT))
        egress.start()
        self._undo.append(("egress proxy", egress.stop))
        self._resume(hypervisor, api)
        ControlServer(self._layout.control_socket, lambda request: self._control(hypervisor, api, request))
        with_phase(self._layout, self._read_record(), "running")

    def _resume(self, hypervisor: LocalHypervisor, api: SandboxApi) -> None:
        begun = time.monotonic()
        hypervisor.resume(lambda instance_id: api.instance(instance_id) is not None)
        hypervisor.listen(api.on_instance_state)
        api.resume()
        if count := len(hypervisor.running()):
            self._progress.say(f"{count} hosts run again after {time.monotonic() - begun:.0f} s")
        threading.Thread(target=self._follow_public_addresses, args=(hypervisor, api), name="public-addresses", daemon=True).start()

    def _follow_public_addresses(self, hypervisor: LocalHypervisor, api: SandboxApi) -> None:
        while not self._stop_requested.wait(0.5):
            for instance_id in hypervisor.known():
                view = api.instance(instance_id)
                if view is not None:
                    hypervisor.set_public_address(instance_id, view.public_ip)

    def _control(self, hypervisor: LocalHypervisor, api: SandboxApi, request: dict[str, object]) -> dict[str, object]:
        match request.get("command"):
            case "stop":
                self._progress = Progress(self._progress.stream)
                self.request_stop()
                return {}
            case "status":
                return {"instances": [{"id": i, "running": hypervisor.is_running(i)} for i in hypervisor.known()]}
            case other:
                return {"error": f"unknown command {other}"}

    def _take_down(self) -> None:
        for what, undo in reversed(self._undo):
            try:
                if what == "hosts":
                    self._progress.say("shutting the hosts down")
                undo()
            except Exception:
                log.exception("stopping %s failed", what)
        self._undo.clear()


def _load_libraries() -> None:
    import coinfleet_sandbox.api
    import coinfleet_sandbox.hypervisor  # noqa: F401


def _close_api(api: SandboxApi) -> None:
    api.close()
    api.save_state()
