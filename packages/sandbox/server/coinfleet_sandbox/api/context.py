"""What all parts of the API share: options, the hypervisor, the lock over all state, and background work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..interface import Hypervisor, SourceImage
from ._environment import ACCOUNT_ID

log = logging.getLogger("coinfleet_sandbox.api")


@dataclass(frozen=True)
class ApiOptions:
    """How the API behaves. Times are shorter than on AWS, but never zero, so that callers have to wait as they must there."""

    state_dir: Path
    region: str = "eu-central-1"
    account_id: str = ACCOUNT_ID
    endpoint: str | None = None
    """Where this API is reached from its own process: for scripts that it runs."""
    registry_url: str | None = None
    """Docker registry behind the ECR names, such as `http://127.0.0.1:5000`, with deletion enabled."""
    source_images: Sequence[SourceImage] = ()
    snapshot_sec: float = 3.0
    """Shortest time that a snapshot stays pending."""
    modification_sec: float = 4.0
    """Time that a volume modification takes: half of it modifying, half of it optimizing."""
    scan_sec: float = 2.0
    """Time that the scan of a pushed image takes."""
    alarm_evaluation_sec: float = 1.0
    checkpoint_sec: float = 10.0
    """Time between two saves of the state while the API runs; 0 turns them off."""
    metric_retention_sec: float = 3 * 3600.0
    log_events_per_stream: int = 5000


@dataclass
class Store:
    """State that moto has no place for. Saved and restored with moto's own."""

    alarms: dict[str, Any] = field(default_factory=dict)
    alarm_history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    metrics: Any = None
    commands: dict[str, Any] = field(default_factory=dict)
    automations: dict[str, Any] = field(default_factory=dict)
    schedules: dict[str, float] = field(default_factory=dict)
    """Unix seconds at which a timed rule fires next, by its ARN."""
    lifecycle_policies: dict[str, Any] = field(default_factory=dict)
    messages_published: int = 0
    health_check_extras: dict[str, dict[str, Any]] = field(default_factory=dict)
    image_scans: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a scan of an image finds, by its digest."""


class Context:
    """One sandbox's API. `lock` guards moto's backends and `store`; the hypervisor is never called with it held."""

    def __init__(self, hypervisor: Hypervisor, options: ApiOptions) -> None:
        self.hypervisor = hypervisor
        self.options = options
        self.store = Store()
        self.lock = threading.RLock()
        self.closed = threading.Event()
        self.network_changed = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=48, thread_name_prefix="api")
        self._threads: list[threading.Thread] = []
        self._entity_locks: dict[str, threading.Lock] = {}
        self._last_jobs: dict[str, threading.Event] = {}
        self._pending_jobs = 0

    @contextmanager
    def entities(self, *ids: str) -> Iterator[None]:
        """Keep work on the same instances and volumes from overlapping."""
        with self.lock:
            locks = [self._entity_locks.setdefault(entity, threading.Lock()) for entity in sorted(set(ids))]
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            yield

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """While a request is answered (which holds `lock` once): let go of it for a call that may take time."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def run(self, what: str, job: Callable[[], None], *entities: str) -> None:
        """Do `job` in the background, one at a time for each of the entities and in the order of the calls."""
        done = threading.Event()

        def guarded() -> None:
            try:
                # Jobs begin in the order in which they were submitted, so those waited for are running or done.
                for earlier in before:
                    earlier.wait()
                with self.entities(*entities):
                    job()
            except Exception:
                log.exception("%s failed", what)
            finally:
                done.set()
                with self.lock:
                    self._pending_jobs -= 1

        with self.lock:
            before = [self._last_jobs[entity] for entity in entities if entity in self._last_jobs]
            self._last_jobs.update(dict.fromkeys(entities, done))
            self._pending_jobs += 1
            self._pool.submit(guarded)

    @property
    def is_idle(self) -> bool:
        """Whether no background job is queued or running."""
        return self._pending_jobs == 0

    def every(self, seconds: float, what: str, job: Callable[[], None]) -> None:
        """Repeat `job` until the API closes."""

        def loop() -> None:
            while not self.closed.wait(seconds):
                try:
                    job()
                except Exception:
                    log.exception("%s failed", what)

        self._start(what, loop)

    def on_network_change(self, job: Callable[[], None]) -> None:
        """Call `job` soon after anything that instances, addresses, rules or names depend on has changed."""

        def loop() -> None:
            while not self.closed.is_set():
                self.network_changed.wait(timeout=5)
                self.network_changed.clear()
                if self.closed.is_set():
                    return
                try:
                    job()
                except Exception:
                    log.exception("applying a network change failed")

        self._start("network", loop)

    def _start(self, what: str, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, name=f"api-{what}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Stop the repeated work and wait for what is running."""
        self.closed.set()
        self.network_changed.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)
