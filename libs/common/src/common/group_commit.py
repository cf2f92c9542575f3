"""Group commit: what is submitted while the batch before is being written goes out as one batch.

A hundred requests that each write one row, or publish one event, cost a few commits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from common.errors import Retry
from common.pace import Pace

T = TypeVar("T")
Write = Callable[[Sequence[T]], Awaitable[None]]


class _Call(NamedTuple, Generic[T]):
    items: Sequence[T]
    weight: int
    done: "asyncio.Future[None]"


def _one(_: object) -> int:
    return 1


class GroupCommit(Generic[T]):
    """`write` gets the items of many calls, in order, and is all or nothing.

    `limit`: what one write takes, `most`: what may wait, both in the units of `weigh` (one for each
    item, unless it says otherwise). When more would wait, `put` raises `Retry` at once: better to
    say no to a caller than to keep what the database or the broker has not taken for minutes.

    `Retry` of a write reaches all its callers. Any other error may be the fault of one: the batch
    is halved until it is alone, and only its caller gets the error. So `write` may see an item
    again, and must be able to write it a second time.
    """

    def __init__(
        self,
        write: Write[T],
        *,
        limit: int = 200,
        most: int = 20_000,
        weigh: Callable[[T], int] = _one,
        linger: float = 0.0,
    ) -> None:
        """`linger`: seconds between the beginnings of two writes, unless the next one is full."""
        self._write = write
        self._limit = limit
        self._most = most
        self._weigh = weigh
        self._pace = Pace(linger)
        self._waiting: deque[_Call[T]] = deque()
        self._weight = 0  # of all that wait
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def put(self, *items: T) -> None:
        """Returns when all of them are written, together. Raises `Retry`, or what `write` did."""
        if not items:
            return
        weight = sum(map(self._weigh, items))
        if self._closed:
            raise Retry("closed: nothing more is written")
        if self._waiting and self._weight + weight > self._most:
            raise Retry("too much waits to be written")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Call(items, weight, done))
        self._weight += weight
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="group_commit")
        await done

    async def close(self) -> None:
        """Writes what was submitted; nothing more is taken."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._weight < self._limit:
                    await self._pace.keep()
                if batch := self._next():
                    await self._commit(batch)
        finally:
            self._task = None

    def _next(self) -> list[_Call[T]]:
        """As many calls as one write takes, one at least; who has gone is left out."""
        batch: list[_Call[T]] = []
        weight = 0
        while self._waiting and (not batch or weight + self._waiting[0].weight <= self._limit):
            call = self._waiting.popleft()
            self._weight -= call.weight
            if not call.done.done():
                batch.append(call)
                weight += call.weight
        return batch

    async def _commit(self, batch: Sequence[_Call[T]]) -> None:
        try:
            await self._write([item for call in batch for item in call.items])
        except Retry as error:
            _answer(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _answer(batch, error)
            else:
                half = len(batch) // 2
                await self._commit(batch[:half])
                await self._commit(batch[half:])
        except BaseException:
            _answer([*batch, *self._waiting], Retry("stopped while it was being written"))
            raise
        else:
            _answer(batch, None)


def _answer(batch: Sequence[_Call[T]], error: Exception | None) -> None:
    for call in batch:
        if call.done.done():  # its caller was cancelled
            continue
        if error is None:
            call.done.set_result(None)
        else:
            call.done.set_exception(error)
