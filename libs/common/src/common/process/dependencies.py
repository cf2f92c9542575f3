"""Tells, as a gauge, whether what a process stands on answers: its database, its broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from common.bus import Bus
from common.database import Database
from common.telemetry import logging, metrics

log = logging.get(__name__)
_DEADLINE = 5.0  # seconds for an answer


@asynccontextmanager
async def watching_dependencies(
    db: Database, bus: Bus, *, every: float = 5.0
) -> AsyncIterator[None]:
    """Until the block ends; looks `every` so many seconds."""
    end = asyncio.Event()
    watches = [
        asyncio.create_task(_watch("database", db.ready, every, end=end)),
        asyncio.create_task(_watch("broker", bus.ready, every, end=end)),
    ]
    try:
        yield
    finally:
        end.set()  # a client that is cancelled while it connects leaves its connection behind
        await asyncio.wait(watches)


async def _watch(
    name: str, ready: Callable[[], Awaitable[None]], every: float, *, end: asyncio.Event
) -> None:
    was_up = True
    while not end.is_set():
        up = await _answers(ready)
        metrics.DEPENDENCY_UP.labels(name).set(up)
        if up is not was_up:
            log.warning("dependency", name=name, up=up)
        was_up = up
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await end.wait()


async def _answers(ready: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(_DEADLINE):
            await ready()
    except Exception:  # whatever it is, it did not answer
        return False
    return True
