"""Decisions of long ago, a stretch of time at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from common.database.sealing import opened_rows
from orchestrator.repository.deciding import decisions

# Those of one moment together, so that the next stretch begins after it.
_OF_TIME = """
    select interaction_id, decided_at, event, contact_id from orchestrator.decisions
    where workspace = $1 and decided_at >= $2 and decided_at < $3
    order by decided_at fetch first $4 rows with ties
"""


async def of_time(
    connection: Connection, workspace: str, since: datetime, until: datetime, *, limit: int
) -> list[dict[str, Any]]:
    """An event is None where it does not open."""
    rows = await connection.fetch(_OF_TIME, workspace, since, until, limit)
    return await opened_rows(connection, workspace, rows, {"event": decisions.EVENT})


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


async def forget_addresses(
    connection: Connection, workspace: str, contacts: Collection[UUID]
) -> None:
    """Of locked contacts who were asked long ago. What they allow stays, and what caps count."""
    await connection.execute(
        "update orchestrator.contacts set address = null where workspace = $1 and id = any($2)",
        workspace,
        contacts,
    )
