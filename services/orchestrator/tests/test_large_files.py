"""A workspace that uploads much holds up nobody else."""

import asyncio
import time
from typing import Any

from orchestrator.repository.configuration import lock
from orchestrator.testing import documents

NUMBERS = 3_000


async def test_a_file_of_thousands_of_numbers_keeps_no_batch_waiting(empty: Any) -> None:
    await empty.configuring.apply("acme", documents(), by="ann")
    body = documents()
    body["numbers"] = [{"number": f"+1202{5_550_000 + n}"} for n in range(NUMBERS)]
    done = asyncio.Event()

    async def batches() -> list[float]:
        """Seconds that each waited for the configuration lock."""
        waits = []
        while not done.is_set():
            async with empty.db.transaction() as connection:
                started = time.perf_counter()
                await lock.share(connection)
                waits.append(time.perf_counter() - started)
            await asyncio.sleep(0.01)
        return waits

    waiting = asyncio.create_task(batches())
    started = time.perf_counter()
    applied = await empty.configuring.apply("acme", body, by="ann")
    took = time.perf_counter() - started
    done.set()
    waits = await waiting

    assert len(applied.changes) >= NUMBERS - 1
    print(f"applied in {took:.2f} s, a batch waited {max(waits) * 1000:.0f} ms at most")  # noqa: T201
    assert max(waits) < max(0.5, took / 4)
