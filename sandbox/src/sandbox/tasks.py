"""Work in the background that somebody can wait for and that ends with its owner."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """A task that fails is kept, and `settled` raises what it raised."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._failed: list[BaseException] = []

    @property
    def pending(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def settled(self) -> None:
        """Returns when nothing runs any more, what running tasks started included."""
        while self._running:
            await asyncio.wait(set(self._running))
        if self._failed:
            raise self._failed[0]

    async def stop(self) -> None:
        for task in set(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)
