"""Erased contacts: nothing more goes out, and what is about them is deleted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from channel.outgoing import recording
from channel.store import contacts, delivery, erasures, sends
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import Schema
from common.bus import Message
from common.database import Database, Row
from common.errors import Retry
from common.events import Envelope
from common.events.consent import ContactErased
from common.streams import erasure
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
REASON = "erased"
AT_ONCE = 20  # contacts


@dataclass(frozen=True, slots=True)
class Erasing:
    """`service`: as the orchestrator knows us. Safe in any number of replicas."""

    db: Database
    schema: Schema
    events: OutgoingEvents
    relay: Relay
    clock: Clock
    service: str
    every: float = 2.0  # seconds

    async def on_erased(self, told: Sequence[Envelope[ContactErased]]) -> None:
        """What waits is not sent. Deleting waits for what is on its way, which this must not."""
        latest = {}
        for event in sorted(told, key=lambda event: event.data.erased_at):
            latest[event.workspace, event.data.contact_id] = event.data.erased_at
        async with self.db.transaction() as connection:
            await contacts.ensure(connection, self.schema, latest)
            await contacts.lock(connection, self.schema, latest)
            await erasures.mark(
                connection,
                self.schema,
                [(event.workspace, event.data.contact_id) for event in told],
                [event.data.erased_at for event in told],
            )
            waiting = await erasures.queued(connection, self.schema, latest)
            before = {send.key: send for send in waiting}
            after = [delivery.cancelled(send, REASON) for send in waiting]
            await sends.save(connection, self.schema, after)
            news = self.events.deliveries(recording.news(before, after), self.clock())
            await write_events(connection, self.schema, news)
        self.relay.wake()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.delete_some():
                    pass
            except Retry as error:
                log.warning("erasing_later", reason=error.reason)
            await asyncio.sleep(self.every)

    async def delete_some(self) -> bool:
        """Whether there was anybody of whom nothing is on its way. Raises `Retry`."""
        async with self.db.transaction() as connection:
            taken = await erasures.take(connection, self.schema, limit=AT_ONCE)
            for one in taken:
                key = one["workspace"], one["contact_id"]
                if await erasures.delete(connection, self.schema, key):
                    await erasures.end(connection, self.schema, key, one["erased_at"])
                    await write_events(connection, self.schema, [self._done(one)])
        if taken:
            self.relay.wake()
        return bool(taken)

    def _done(self, one: Row) -> Message:
        return erasure.done(
            one["workspace"],
            ContactErased(contact_id=one["contact_id"], erased_at=one["erased_at"]),
            service=self.service,
            now=self.clock(),
        )
