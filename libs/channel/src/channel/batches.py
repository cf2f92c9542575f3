"""Joins what is submitted while the batch before is being written: a commit for many, not each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from common.pace import Pace

T = TypeVar("T")


class Batches(Generic[T]):
    """`write` takes at most `limit` items and is all or nothing; its error reaches each caller."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        limit: int = 200,
        linger: float = 0.0,
    ) -> None:
        """`linger`: seconds between two writes, unless the next one is full."""
        self._write = write
        self._limit = limit
        self._pace = Pace(linger)
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, item: T) -> None:
        """Returns when the batch with this item is written."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < self._limit:
                    await self._pace.keep()
                batch = self._waiting[: self._limit]
                del self._waiting[: self._limit]
                wanted = [(item, done) for item, done in batch if not done.done()]
                if wanted:
                    await self._write_one(wanted)
        finally:
            self._task = None

    async def _write_one(self, batch: Sequence[tuple[T, "asyncio.Future[None]"]]) -> None:
        error: BaseException | None = None
        try:
            await self._write([item for item, _ in batch])
        except Exception as caught:
            error = caught
        for _, done in batch:
            if done.done():  # its caller was cancelled
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
