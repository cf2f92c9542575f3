"""Erased contacts: their calls and scores stay counted, and nothing says whose they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.domain.contributions import contribution
from analytics.domain.erasure import without_words
from analytics.repository import facts
from analytics.repository.facts import Change
from analytics.service.intake import SCHEMA
from common.bus import Bus
from common.database import Connection, Database
from common.events import Envelope
from common.events.consent import ContactErased
from common.streams import erasure
from common.streams.consumer import Finish
from common.time import Clock, utc_now

LIMIT = 500  # facts in one transaction


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
            while await self._some(event.workspace, event.data):
                pass
        done = erasure.all_done(events, service="analytics", now=self.clock())
        return partial(self.bus.publish, done)

    async def _some(self, workspace: str, erased: ContactErased) -> bool:
        """Whether there may be more. What is counted does not change, so rollups need not."""
        async with self.db.transaction() as connection:
            found = await facts.of_contact(
                connection, workspace, erased.contact_id, until=erased.erased_at, limit=LIMIT
            )
            if not found:
                return False
            await forget_words(connection, workspace, found)
            await facts.forget_contact(connection, workspace, found)
        return len(found) == LIMIT


async def forget_words(connection: Connection, workspace: str, found: Sequence[UUID]) -> None:
    """Nothing of it is counted, so rollups need not change."""
    known = await facts.lock(connection, [(workspace, one) for one in found])
    changes = [
        Change(contribution(new), writes)
        for fact, writes in known.values()
        if (new := without_words(fact)) != fact
    ]
    # Each has the zone of its call.
    await facts.write(connection, changes, {workspace: ZoneInfo("UTC")})
