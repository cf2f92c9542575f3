"""Works the inbox off: some contacts at a time, each contact's callbacks in the order they came."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from channel import contacts, dialogues, inbox, metrics, sends, unmatched
from channel.desk import Desk, key_of
from channel.dialogues import Sought
from channel.hearing import hear
from channel.inbox import Callback, CallbackKind, Entry
from channel.outcomes import Inbound, Report
from channel.schema import Schema
from channel.telling import Teller, tell
from common.config import ConfigReader
from common.database import Connection, Database
from common.errors import Retry
from common.failpoints import failpoint
from common.pace import Pace
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
LINGER = 0.05  # seconds between two looks
POLL = 0.5  # seconds; for what other replicas stored and left
LIMIT = 300  # callbacks in one transaction, about


class Understanding(Protocol):
    """What a sender brings: the meaning of its providers' fields. None: nothing that matters."""

    def report(self, callback: Callback) -> Report | None: ...

    def inbound(self, callback: Callback) -> Inbound | None: ...


def _nothing() -> None: ...


@dataclass(slots=True, kw_only=True)
class InboxReader:
    """One per process; several processes share the work, a contact at a time."""

    db: Database
    schema: Schema
    config: ConfigReader
    teller: Teller
    understanding: Understanding
    relay: Relay
    clock: Clock
    on_replies: Callable[[], None] = _nothing  # replies may have been queued
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        pace = Pace(LINGER)
        while True:
            await pace.keep()
            self._wake.clear()
            try:
                worked = await self.work_once()
            except Retry as error:
                log.warning("inbox_rests", reason=error.reason)
                await asyncio.sleep(error.after)
                continue
            if worked >= LIMIT:
                pace.hurry()
            elif not worked:
                # Not `wait_for`: it swallows being cancelled when woken at the same moment.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._wake.wait()

    async def work_once(self) -> int:
        """How many callbacks were worked off."""
        async with self.db.connection() as connection:
            waiting = await inbox.contacts_with_open(
                connection, self.schema, self.clock(), limit=LIMIT
            )
        if not waiting:
            return 0
        try:
            worked = await self._work(waiting)
        except Retry:
            raise
        except Exception:
            worked = sum([await self._work_alone(who, waiting[who]) for who in waiting])
        if worked:
            self.relay.wake()
            self.on_replies()
        return worked

    async def _work_alone(self, contact: UUID, workspace: str) -> int:
        """One contact's callbacks, after a batch failed: only the bad ones wait."""
        try:
            return await self._work({contact: workspace})
        except Retry:
            raise
        except Exception as error:
            log.error("callback_failed", contact_id=str(contact), exc_info=error)
            metrics.INBOX_FAILED.labels(self.schema.name).inc()
            async with self.db.transaction() as connection:
                await inbox.put_off(connection, self.schema, contact, self.clock())
            return 0

    async def _work(self, waiting: dict[UUID, str]) -> int:
        async with self.db.transaction() as connection:
            await contacts.ensure(connection, self.schema, waiting)
            suppressed = await contacts.lock_free(connection, self.schema, waiting)
            entries = await inbox.open_entries(connection, self.schema, list(suppressed))
            if not entries:
                return 0
            desk = await self._desk(connection, entries, suppressed)
            for entry in entries:
                self._work_entry(desk, entry)
            await self._keep(connection, desk)
            failpoint("answers.before_commit")
        failpoint("answers.after_commit")
        for done in desk.done:
            metrics.INBOX_DONE.labels(self.schema.name, done.outcome).inc()
        return len(entries)

    def _work_entry(self, desk: Desk, entry: Entry) -> None:
        if entry.callback.kind is CallbackKind.STATUS:
            desk.report(entry, self.understanding.report(entry.callback))
            return
        inbound = self.understanding.inbound(entry.callback)
        if inbound is None:
            desk.finish(entry, "no_news")
        else:
            hear(desk, entry, inbound)

    async def _desk(
        self, connection: Connection, entries: Sequence[Entry], suppressed: dict[UUID, bool]
    ) -> Desk:
        found = await dialogues.find(connection, self.schema, list(self._sought(entries)))
        ids = {entry.callback.send_id for entry in entries if entry.callback.send_id}
        ids |= {one.send_id for one in found.values()}
        return Desk(
            config=await self.config.current(connection, max_age=1.0),
            teller=self.teller,
            now=self.clock(),
            suppressed=suppressed,
            sends=await sends.locked(connection, self.schema, list(ids)) if ids else {},
            dialogues={key_of(one): one for one in found.values()},
            belongs={entry_id: key_of(one) for entry_id, one in found.items()},
        )

    def _sought(self, entries: Iterable[Entry]) -> Iterable[Sought]:
        for entry in entries:
            if entry.callback.kind is not CallbackKind.MESSAGE:
                continue
            inbound = self.understanding.inbound(entry.callback)
            if inbound is not None:
                yield Sought(
                    place=entry.id,
                    our_number=inbound.our_number,
                    contact_id=entry.callback.contact_id,
                    received_at=entry.callback.received_at,
                )

    async def _keep(self, connection: Connection, desk: Desk) -> None:
        """Everything that came of it, in the caller's transaction."""
        await contacts.decide(connection, self.schema, desk.consents, now=desk.now)
        await sends.save(connection, self.schema, [desk.sends[i] for i in sorted(desk.moved)])
        if desk.replies:
            await sends.insert(connection, self.schema, desk.replies)
        await dialogues.save(
            connection, self.schema, [desk.dialogues[key] for key in sorted(desk.touched)]
        )
        await unmatched.keep(connection, self.schema, desk.unmatched)
        await tell(connection, self.schema, desk.told)
        await inbox.finish(connection, self.schema, desk.done, desk.now)
