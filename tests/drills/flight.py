"""How much is under way at one moment: what a kill can hurt."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from common.database import Database
from tests.drills.gate import Gate
from tests.e2e import evidence

# The schema of each service that asks.
SENDERS: Mapping[str, str] = {
    schema.replace("_", "-"): schema for schema in evidence.SENDERS.values()
}
_SENDS = " union all ".join(
    f"select '{service}' as service, id from {schema}.sends where state = 'claimed'"
    for service, schema in SENDERS.items()
)
_READ = " + ".join(
    f"(select count(*) from {schema}.inbox where kind = 'message' and done_at is not null)"
    for schema in SENDERS.values()
)
_QUEUED = " + ".join(
    f"(select count(*) from {schema}.sends where state = 'queued')" for schema in SENDERS.values()
)


@dataclass(frozen=True, slots=True)
class Flight:
    """`by_service`: sends that are claimed, and what became of them is not recorded. `replies`:
    written, tapped or pressed by people, and not worked off to the end."""

    by_service: Mapping[str, frozenset[UUID]]
    replies: int

    @property
    def sends(self) -> frozenset[UUID]:
        return frozenset().union(*self.by_service.values())

    def __str__(self) -> str:
        each = " + ".join(str(len(sends)) for sends in self.by_service.values())
        return f"{each} sends and {self.replies} replies in flight"


async def in_flight(db: Database, gate: Gate) -> Flight:
    """Raises `Retry`."""
    async with db.connection() as connection:
        rows = await connection.fetch(_SENDS)
        read = await connection.fetchval(f"select {_READ}")
    # Counted after what was read of them, so that it is rather too low.
    sends = {
        service: frozenset(row["id"] for row in rows if row["service"] == service)
        for service in SENDERS
    }
    return Flight(sends, gate.written - read)


async def queued(db: Database) -> int:
    """Sends that wait for their turn. Raises `Retry`."""
    async with db.connection() as connection:
        count: int = await connection.fetchval(f"select {_QUEUED}")
    return count
