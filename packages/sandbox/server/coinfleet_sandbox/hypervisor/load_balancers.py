"""Network load balancers: haproxy on addresses of their own.

Unlike on AWS the targets see the balancer's address as the client's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from coinfleet_sandbox.hypervisor.haproxy import HaproxyListener
from coinfleet_sandbox.interface import LoadBalancer, LoadBalancerListener, LoadBalancerTarget, TargetHealth
from coinfleet_sandbox.shell import run

Key = tuple[str, int]
FOLDER = Path("/run/load-balancers")


class LoadBalancers:
    """All load balancers, one haproxy per listener."""

    def __init__(self, on_change: Callable[[Sequence[LoadBalancer]], None], log: Path) -> None:
        self._on_change, self._log = on_change, log
        self._listeners: dict[Key, HaproxyListener] = {}
        self._addresses: set[str] = set()
        self._lock = threading.Lock()

    def replace(self, balancers: Sequence[LoadBalancer]) -> None:
        """Make these the only load balancers. A listener whose own settings change starts anew."""
        with self._lock:
            wanted = {(balancer.arn, listener.port): (balancer, listener) for balancer in balancers for listener in balancer.listeners}
            addresses = {address for balancer in balancers for address in balancer.addresses}
            for address in addresses - self._addresses:
                run(["ip", "address", "replace", f"{address}/32", "dev", "lo"])
            self._on_change(balancers)
            for key in [key for key, known in self._listeners.items() if not _is_same(known, wanted.get(key))]:
                self._listeners.pop(key).stop()
            for key, (balancer, listener) in wanted.items():
                if key in self._listeners:
                    self._listeners[key].set_targets(listener.targets)
                else:
                    self._listeners[key] = self._start(balancer, listener)
            for address in self._addresses - addresses:
                run(["ip", "address", "delete", f"{address}/32", "dev", "lo"], check=False)
            self._addresses = addresses

    def _start(self, balancer: LoadBalancer, listener: LoadBalancerListener) -> HaproxyListener:
        name = f"{balancer.name}-{listener.port}"
        started = HaproxyListener(name, balancer.addresses, listener, FOLDER, self._log / f"haproxy-{name}.log")
        started.start()
        return started

    def stop(self) -> None:
        with self._lock:
            for listener in self._listeners.values():
                listener.stop()

    def health(self, arn: str, port: int) -> dict[LoadBalancerTarget, TargetHealth]:
        listener = self._listeners.get((arn, port))
        return {} if listener is None else listener.health()


def _is_same(known: HaproxyListener, wanted: tuple[LoadBalancer, LoadBalancerListener] | None) -> bool:
    """Whether a listener need not start anew; targets come and go while it runs."""
    if wanted is None:
        return False
    balancer, listener = wanted
    return known.addresses == balancer.addresses and replace(known.listener, targets=listener.targets) == listener
