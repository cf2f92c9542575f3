"""The way into the inbox: PostgreSQL, else the topic of callbacks, else 503."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from channel import inbox, metrics
from channel.batches import Batches
from channel.inbox import Callback
from channel.schema import Schema
from common import topics
from common.bus import Bus, Message, Record
from common.database import Database
from common.errors import BadInput, Retry
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
LINGER = 0.04  # seconds between two commits of callbacks
PATIENCE = 2.0  # seconds that PostgreSQL has to take a callback
_SENDER = "aftercall-sender"  # header: whose callback a record is


def _nothing() -> None: ...


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Takes verified callbacks; when `receive` returns, they are durable."""

    db: Database
    bus: Bus
    schema: Schema
    clock: Clock
    on_stored: Callable[[], None] = _nothing
    patience: float = PATIENCE
    _batches: Batches[Callback] = field(init=False)
    _abandoned: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._batches = Batches(self._store, limit=1000, linger=LINGER)

    async def receive(self, callback: Callback) -> None:
        """Raises `Retry` (503) when neither the database nor the bus takes it."""
        try:
            await self._within_patience(callback)
            fate = "stored"
            self.on_stored()
        except Retry as error:
            fate = "logged"
            log.warning("callback_to_topic", kind=callback.kind, reason=error.reason)
            await self._publish(callback)
        metrics.CALLBACKS.labels(self.schema.name, callback.kind.value, fate).inc()

    async def on_records(self, records: Sequence[Record]) -> None:
        """Of the topic of callbacks: what came while the database was away."""
        mine = [
            record
            for record in records
            if (_SENDER, self.schema.name.encode()) in record.headers and record.value
        ]
        try:
            callbacks = [inbox.decode(record.value or b"") for record in mine]
        except msgspec.MsgspecError as error:
            raise BadInput.at("", str(error)) from None
        if callbacks:
            await self._store(callbacks)
            self.on_stored()

    async def _within_patience(self, callback: Callback) -> None:
        # A STOP waits for its contact's lock; the others must not wait with it.
        work = self._store([callback]) if callback.stop else self._batches.put(callback)
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=self.patience)
        if done:
            return task.result()
        # Not awaited: a database that hangs may hang in the cancelling as well. Should it store
        # the callback after all, the copy from the topic changes nothing.
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        raise Retry("database: too slow")

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain

    async def _store(self, callbacks: Sequence[Callback]) -> None:
        await inbox.store(self.db, self.schema, callbacks, clock=self.clock)

    async def _publish(self, callback: Callback) -> None:
        key = blake2b(callback.event_key.encode(), digest_size=16).digest()
        headers = ((_SENDER, self.schema.name.encode()),)
        try:
            async with asyncio.timeout(self.patience * 3):
                await self.bus.publish(
                    [Message(topics.CALLBACKS, key, inbox.encode(callback), headers)]
                )
        except (Retry, TimeoutError):
            metrics.CALLBACKS.labels(self.schema.name, callback.kind.value, "unavailable").inc()
            raise Retry("neither database nor bus") from None
