"""`orchestrator.decisions`: one row per interaction, with the event as it was published."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.database import Connection, Row
from orchestrator.domain.keys import Key, columns, in_order
from orchestrator.repository.by_keys import ByKeys

COLUMNS = ("workspace", "interaction_id", "reason", "decided_at", "copies", "event")


class DecisionRow(NamedTuple):
    """In the order of COLUMNS."""

    workspace: str
    interaction_id: UUID
    reason: str | None
    decided_at: datetime
    copies: int
    event: bytes


_EVENTS = ByKeys(
    "select workspace, interaction_id, event from orchestrator.decisions {keys}",
    identity="interaction_id",
)
_LOCK_EVENTS = ByKeys(
    "select workspace, interaction_id, event from orchestrator.decisions d {keys}"
    " order by workspace, interaction_id for update of d",
    identity="interaction_id",
)


def _events(rows: Sequence[Row]) -> dict[Key, bytes]:
    return {(row["workspace"], row["interaction_id"]): row["event"] for row in rows}


async def events(connection: Connection, interactions: Collection[Key]) -> dict[Key, bytes]:
    """The published events of those that are decided."""
    return _events(await _EVENTS.fetch(connection, interactions))


async def lock_events(connection: Connection, interactions: Collection[Key]) -> dict[Key, bytes]:
    """As `events`; nobody else amends them until we commit."""
    return _events(await _LOCK_EVENTS.fetch(connection, interactions))


async def insert(connection: Connection, rows: Sequence[DecisionRow]) -> None:
    """Raises asyncpg's `UniqueViolationError` when somebody else decided one of them."""
    await connection.copy_records_to_table(
        "decisions", schema_name="orchestrator", columns=COLUMNS, records=rows
    )


async def count_copies(connection: Connection, copies: Mapping[Key, int]) -> None:
    keys = in_order(copies)
    await connection.execute(
        "update orchestrator.decisions d set copies = d.copies + u.copies"
        " from unnest($1::text[], $2::uuid[], $3::int[]) as u (workspace, id, copies)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(keys),
        [copies[one] for one in keys],
    )


async def amend(connection: Connection, events_of: Mapping[Key, bytes]) -> None:
    """Replaces the events of locked rows."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.event"
        " from unnest($1::text[], $2::uuid[], $3::bytea[]) as u (workspace, id, event)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(events_of),
        list(events_of.values()),
    )


async def find(connection: Connection, workspace: str, interaction: UUID) -> Row | None:
    return await connection.fetchrow(
        "select event, copies from orchestrator.decisions"
        " where workspace = $1 and interaction_id = $2",
        workspace,
        interaction,
    )
