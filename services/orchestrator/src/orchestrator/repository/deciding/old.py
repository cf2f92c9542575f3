"""Decisions of long ago, a stretch of time at a time."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from common.database import Connection, Row
from orchestrator.domain.keys import Key, columns

# Those of one moment together, so that the next stretch begins after it.
_OF_TIME = """
    select interaction_id, decided_at, event, contact_id from orchestrator.decisions
    where workspace = $1 and decided_at >= $2 and decided_at < $3
    order by decided_at fetch first $4 rows with ties
"""


async def of_time(
    connection: Connection, workspace: str, since: datetime, until: datetime, *, limit: int
) -> list[Row]:
    rows: list[Row] = await connection.fetch(_OF_TIME, workspace, since, until, limit)
    return rows


async def some(connection: Connection, workspace: str, since: datetime, until: datetime) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from orchestrator.decisions"
        " where workspace = $1 and decided_at >= $2 and decided_at < $3)",
        workspace,
        since,
        until,
    )
    return found


async def delete(connection: Connection, workspace: str, interactions: Collection[UUID]) -> None:
    await connection.execute(
        "delete from orchestrator.decisions where workspace = $1 and interaction_id = any($2)",
        workspace,
        interactions,
    )


async def replace(connection: Connection, events_of: Mapping[Key, tuple[bytes, bytes]]) -> None:
    """(before, after): where somebody amended it meanwhile, it stays until the next time."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.after"
        " from unnest($1::text[], $2::uuid[], $3::bytea[], $4::bytea[])"
        " as u (workspace, id, before, after)"
        " where d.workspace = u.workspace and d.interaction_id = u.id and d.event = u.before",
        *columns(events_of),
        [before for before, _ in events_of.values()],
        [after for _, after in events_of.values()],
    )


async def forget_addresses(
    connection: Connection, workspace: str, contacts: Collection[UUID]
) -> None:
    """Of locked contacts who were asked long ago. What they allow stays, and what caps count."""
    await connection.execute(
        "update orchestrator.contacts set address = null where workspace = $1 and id = any($2)",
        workspace,
        contacts,
    )
