"""`orchestrator.erasures`: who is to be forgotten, how far we are, and who else has done it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.database import Connection, Row
from common.events import Envelope
from common.events.consent import ErasureDone

BEGIN = UUID(int=0)


async def insert(
    connection: Connection,
    workspace: str,
    erasure: UUID,
    *,
    contact: UUID,
    erased_at: datetime,
    by: str,
) -> None:
    await connection.execute(
        "insert into orchestrator.erasures"
        " (workspace, id, contact_id, erased_at, asked_by, looked_until)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        workspace,
        erasure,
        contact,
        erased_at,
        by,
        BEGIN,
    )


async def take(connection: Connection) -> Row | None:
    """The oldest that is not done here and that nobody else works at; locked."""
    return await connection.fetchrow(
        "select workspace, id, contact_id, erased_at, looked_until from orchestrator.erasures"
        " where deleted_at is null order by erased_at limit 1 for update skip locked"
    )


async def set_looked_until(
    connection: Connection, workspace: str, erasure: UUID, until: UUID
) -> None:
    await connection.execute(
        "update orchestrator.erasures set looked_until = $3 where workspace = $1 and id = $2",
        workspace,
        erasure,
        until,
    )


async def end(connection: Connection, workspace: str, erasure: UUID, now: datetime) -> None:
    """Nothing is left here."""
    await connection.execute(
        "update orchestrator.erasures set deleted_at = $3 where workspace = $1 and id = $2",
        workspace,
        erasure,
        now,
    )


async def report(connection: Connection, events: Sequence[Envelope[ErasureDone]]) -> None:
    """What others have done; told again, the first time counts."""
    await connection.execute(
        "insert into orchestrator.erasure_reports (workspace, erasure_id, service, done_at)"
        " select * from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[])"
        " on conflict (workspace, erasure_id, service) do nothing",
        [event.workspace for event in events],
        [event.data.erasure_id for event in events],
        [event.data.service for event in events],
        [event.data.done_at for event in events],
    )


async def find(connection: Connection, workspace: str, erasure: UUID) -> Row | None:
    return await connection.fetchrow(
        "select id, contact_id, erased_at, asked_by, deleted_at from orchestrator.erasures"
        " where workspace = $1 and id = $2",
        workspace,
        erasure,
    )


async def reports(connection: Connection, workspace: str, erasure: UUID) -> dict[str, datetime]:
    """Service -> when it was done."""
    rows = await connection.fetch(
        "select service, done_at from orchestrator.erasure_reports"
        " where workspace = $1 and erasure_id = $2",
        workspace,
        erasure,
    )
    return {row["service"]: row["done_at"] for row in rows}
