"""Erased contacts: the parts of their calls are deleted, and no older ones are kept again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from common.bus import Bus
from common.database import Database
from common.database.holdings import Held
from common.events import Envelope
from common.events.consent import ContactErased
from common.streams import erasure
from common.streams.consumer import Finish
from common.time import Clock, utc_now
from ingest.repository import contacts

LIMIT = 500  # parts in one transaction
SERVICE = "ingest"


@dataclass(frozen=True, slots=True)
class Erasing:
    """And what there is to be erased, for whoever asks."""

    db: Database
    bus: Bus
    clock: Clock = utc_now

    async def on_erased(self, events: Sequence[Envelope[ContactErased]]) -> Finish:
        """All of it, again after a crash; what it returns tells the orchestrator."""
        async with self.db.transaction() as connection:
            await erasure.exclude(connection, SERVICE)
            await erasure.remember(connection, SERVICE, events)
        for event in events:
            after: int | None = 0
            while after is not None:
                after = await self._some(event.workspace, event.data, after)
        done = erasure.all_done(events, service=SERVICE, now=self.clock())
        return partial(self.bus.publish, done)

    async def held(self, workspace: str, contact: UUID) -> Held:
        """Parts that are kept of a contact's calls."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await contacts.held_of(connection, workspace, contact)

    async def _some(self, workspace: str, erased: ContactErased, after: int) -> int | None:
        """How far it came; None when it was all."""
        async with self.db.transaction() as connection:
            found = await contacts.parts_of(
                connection, workspace, erased.contact_id, after=after, limit=LIMIT
            )
            old = [
                one
                for one in found  # what does not open goes, too: it is from before, nearly always
                if one.report is None or one.report.interaction.ended_at <= erased.erased_at
            ]
            if old:
                await contacts.delete_parts(connection, old)
        return found[-1].number if len(found) == LIMIT else None
