"""The way into the inbox: PostgreSQL, else the topic of callbacks, else 503."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import UUID

from channel import metrics
from channel.content import Content
from channel.incoming import entries, inbox, ringing
from channel.incoming.entries import Callback
from channel.incoming.reader import InboxReader
from channel.incoming.ringing import Asked
from channel.store import erasures
from channel.store.leaving import Leaving
from channel.store.schema import Schema
from common import topics
from common.bus import Bus, Message, Record
from common.database import Database
from common.errors import BadInput, BadRecords, Retry
from common.failpoints import failpoint
from common.group_commit import GroupCommit
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
LINGER = 0.1  # seconds between two commits of callbacks
PATIENCE = 2.0  # seconds that PostgreSQL has to take a callback
_SENDER = "aftercall-sender"  # header: whose callbacks a record has
T = TypeVar("T")


def _nothing() -> None: ...


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Takes verified callbacks, all of a request or none; when it returns, they are durable."""

    db: Database
    bus: Bus
    schema: Schema
    reader: InboxReader
    clock: Clock
    leaving: Leaving
    on_stored: Callable[[], None] = _nothing
    patience: float = PATIENCE
    _commit: GroupCommit[Sequence[Callback]] = field(init=False)
    _abandoned: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._commit = GroupCommit(self._store, limit=1000, weigh=len, linger=LINGER)

    async def receive(self, callbacks: Sequence[Callback]) -> None:
        """Raises `Retry` (503) when neither the database nor the bus takes them."""
        # A STOP waits for its contact's lock; the others must not wait with it.
        stops = any(callback.stop for callback in callbacks)
        work = self._store([callbacks]) if stops else self._commit.put(callbacks)
        try:
            await self._within_patience(work)
            self.on_stored()
            self._count(callbacks, "stored")
        except Retry as error:
            await self._publish(callbacks, error)
        else:
            await self.leaving.settled([one.contact for one in callbacks if one.stop])

    async def receive_and_answer(
        self, callbacks: Sequence[Callback], waiting: Callback
    ) -> Content | None:
        """What the request is answered: worked off, stored and answered in one transaction.

        Raises `Retry` (503) when the database is away, even if the bus took them: what there is
        to say is known when the request comes again. So it is when working them off fails.
        """
        try:
            content = await self._within_patience(self._answer(callbacks, waiting))
        except Retry as error:
            await self._publish(callbacks, error)
            raise
        except Exception as error:
            log.error("callback_failed", contact_id=str(waiting.contact_id), exc_info=error)
            metrics.INBOX_FAILED.labels(self.schema.name).inc()
            await self.receive(callbacks)
            raise Retry("stored, and not to be answered now") from error
        self.reader.worked()
        self.on_stored()
        self._count(callbacks, "stored")
        return content

    async def about(self, callback: Callback, steps: Sequence[UUID]) -> Callback:
        """Whose it is by what it is about: one of these steps; as it is where there is none.

        Raises `Retry` (503): who it is must not depend on whether the database was there.
        """
        found = await self._within_patience(self._asked(callback.workspace, steps))
        if found is None:
            return callback
        return replace(callback, send_id=found.send_id, contact_id=found.contact_id)

    async def _asked(self, workspace: str, steps: Sequence[UUID]) -> Asked | None:
        async with self.db.connection() as connection:
            return await ringing.asked(connection, self.schema, workspace, steps)

    async def on_records(self, records: Sequence[Record]) -> None:
        """Of the topic of callbacks: what came while the database was away."""
        mine = (_SENDER, self.schema.name.encode())
        requests: list[list[Callback]] = []
        bad: dict[int, BadInput] = {}
        for place, record in enumerate(records):
            if mine not in record.headers or record.value is None:
                continue
            try:
                requests.append(entries.decode(record.value))
            except BadInput as error:
                bad[place] = error
        if bad:
            raise BadRecords(bad)
        wanted = await self._without_erased(requests)
        if wanted:
            await self._store(wanted)
            self.on_stored()

    async def _without_erased(
        self, requests: Sequence[Sequence[Callback]]
    ) -> list[Sequence[Callback]]:
        """Without what came before its contact was erased, unless it is a no."""
        people = {one.contact for request in requests for one in request}
        if not people:
            return []
        async with self.db.connection() as connection:
            erased = await erasures.since(connection, self.schema, people)
        left = [
            [
                one
                for one in request
                if one.stop or one.contact not in erased or one.received_at > erased[one.contact]
            ]
            for request in requests
        ]
        return [request for request in left if request]

    async def _within_patience(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=self.patience)
        if done:
            return task.result()
        # Not awaited: a database that hangs may hang in the cancelling as well. Should it store
        # the callbacks after all, the copy from the topic changes nothing.
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        raise Retry("database: too slow")

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain

    async def _store(self, requests: Sequence[Sequence[Callback]]) -> None:
        callbacks = [callback for request in requests for callback in request]
        await inbox.store(self.db, self.schema, callbacks, clock=self.clock)

    async def _answer(self, callbacks: Sequence[Callback], waiting: Callback) -> Content | None:
        async with self.db.transaction() as connection:
            await inbox.put(connection, self.schema, callbacks, clock=self.clock)
            content = await self.reader.answer(connection, waiting)
            failpoint("answer.before_commit")
        failpoint("answer.after_commit")
        return content

    async def _publish(self, callbacks: Sequence[Callback], error: Retry) -> None:
        log.warning("callbacks_to_topic", count=len(callbacks), reason=error.reason)
        first = "/".join(callbacks[0].key)
        key = blake2b(first.encode(), digest_size=16).digest()
        headers = ((_SENDER, self.schema.name.encode()),)
        try:
            messages = [
                Message(topics.CALLBACKS, key, value, headers)
                for value in entries.encode(callbacks)
            ]
            async with asyncio.timeout(self.patience * 3):
                await self.bus.publish(messages)
        except (Retry, TimeoutError):
            self._count(callbacks, "unavailable")
            raise Retry("neither database nor bus") from None
        self._count(callbacks, "logged")

    def _count(self, callbacks: Sequence[Callback], fate: str) -> None:
        for kind, count in Counter(callback.kind for callback in callbacks).items():
            metrics.CALLBACKS.labels(self.schema.name, kind.value, fate).inc(count)
