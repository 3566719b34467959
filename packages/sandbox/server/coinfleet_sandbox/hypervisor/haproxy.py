"""One listener of a network load balancer: an haproxy of its own, told through its socket what its targets are."""

from __future__ import annotations

import contextlib
import csv
import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from coinfleet_sandbox.daemon.children import Child
from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.interface import LoadBalancerListener, LoadBalancerTarget, TargetHealth

log = logging.getLogger(__name__)
START_SEC = 10
CONNECT_SEC = 5
ANSWER_SEC = 10
RUNNING, DRAINS = 2, 8
"""Values of `srv_op_state` and `srv_admin_state` in haproxy's "show servers state"."""
BACKENDS = ("healthy", "all")


def render(addresses: Sequence[str], listener: LoadBalancerListener, control: Path) -> str:
    """The configuration without the targets. With no healthy target all are used: a network load balancer fails open."""
    binds = "\n".join(f"    bind {address}:{listener.port}" for address in addresses)
    source = f"source {addresses[0]}"
    check = f"option httpchk GET {listener.health_path}\n    http-check expect status 200-399"
    return f"""global
    user nobody
    group nogroup
    stats socket {control} mode 600 level admin
defaults
    mode tcp
    balance roundrobin
    retries 0
    option clitcpka
    option srvtcpka
    timeout connect {CONNECT_SEC}s
    timeout client {listener.idle_timeout_sec}s
    timeout server {listener.idle_timeout_sec}s
    timeout check {listener.timeout_sec}s
frontend clients
{binds}
    use_backend all if {{ nbsrv(healthy) eq 0 }}
    default_backend healthy
backend healthy
    {source}
    {"option tcp-check" if listener.health_protocol == "TCP" else check}
backend all
    {source}
"""


def health_of(row: Sequence[str]) -> TargetHealth:
    """What a row of "show servers state" says."""
    operation, administration, checked = int(row[5]), int(row[6]), int(row[11])
    if administration & DRAINS:
        return "draining"
    if operation == RUNNING:
        return "healthy"
    return "unhealthy" if checked else "initial"


@dataclass
class HaproxyListener:
    """Unchanged targets keep their connections and their health when others come and go."""

    name: str
    addresses: tuple[str, ...]
    listener: LoadBalancerListener
    """Its targets are those of the beginning; `set_targets` says the present ones."""
    folder: Path
    log_file: Path
    _servers: dict[LoadBalancerTarget, str] = field(default_factory=dict)
    _draining: dict[str, LoadBalancerTarget] = field(default_factory=dict)
    _timers: list[threading.Timer] = field(default_factory=list)
    _serial: count[int] = field(default_factory=lambda: count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / f"{self.name}.cfg"
        config.write_text(render(self.addresses, self.listener, self._control))
        self._child = Child(f"haproxy of {self.name}", ["haproxy", "-db", "-f", str(config)], self.log_file, self._come_back)

    @property
    def _control(self) -> Path:
        return self.folder / f"{self.name}.sock"

    def start(self) -> None:
        self._control.unlink(missing_ok=True)
        self._child.start()
        self._child.wait_until(self._answers, START_SEC)
        self.set_targets(self.listener.targets)

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._child.stop()

    def set_targets(self, targets: Sequence[LoadBalancerTarget]) -> None:
        """Register what is new; what is gone gets no new connections and ends after the deregistration delay."""
        with self._lock:
            for target in [known for known in self._servers if known not in targets]:
                self._deregister(target)
            for target in targets:
                if target not in self._servers:
                    self._servers[target] = self._register(target)

    def health(self) -> dict[LoadBalancerTarget, TargetHealth]:
        with self._lock:
            rows = csv.reader(self._ask("show servers state healthy").splitlines()[2:], delimiter=" ")
            states = {row[3]: health_of(row) for row in rows if row}
            draining = {target: states.get(server, "draining") for server, target in self._draining.items()}
            return {**draining, **{target: states.get(server, "initial") for target, server in self._servers.items()}}

    def _register(self, target: LoadBalancerTarget) -> str:
        server = f"target{next(self._serial)}"
        place, spec = f"{target.address}:{target.port}", self.listener
        # AWS does not verify the certificates of targets either.
        tls = " check-ssl verify none" if spec.health_protocol == "HTTPS" else ""
        ends = " on-marked-down shutdown-sessions" if spec.ends_unhealthy else ""
        self._tell(
            f"add server healthy/{server} {place} check inter {spec.interval_sec}s port {spec.health_port or target.port} "
            f"rise {spec.healthy_threshold} fall {spec.unhealthy_threshold}{tls}{ends}",
            f"enable health healthy/{server}",
            f"enable server healthy/{server}",
            # It has yet to pass its checks.
            f"set server healthy/{server} health down",
            f"add server all/{server} {place}",
            f"enable server all/{server}",
        )
        return server

    def _deregister(self, target: LoadBalancerTarget) -> None:
        server = self._servers.pop(target)
        self._draining[server] = target
        self._tell(*(f"set server {backend}/{server} state drain" for backend in BACKENDS))
        timer = threading.Timer(self.listener.drain_sec, self._end_draining, [server])
        timer.daemon = True
        self._timers = [known for known in self._timers if known.is_alive()] + [timer]
        timer.start()

    def _end_draining(self, server: str) -> None:
        with self._lock:
            if self._draining.pop(server, None) is None or not self.listener.ends_drained:
                return
            with contextlib.suppress(SandboxError):
                for backend in BACKENDS:
                    name = f"{backend}/{server}"
                    self._tell(f"shutdown sessions server {name}", f"set server {name} state maint", f"del server {name}")

    def _come_back(self) -> None:
        """After a crash haproxy knows no target."""
        self._child.wait_until(self._answers, START_SEC)
        with self._lock:
            self._draining.clear()
            self._servers = {target: self._register(target) for target in self._servers}

    def _answers(self) -> bool:
        try:
            return bool(self._ask("show info"))
        except SandboxError:
            return False

    def _tell(self, *commands: str) -> None:
        for command in commands:
            said = self._ask(command)
            if said and said not in ("New server registered.", "Server deleted."):
                log.warning("haproxy of %s, asked for `%s`: %s", self.name, command, said)

    def _ask(self, command: str) -> str:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ANSWER_SEC)
                connection.connect(str(self._control))
                connection.sendall(f"{command}\n".encode())
                with connection.makefile() as answer:
                    return answer.read().strip()
        except OSError as error:
            raise SandboxError(f"haproxy of {self.name} does not answer: {error}") from error
