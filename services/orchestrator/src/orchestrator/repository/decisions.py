"""`orchestrator.decisions`: one row per interaction, with the event as it was published."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.database import Connection, Row

COLUMNS = ("interaction_id", "workspace", "reason", "decided_at", "copies", "event")


class DecisionRow(NamedTuple):
    """In the order of COLUMNS."""

    interaction_id: UUID
    workspace: str
    reason: str | None
    decided_at: datetime
    copies: int
    event: bytes


async def events(connection: Connection, interactions: Collection[UUID]) -> dict[UUID, bytes]:
    """The published events of those that are decided."""
    rows = await connection.fetch(
        "select interaction_id, event from orchestrator.decisions where interaction_id = any($1)",
        list(interactions),
    )
    return {row["interaction_id"]: row["event"] for row in rows}


async def lock_events(connection: Connection, interactions: Collection[UUID]) -> dict[UUID, bytes]:
    """As `events`; nobody else amends them until we commit."""
    rows = await connection.fetch(
        "select interaction_id, event from orchestrator.decisions where interaction_id = any($1)"
        " order by interaction_id for update",
        list(interactions),
    )
    return {row["interaction_id"]: row["event"] for row in rows}


async def insert(connection: Connection, rows: Sequence[DecisionRow]) -> None:
    """Raises asyncpg's `UniqueViolationError` when somebody else decided one of them."""
    await connection.copy_records_to_table(
        "decisions", schema_name="orchestrator", columns=COLUMNS, records=rows
    )


async def count_copies(connection: Connection, copies: Mapping[UUID, int]) -> None:
    ids = sorted(copies)
    await connection.execute(
        "update orchestrator.decisions d set copies = d.copies + u.copies"
        " from unnest($1::uuid[], $2::int[]) as u (id, copies) where d.interaction_id = u.id",
        ids,
        [copies[one] for one in ids],
    )


async def amend(connection: Connection, events_of: Mapping[UUID, bytes]) -> None:
    """Replaces the events of locked rows."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.event"
        " from unnest($1::uuid[], $2::bytea[]) as u (id, event) where d.interaction_id = u.id",
        list(events_of),
        list(events_of.values()),
    )


async def find(connection: Connection, workspace: str, interaction: UUID) -> Row | None:
    return await connection.fetchrow(
        "select event, copies from orchestrator.decisions"
        " where interaction_id = $1 and workspace = $2",
        interaction,
        workspace,
    )
