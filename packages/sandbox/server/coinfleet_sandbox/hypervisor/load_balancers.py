"""Network load balancers: TCP proxies on addresses of their own, with real health checks.

Unlike on AWS the targets see the balancer's address as the client's.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any

from coinfleet_sandbox.interface import LoadBalancer, LoadBalancerListener, LoadBalancerTarget
from coinfleet_sandbox.shell import run

log = logging.getLogger(__name__)
CONNECT_SEC = 5
Key = tuple[str, int]


class _Health:
    """The state of one target: a new one is unhealthy until it has passed its checks."""

    def __init__(self) -> None:
        self.is_healthy = False
        self._in_a_row = 0

    def note(self, passed: bool, listener: LoadBalancerListener) -> None:
        self._in_a_row = 0 if passed == self.is_healthy else self._in_a_row + 1
        if self._in_a_row >= (listener.healthy_threshold if passed else listener.unhealthy_threshold):
            self.is_healthy, self._in_a_row = passed, 0


class _Listener:
    """One port of one load balancer."""

    def __init__(self, addresses: tuple[str, ...], spec: LoadBalancerListener) -> None:
        self._addresses, self._spec = addresses, spec
        self._servers: list[asyncio.Server] = []
        self._checks: list[asyncio.Task[None]] = []
        self._turn = count()
        self.health = {target: _Health() for target in spec.targets}

    async def start(self) -> None:
        for address in self._addresses:

            def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, own: str = address) -> Coroutine[Any, Any, None]:
                return self._serve(own, reader, writer)

            self._servers.append(await asyncio.start_server(serve, address, self._spec.port))
        self._checks = [asyncio.create_task(self._check(target)) for target in self._spec.targets]

    async def stop(self) -> None:
        for task in self._checks:
            task.cancel()
        for server in self._servers:
            server.close()

    async def _check(self, target: LoadBalancerTarget) -> None:
        while True:
            try:
                passed = await asyncio.wait_for(self._passes(target), self._spec.timeout_sec)
            except (OSError, TimeoutError, ssl.SSLError, ValueError, IndexError):
                passed = False
            self.health[target].note(passed, self._spec)
            await asyncio.sleep(self._spec.interval_sec)

    async def _passes(self, target: LoadBalancerTarget) -> bool:
        context = None
        if self._spec.health_protocol == "HTTPS":
            # AWS does not verify the certificates of targets either.
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self._spec.health_port or target.port
        source = (self._addresses[0], 0)
        reader, writer = await asyncio.open_connection(target.address, port, ssl=context, local_addr=source)
        try:
            if self._spec.health_protocol == "TCP":
                return True
            writer.write(f"GET {self._spec.health_path} HTTP/1.1\r\nHost: {target.address}\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            status = int((await reader.readline()).split()[1])
            return 200 <= status < 400
        finally:
            writer.close()

    def _choose(self) -> list[LoadBalancerTarget]:
        """Targets in the order to try. With none healthy all are used: a network load balancer fails open."""
        healthy = [target for target in self._spec.targets if self.health[target].is_healthy]
        candidates = healthy or list(self._spec.targets)
        shift = next(self._turn) % len(candidates) if candidates else 0
        return candidates[shift:] + candidates[:shift]

    async def _serve(self, own: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for target in self._choose():
            try:
                connect = asyncio.open_connection(target.address, target.port, local_addr=(own, 0))
                back_reader, back_writer = await asyncio.wait_for(connect, CONNECT_SEC)
            except (OSError, TimeoutError):
                continue
            await asyncio.gather(_pump(reader, back_writer), _pump(back_reader, writer))
            back_writer.close()
            break
        writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        sink.close()


class LoadBalancers:
    """All load balancers, in an event loop of their own."""

    def __init__(self, on_addresses: Callable[[Sequence[str]], None]) -> None:
        self._on_addresses = on_addresses
        self._specs: dict[Key, tuple[tuple[str, ...], LoadBalancerListener]] = {}
        self._listeners: dict[Key, _Listener] = {}
        self._addresses: set[str] = set()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="load-balancers", daemon=True).start()

    def replace(self, balancers: Sequence[LoadBalancer]) -> None:
        """Make these the only load balancers; unchanged listeners keep their connections and health."""
        with self._lock:
            wanted = {(b.arn, listener.port): (b.addresses, listener) for b in balancers for listener in b.listeners}
            addresses = {address for balancer in balancers for address in balancer.addresses}
            for address in addresses - self._addresses:
                run(["ip", "address", "replace", f"{address}/32", "dev", "lo"])
            self._on_addresses(sorted(addresses))
            self._run(self._replace(wanted))
            for address in self._addresses - addresses:
                run(["ip", "address", "delete", f"{address}/32", "dev", "lo"], check=False)
            self._addresses = addresses

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _replace(self, wanted: dict[Key, tuple[tuple[str, ...], LoadBalancerListener]]) -> None:
        for key in [key for key in self._listeners if self._specs[key] != wanted.get(key)]:
            await self._listeners.pop(key).stop()
        for key, (addresses, spec) in wanted.items():
            if key not in self._listeners:
                listener = _Listener(addresses, spec)
                await listener.start()
                self._listeners[key] = listener
        self._specs = wanted

    def health(self, arn: str, port: int) -> dict[str, bool]:
        listener = self._listeners.get((arn, port))
        return {} if listener is None else {f"{t.address}:{t.port}": health.is_healthy for t, health in listener.health.items()}
