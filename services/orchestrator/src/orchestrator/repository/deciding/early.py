"""`orchestrator.early_amendments`: what was told of calls that are not decided yet."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from common.database import Connection
from common.database.sealing import opened, sealed
from common.sealing import Place

EVENT = Place("orchestrator.early_amendments.event")
MOST = 10_000  # of a workspace, and one batch: all are looked through again and again


async def keep(
    connection: Connection, rows: Sequence[tuple[str, UUID, int, UUID | None, bytes, datetime]]
) -> None:
    """In the order of the columns; copies change nothing."""
    events = await sealed(connection, EVENT, [(row[0], row[4]) for row in rows])
    stored = [(*row[:4], event, row[5]) for row, event in zip(rows, events, strict=True)]
    await connection.execute(
        "insert into orchestrator.early_amendments"
        " select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bytea[],"
        " $6::timestamptz[]) on conflict do nothing",
        *map(list, zip(*stored, strict=True)),
    )


async def full(connection: Connection, workspaces: Collection[str]) -> set[str]:
    """Those of which as many are kept as may be."""
    rows = await connection.fetch(
        "select w from unnest($1::text[]) as w where (select count(*) from ("
        " select from orchestrator.early_amendments e where e.workspace = w limit $2) kept) >= $2",
        list(workspaces),
        MOST,
    )
    return {row["w"] for row in rows}


async def take_decided(connection: Connection, *, limit: int) -> list[bytes | None]:
    """Some whose interaction is decided by now; they are gone when the caller commits.

    None: one that does not open.
    """
    rows = await connection.fetch(
        "delete from orchestrator.early_amendments e using ("
        " select a.workspace, a.interaction_id, a.revision from orchestrator.early_amendments a"
        " join orchestrator.decisions d using (workspace, interaction_id)"
        " order by a.workspace, a.interaction_id, a.revision limit $1"
        " for update of a skip locked) k"
        " where e.workspace = k.workspace and e.interaction_id = k.interaction_id"
        " and e.revision = k.revision returning e.workspace, e.event",
        limit,
    )
    return await opened(connection, EVENT, [(row["workspace"], row["event"]) for row in rows])


async def forget(connection: Connection, *, before: datetime, limit: int) -> int:
    """How many calls' amendments were waited for in vain."""
    done: str = await connection.execute(
        "delete from orchestrator.early_amendments where ctid = any(array("
        " select ctid from orchestrator.early_amendments where came_at < $1 limit $2))",
        before,
        limit,
    )
    return int(done.rpartition(" ")[2])


async def forget_contact(connection: Connection, workspace: str, contact: UUID) -> None:
    await connection.execute(
        "delete from orchestrator.early_amendments where workspace = $1 and contact_id = $2",
        workspace,
        contact,
    )
