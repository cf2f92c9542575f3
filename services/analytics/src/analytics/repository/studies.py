"""Studies: asked by people, taken by one replica at a time under a lease."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.database import Connection, Row

LEASE = timedelta(minutes=5)
_COLUMNS = "id, kind, question, state, progress, problem, result, asked_at, done_at"
_ASK = f"""
insert into analytics.studies (workspace, id, kind, question, asked_at)
values ($1, $2, $3, $4, $5) returning {_COLUMNS}
"""  # noqa: S608 - names of columns
_TAKE = """
update analytics.studies set state = 'running', lease_until = $1::timestamptz + $2
where (workspace, id) in (
    select workspace, id from analytics.studies
    where state = 'waiting' or (state = 'running' and lease_until < $1)
    order by asked_at limit 1 for update skip locked
) returning workspace, id, kind, question
"""
_FORGET = "delete from analytics.studies where asked_at < $1"


async def open_ones(connection: Connection, workspace: str) -> int:
    found: int = await connection.fetchval(
        "select count(*) from analytics.studies"
        " where workspace = $1 and state in ('waiting', 'running')",
        workspace,
    )
    return found


async def ask(
    connection: Connection,
    workspace: str,
    study: UUID,
    kind: str,
    question: Mapping[str, Any],
    *,
    at: datetime,
) -> Row:
    return await connection.fetchrow(_ASK, workspace, study, kind, question, at)


async def find(connection: Connection, workspace: str, study: UUID) -> Row | None:
    found: Row | None = await connection.fetchrow(
        f"select {_COLUMNS} from analytics.studies"  # noqa: S608 - names of columns
        " where workspace = $1 and id = $2",
        workspace,
        study,
    )
    return found


async def newest(connection: Connection, workspace: str, limit: int) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        f"select {_COLUMNS} from analytics.studies"  # noqa: S608 - names of columns
        " where workspace = $1 order by asked_at desc, id limit $2",
        workspace,
        limit,
    )
    return rows


async def take(connection: Connection, *, now: datetime) -> Row | None:
    """One that waits, or whose runner is gone."""
    found: Row | None = await connection.fetchrow(_TAKE, now, LEASE)
    return found


async def tell(
    connection: Connection, workspace: str, study: UUID, progress: float, *, now: datetime
) -> None:
    await connection.execute(
        "update analytics.studies set progress = $3, lease_until = $4::timestamptz + $5"
        " where workspace = $1 and id = $2",
        workspace,
        study,
        progress,
        now,
        LEASE,
    )


async def end(
    connection: Connection,
    workspace: str,
    study: UUID,
    *,
    result: Mapping[str, Any] | None,
    problem: str | None,
    now: datetime,
) -> None:
    await connection.execute(
        "update analytics.studies set state = $3, progress = 1, result = $4, problem = $5,"
        " done_at = $6, lease_until = null where workspace = $1 and id = $2",
        workspace,
        study,
        "done" if problem is None else "failed",
        result,
        problem,
        now,
    )


async def forget(connection: Connection, before: datetime) -> None:
    await connection.execute(_FORGET, before)
