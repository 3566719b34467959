"""The order of background jobs."""

import time
from pathlib import Path

from coinfleet_sandbox.api.context import ApiOptions, Context
from fake_hypervisor import FakeHypervisor


def test_jobs_of_one_entity_run_in_the_order_of_their_calls(tmp_path: Path) -> None:
    context = Context(FakeHypervisor(), ApiOptions(state_dir=tmp_path))
    ran: list[int] = []

    def job(number: int) -> None:
        time.sleep(0.01 if number % 3 == 0 else 0)
        ran.append(number)

    try:
        # Every second job is of a volume and its instance, the others of one of the two.
        for number in range(60):
            entities = ("i-1", "vol-1") if number % 2 == 0 else ("i-1",) if number % 4 == 1 else ("vol-1",)
            context.run(f"job {number}", lambda number=number: job(number), *entities)  # type: ignore[misc]
        deadline = time.time() + 30
        while not context.is_idle and time.time() < deadline:
            time.sleep(0.01)
        assert ran == list(range(60))
    finally:
        context.close()
