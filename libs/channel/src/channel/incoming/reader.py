"""Works the inbox off: some contacts at a time, each contact's callbacks in the order they came."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from channel import metrics
from channel.content import Content, decode
from channel.incoming import answering, entries, inbox, ringing, unmatched
from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Callback, Entry, EntryKey
from channel.incoming.inbound_messages import handle
from channel.incoming.ringing import Ring
from channel.linking import Linking
from channel.providers import CallbackKind, Providers
from channel.rendering import Closing, Renderer, as_it_is
from channel.store import contacts, dialogues, links, sends, windows
from channel.store.dialogues import Sought
from channel.store.outcomes import InboundMessage
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import Key, Schema
from channel.store.windows import Heard
from common.config import ConfigReader
from common.database import Connection, Database
from common.errors import Retry
from common.failpoints import failpoint
from common.pace import Pace
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
LINGER = 0.1  # seconds between two looks
POLL = 0.5  # seconds; for what other replicas stored and left
DAY = timedelta(days=1)
LIMIT = 300  # callbacks in one transaction, about
BEYOND = 4 * LIMIT  # that are looked at when other replicas hold the first ones


def _nothing() -> None: ...


@dataclass(slots=True, kw_only=True)
class InboxReader:
    """One per process; several processes share the work: each takes contacts that are free."""

    db: Database
    schema: Schema
    config: ConfigReader
    events: OutgoingEvents
    providers: Providers
    renderer: Renderer
    linking: Linking
    relay: Relay
    clock: Clock
    on_follow_ups: Callable[[], None] = _nothing  # some may have been queued
    closing: Closing = as_it_is
    keeps_windows: bool = False  # words may be free for some time after the person wrote
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
                log.warning("inbox_paused", reason=error.reason)
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
        return await self._work_some(LIMIT) or await self._work_some(BEYOND)

    async def _work_some(self, looked_at: int) -> int:
        async with self.db.connection() as connection:
            waiting = await inbox.contacts_with_open(
                connection, self.schema, self.clock(), limit=looked_at
            )
            if not waiting:
                return 0
            # By itself: in the transaction another replica would wait for these rows.
            await contacts.ensure(connection, self.schema, waiting)
        try:
            worked = await self._work(waiting)
        except Retry:
            raise
        except Exception:
            worked = sum([await self._work_alone(who) for who in waiting])
        if worked:
            self.worked()
        return worked

    async def answer(self, connection: Connection, callback: Callback) -> Content | None:
        """What the request of this stored callback is answered, in the caller's transaction.

        The contact's callbacks are worked off up to it, unless somebody did before: then it is
        answered what it was answered then. Whoever opted out meanwhile is not asked, nor whoever
        answered elsewhere: None. Call `worked` after the commit.
        """
        await contacts.ensure(connection, self.schema, [callback.contact])
        suppressed = await contacts.lock(connection, self.schema, [callback.contact])
        work = await self._work_in(connection, suppressed, on_the_line=callback.key)
        if callback.kind is CallbackKind.STATUS and (
            work.suppressed.get(callback.contact, False)
            or await self._is_called_back(connection, callback)
        ):
            return None
        return decode(await inbox.content_of(connection, self.schema, callback.key))

    async def _is_called_back(self, connection: Connection, callback: Callback) -> bool:
        if callback.send_id is None:
            return False
        key = callback.workspace, callback.send_id
        return await sends.is_called_back(connection, self.schema, key)

    def worked(self) -> None:
        """Something was committed."""
        self.relay.wake()
        self.on_follow_ups()

    async def _work_alone(self, contact: Key) -> int:
        """One contact's callbacks, after a batch failed: only the bad ones wait."""
        try:
            return await self._work([contact])
        except Retry:
            raise
        except Exception as error:
            log.error("callback_failed", contact_id=str(contact[1]), exc_info=error)
            metrics.INBOX_FAILED.labels(self.schema.name).inc()
            async with self.db.transaction() as connection:
                await inbox.put_off(connection, self.schema, contact, self.clock())
            return 0

    async def _work(self, waiting: Sequence[Key]) -> int:
        async with self.db.transaction() as connection:
            suppressed = await contacts.lock_free(connection, self.schema, waiting, limit=LIMIT)
            work = await self._work_in(connection, suppressed)
            failpoint("answers.before_commit")
        failpoint("answers.after_commit")
        for done in work.done:
            metrics.INBOX_DONE.labels(self.schema.name, done.outcome).inc()
        metrics.CALL_SECONDS.labels(self.schema.name).inc(work.call_seconds)
        for workspace, why in work.notes:
            log.warning("not_answered", workspace=workspace, why=why)
        return len(work.done)

    async def _work_in(
        self,
        connection: Connection,
        suppressed: dict[Key, bool],
        *,
        on_the_line: EntryKey | None = None,
    ) -> ContactWork:
        """All that waits of these contacts, whose rows are locked."""
        found = await inbox.open_entries(connection, self.schema, suppressed)
        work = await self._known(connection, found, suppressed, on_the_line)
        for entry in found:
            self._work_entry(work, entry)
        if found:
            await self._keep(connection, work)
        return work

    def _work_entry(self, work: ContactWork, entry: Entry) -> None:
        if entry.callback.kind is CallbackKind.STATUS:
            provider = self.providers[entry.callback.provider]
            work.report(entry, provider.report(entry.callback.fields))
            return
        inbound = self._inbound(entry)
        if inbound is None:
            work.finish(entry, "no_news")
        else:
            work.heard.append(_heard(entry, inbound))
            handle(work, entry, inbound)

    def _inbound(self, entry: Entry) -> InboundMessage | None:
        return self.providers[entry.callback.provider].inbound(entry.callback.fields)

    async def _known(
        self,
        connection: Connection,
        waiting: Sequence[Entry],
        suppressed: dict[Key, bool],
        on_the_line: EntryKey | None,
    ) -> ContactWork:
        sought = list(self._sought(waiting))
        found = await dialogues.find(connection, self.schema, sought) if sought else {}
        callbacks = [entry.callback for entry in waiting]
        named = await sends.by_provider_id(
            connection,
            self.schema,
            [
                (c.workspace, c.account, c.message_id)
                for c in callbacks
                if c.kind is CallbackKind.STATUS and c.send_id is None
            ],
        )
        keys = {(c.workspace, c.send_id) for c in callbacks if c.send_id}
        now = self.clock()
        # Who rang when nobody could answer has heard a goodbye, and is called.
        rings = [e for e in waiting if e.callback.key == on_the_line and self._rings(e)]
        rung = await ringing.waiting(connection, self.schema, list(map(Ring.of, rings)), now=now)
        keys |= {one.send for one in found.values()} | set(named.values())
        keys |= {one.send for one in rung.values()}
        return ContactWork(
            config=await self.config.current(connection, max_age=1.0),
            events=self.events,
            renderer=self.renderer,
            linking=self.linking,
            closing=self.closing,
            now=now,
            suppressed=suppressed,
            sends=await sends.locked(connection, self.schema, keys) if keys else {},
            dialogues={one.key: one for one in found.values()},
            belongs={entry_id: one.key for entry_id, one in found.items()},
            named=named,
            rung=rung,
            followed_up=await sends.followed_up(
                connection,
                self.schema,
                {c.contact for c in callbacks if c.kind is CallbackKind.MESSAGE},
                since=self.clock() - DAY,
            ),
        )

    def _rings(self, entry: Entry) -> bool:
        inbound = self._inbound(entry) if entry.callback.kind is CallbackKind.MESSAGE else None
        return inbound is not None and inbound.rings

    def _sought(self, waiting: Iterable[Entry]) -> Iterable[Sought]:
        for entry in waiting:
            if entry.callback.kind is not CallbackKind.MESSAGE:
                continue
            inbound = self._inbound(entry)
            if inbound is not None:
                yield Sought(
                    place=entry.id,
                    workspace=entry.callback.workspace,
                    our_number=inbound.our_number,
                    contact_id=entry.callback.contact_id,
                    received_at=entry.callback.received_at,
                    account=entry.callback.account,
                    about=inbound.about,
                    invitation_id=inbound.invitation_id,
                )

    async def _keep(self, connection: Connection, work: ContactWork) -> None:
        """Everything that came of it, in the caller's transaction."""
        await contacts.decide(connection, self.schema, work.consents, now=work.now)
        await sends.save(connection, self.schema, [work.sends[key] for key in sorted(work.moved)])
        await ringing.take(connection, self.schema, work.taken)
        await dialogues.open_all(connection, self.schema, work.opened)
        await links.tell(connection, self.schema, work.links)
        await dialogues.save(
            connection, self.schema, [work.dialogues[key] for key in sorted(work.touched)]
        )
        await unmatched.keep(connection, self.schema, work.unmatched)
        if self.keeps_windows:
            await windows.heard(connection, self.schema, work.heard)
        await write_events(connection, self.schema, work.messages)
        await inbox.finish(connection, self.schema, work.done, work.now)
        await inbox.forget_unknown(connection, self.schema, work.done)
        await inbox.wait(connection, self.schema, work.early, work.now + entries.AGAIN)
        # Last, for all of a workspace wait for its bucket.
        follow_ups = await answering.granted(connection, self.schema, work)
        await sends.insert(connection, self.schema, follow_ups)
        work.notes = await answering.note(
            connection, self.schema, work.events.channel.value, work.unanswered, work.now
        )


def _heard(entry: Entry, inbound: InboundMessage) -> Heard:
    """When it was written counts, for it may have been brought to us late."""
    received_at = entry.callback.received_at
    return Heard(
        workspace=entry.callback.workspace,
        our_number=inbound.our_number,
        contact_id=entry.callback.contact_id,
        heard_at=min(received_at, inbound.written_at or received_at),
    )
