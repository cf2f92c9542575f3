"""Erased contacts: nothing of theirs is told on any more, and what is kept of it goes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from closed_loop.repository import contacts
from common.bus import Bus
from common.database import Connection, Database
from common.database.holdings import Held
from common.events import Envelope
from common.events.consent import ContactErased
from common.events.decisions import Decision
from common.events.responses import Response
from common.streams import erasure
from common.streams.consumer import Finish
from common.time import Clock, utc_now

SCHEMA = "closed_loop"
SERVICE = "closed-loop"
E = TypeVar("E", Decision, Response)


@dataclass(frozen=True, slots=True)
class Erasing:
    db: Database
    bus: Bus
    clock: Clock = utc_now

    async def on_erased(self, events: Sequence[Envelope[ContactErased]]) -> Finish:
        """All of it, again after a crash; what it returns tells the orchestrator."""
        async with self.db.transaction() as connection:
            await erasure.exclude(connection, SCHEMA)
            await erasure.remember(connection, SCHEMA, events)
            for event in events:
                told = event.data
                await contacts.forget(connection, event.workspace, told.contact_id, told.erased_at)
        done = erasure.all_done(events, service=SERVICE, now=self.clock())
        return partial(self.bus.publish, done)

    async def held(self, workspace: str, contact: UUID) -> Held:
        """All that is known of a contact here."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await contacts.held_of(connection, workspace, contact)


async def without_erased(
    connection: Connection, events: Collection[Envelope[E]]
) -> list[Envelope[E]]:
    """Without what is told of somebody from before they were erased. Until commit nobody is."""
    people = {(event.workspace, who) for event in events if (who := _who(event.data)) is not None}
    erased = await erasure.erased(connection, SCHEMA, people) if people else {}
    left = []
    for event in events:
        who = _who(event.data)
        at = erased.get((event.workspace, who)) if who else None
        if at is None or _when(event.data) > at:
            left.append(event)
    return left


def _who(told: Decision | Response) -> UUID | None:
    return told.contact_id if isinstance(told, Response) else told.interaction.contact_id


def _when(told: Decision | Response) -> datetime:
    if isinstance(told, Response):
        return told.changed_at
    return min(told.interaction.ended_at, told.decided_at)
