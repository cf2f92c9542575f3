"""How much is under way at one moment: what a kill can hurt."""

from dataclasses import dataclass
from uuid import UUID

from common.database import Database
from tests.drills.world import Crowd

_SENDS = "select id from sms_sender.sends where state = 'claimed'"
_READ = "select count(*) from sms_sender.inbox where kind = 'message' and done_at is not null"
_QUEUED = "select count(*) from sms_sender.sends where state = 'queued'"


@dataclass(frozen=True, slots=True)
class Flight:
    """`sends` are claimed, and what became of them is not recorded; `replies` are written by
    people, and not worked off to the end."""

    sends: frozenset[UUID]
    replies: int

    def __str__(self) -> str:
        return f"{len(self.sends)} sends and {self.replies} replies in flight"


async def in_flight(db: Database, crowd: Crowd) -> Flight:
    """Raises `Retry`."""
    async with db.connection() as connection:
        sends = await connection.fetch(_SENDS)
        read = await connection.fetchval(_READ)
    # Counted after what was read of them, so that it is rather too low.
    return Flight(frozenset(row["id"] for row in sends), crowd.written - read)


async def queued(db: Database) -> int:
    """Sends that wait for their turn. Raises `Retry`."""
    async with db.connection() as connection:
        count: int = await connection.fetchval(_QUEUED)
    return count
