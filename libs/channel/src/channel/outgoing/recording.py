"""The record: what became of a request, written after it, many at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from channel.outgoing.claims import Claimed
from channel.store import contacts, delivery, sends
from channel.store.contacts import Consent
from channel.store.delivery import Send
from channel.store.outcomes import Outcome, Rejected, storable
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import Key, Schema
from common.bus import Message
from common.database import Connection, Database
from common.errors import Retry
from common.events.consent import ConsentState
from common.events.sends import FailureClass
from common.failpoints import failpoint
from common.group_commit import GroupCommit
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
LINGER = 0.1  # seconds between two commits of what providers answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """`pause` is how long a request that may be repeated waits."""

    claimed: Claimed
    outcome: Outcome
    pause: timedelta

    @property
    def opted_out(self) -> bool:
        return _opted_out(self.outcome)


def _opted_out(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.failure is FailureClass.OPTED_OUT


class Recording:
    """Writes outcomes; keeps at it while our database is away, for only this process knows them."""

    def __init__(
        self, db: Database, schema: Schema, *, events: OutgoingEvents, relay: Relay, clock: Clock
    ) -> None:
        self._db = db
        self._relay = relay
        self._schema = schema
        self._events = events
        self._clock = clock
        self._commit = GroupCommit(self._write, linger=LINGER)

    async def put(self, posted: Posted) -> None:
        """Returns when it is committed."""
        posted = replace(posted, outcome=storable(posted.outcome))
        pause = 0.1
        while True:
            try:
                return await self._commit.put(posted)
            except Retry as error:
                log.warning("record_waits", reason=error.reason)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)

    async def _write(self, batch: Sequence[Posted]) -> None:
        async with self._db.transaction() as connection:
            messages = await self._suppress(connection, [item for item in batch if item.opted_out])
            known = await sends.locked(
                connection, self._schema, [item.claimed.send.key for item in batch]
            )
            now = self._clock()
            after = [
                delivery.recorded(
                    known[item.claimed.send.key],
                    item.outcome,
                    now,
                    attempt=item.claimed.send.attempts,
                    pause=item.pause,
                )
                for item in batch
                if item.claimed.send.key in known  # deleted since: nobody waited any longer for us
            ]
            messages += self._events.deliveries(news(known, after), now)
            await sends.save(connection, self._schema, after)
            await write_events(connection, self._schema, messages)
            failpoint("record.before_commit")
        failpoint("record.after_commit")
        self._relay.wake()

    async def _suppress(self, connection: Connection, refused: Sequence[Posted]) -> list[Message]:
        """The carrier knows of an opt-out that we did not."""
        if not refused:
            return []
        return await carrier_opt_outs(
            connection,
            self._schema,
            self._events,
            refused=[item.claimed.send for item in refused],
            clock=self._clock,
        )


def news(before: Mapping[Key, Send], after: Sequence[Send]) -> list[Send]:
    """What changed in a way that others are told of."""
    return [send for send in after if send.revision != before[send.key].revision]


async def carrier_opt_outs(
    connection: Connection,
    schema: Schema,
    events: OutgoingEvents,
    *,
    refused: Sequence[Send],
    clock: Clock,
) -> list[Message]:
    """Suppresses the contacts of these refused sends; returns what to tell. Locks contacts."""
    await contacts.ensure(connection, schema, [s.contact for s in refused])
    await contacts.lock(connection, schema, [s.contact for s in refused])
    now = clock()
    changed = await contacts.decide(
        connection, schema, [_withdrawn(send, now) for send in refused], now=now
    )
    return [
        events.consent(
            events.change_of_consent(
                send.contact_id,
                ConsentState.WITHDRAWN,
                now,
                source="carrier",
                because_of=send.id,
                evidence="the carrier refuses messages to this contact",
            ),
            workspace=send.workspace,
        )
        for send in refused
        if send.contact in changed
    ]


def _withdrawn(send: Send, now: datetime) -> Consent:
    return Consent(
        workspace=send.workspace,
        contact_id=send.contact_id,
        state=ConsentState.WITHDRAWN,
        occurred_at=now,
    )
