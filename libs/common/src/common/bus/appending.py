"""Publishes of one process, one after the other, those that wait joined into one write.

A hundred requests that each publish one event cost a few writes, and order holds per caller.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from common.bus import Message
from common.errors import BadInput, Retry

# A broker's default limit is 1 MiB with its envelope. A dead record is the original and headers.
LIMIT = 1_000_000
DEAD_LIMIT = 2_000_000
_JOINED = 5_000  # messages in one write, at most, unless one call has more

Write = Callable[[Sequence[Message]], Awaitable[None]]


class Appender:
    """`write` is all or nothing as far as callers can tell: when it raises, all of them retry."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: list[tuple[Sequence[Message], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def append(self, messages: Sequence[Message]) -> None:
        """Returns when all are durable. Raises `Retry`, or `BadInput` for what is too large."""
        if self._closed:
            raise Retry("the bus is closed")
        check(messages)
        if not messages:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((messages, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="bus.append")
        await done

    async def close(self) -> None:
        """Writes what was accepted."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._write_next()
        finally:
            self._task = None

    async def _write_next(self) -> None:
        joined: list[Message] = []
        callers: list[asyncio.Future[None]] = []
        while self._waiting and (not joined or len(joined) + len(self._waiting[0][0]) <= _JOINED):
            messages, done = self._waiting.pop(0)
            joined.extend(messages)
            callers.append(done)
        error: BaseException | None = None
        try:
            await self._write(joined)
        except Exception as caught:
            error = caught
        except BaseException:
            error = Retry("the bus was stopped")
            raise
        finally:
            _answer(callers, error)


def _answer(callers: Sequence["asyncio.Future[None]"], error: BaseException | None) -> None:
    for done in callers:
        if done.done():  # its caller was cancelled
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def check(messages: Sequence[Message]) -> None:
    """Before anything is joined: one caller's message must not fail the others'."""
    for message in messages:
        size = len(message.value) + len(message.key or b"")
        if message.headers:
            size += sum(len(name) + len(value) for name, value in message.headers)
        if size > LIMIT and (size > DEAD_LIMIT or not message.topic.endswith(".dead")):
            raise BadInput.at("", f"{size} bytes are too large for {message.topic}")
