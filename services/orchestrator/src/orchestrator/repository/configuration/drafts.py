"""Drafts of documents, each beside the document as it was when the draft began."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from common.database import Connection, Row
from orchestrator.domain.configuring.changes import Key
from orchestrator.domain.configuring.drafts import Draft


async def of_workspace(connection: Connection, workspace: str) -> list[Draft]:
    """In the order of their keys."""
    rows = await connection.fetch(
        "select kind, id, body, base, written_at, written_by from config.drafts"
        " where workspace = $1 order by kind, id",
        workspace,
    )
    return [_read(row) for row in rows]


async def chosen(connection: Connection, workspace: str, keys: Collection[Key]) -> list[Draft]:
    """Those of them that there are, in the order of their keys."""
    rows = await connection.fetch(
        "select kind, id, body, base, written_at, written_by from config.drafts"
        " join unnest($2::text[], $3::text[]) as k (kind, id) using (kind, id)"
        " where workspace = $1 order by kind, id",
        workspace,
        [kind for kind, _ in keys],
        [identity for _, identity in keys],
    )
    return [_read(row) for row in rows]


async def others(connection: Connection, workspace: str, key: Key) -> tuple[int, int]:
    """How many drafts there are beside this one, and bytes of their text."""
    row = await connection.fetchrow(
        "select count(*) as count, coalesce(sum(octet_length(body::text)), 0) as bytes"
        " from config.drafts where workspace = $1 and (kind, id) <> ($2, $3)",
        workspace,
        *key,
    )
    assert row is not None
    return row["count"], row["bytes"]


async def find(connection: Connection, workspace: str, key: Key) -> Draft | None:
    row = await connection.fetchrow(
        "select kind, id, body, base, written_at, written_by from config.drafts"
        " where workspace = $1 and kind = $2 and id = $3",
        workspace,
        *key,
    )
    return _read(row) if row else None


async def lock(connection: Connection, workspace: str) -> None:
    """Until the end of the transaction nobody else writes drafts there."""
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended('drafts/' || $1, 0))", workspace
    )


async def store(
    connection: Connection,
    workspace: str,
    key: Key,
    *,
    body: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    by: str,
    now: datetime,
) -> None:
    await connection.execute(
        "insert into config.drafts (workspace, kind, id, body, base, written_at, written_by)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace, kind, id) do update"
        " set body = excluded.body, base = excluded.base, written_at = excluded.written_at,"
        " written_by = excluded.written_by",
        workspace,
        *key,
        body,
        base,
        now,
        by,
    )


async def remove(connection: Connection, workspace: str, drafts: Sequence[Draft]) -> int:
    """Those that are still as they were read; how many."""
    rows = await connection.fetch(
        "delete from config.drafts d using unnest($2::text[], $3::text[], $4::jsonb[])"
        " as k (kind, id, body) where d.workspace = $1 and d.kind = k.kind and d.id = k.id"
        " and d.body = k.body returning d.id",
        workspace,
        [one.kind for one in drafts],
        [one.id for one in drafts],
        [one.body for one in drafts],
    )
    return len(rows)


def _read(row: Row) -> Draft:
    return Draft(**row)
