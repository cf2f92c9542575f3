"""`orchestrator.dry_runs`, and the past calls that they play."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection, Row
from common.database.sealing import opened_rows
from orchestrator.repository.deciding.decisions import EVENT

_FIELDS = "id, since, until, state, played, calls, result, error, asked_by, asked_at"


async def insert(
    connection: Connection,
    workspace: str,
    run: UUID,
    *,
    draft: Mapping[str, Any],
    since: datetime,
    until: datetime,
    by: str,
    now: datetime,
) -> None:
    """What is too old to be read goes by the way."""
    await connection.execute(
        "delete from orchestrator.dry_runs where workspace = $1"
        " and asked_at < $2::timestamptz - interval '7 days'",
        workspace,
        now,
    )
    await connection.execute(
        "insert into orchestrator.dry_runs"
        " (workspace, id, draft, since, until, state, asked_by, asked_at)"
        " values ($1, $2, $3, $4, $5, 'waiting', $6, $7)",
        workspace,
        run,
        draft,
        since,
        until,
        by,
        now,
    )


async def count_open(connection: Connection, workspace: str) -> int:
    found: int = await connection.fetchval(
        "select count(*) from orchestrator.dry_runs"
        " where workspace = $1 and state in ('waiting', 'running')",
        workspace,
    )
    return found


async def find(connection: Connection, workspace: str, run: UUID) -> Row | None:
    return await connection.fetchrow(
        f"select {_FIELDS} from orchestrator.dry_runs"  # noqa: S608 - ours
        " where workspace = $1 and id = $2",
        workspace,
        run,
    )


async def cancel(connection: Connection, workspace: str, run: UUID) -> None:
    """Whoever plays it sees it at the next step."""
    await connection.execute(
        "update orchestrator.dry_runs set state = 'cancelled'"
        " where workspace = $1 and id = $2 and state in ('waiting', 'running')",
        workspace,
        run,
    )


async def take(connection: Connection, now: datetime, until: datetime) -> Row | None:
    """The oldest that waits, or that somebody did not live to finish; leased.

    Of the workspaces that wait, one that had fewest played of late has its turn.
    """
    return await connection.fetchrow(
        "update orchestrator.dry_runs set state = 'running', played = 0, leased_until = $2"
        " where (workspace, id) = (select workspace, id from orchestrator.dry_runs r"
        " where state = 'waiting' or state = 'running' and leased_until < $1"
        " order by (select count(*) from orchestrator.dry_runs o where o.workspace = r.workspace"
        " and o.state <> 'waiting' and o.asked_at > $1 - interval '1 day'), asked_at"
        " limit 1 for update of r skip locked)"
        " returning workspace, id, draft, since, until",
        now,
        until,
    )


async def step(
    connection: Connection, workspace: str, run: UUID, *, played: int, calls: int, until: datetime
) -> bool:
    """How far it is; False: it was cancelled."""
    done: str = await connection.execute(
        "update orchestrator.dry_runs set played = $3, calls = $4, leased_until = $5"
        " where workspace = $1 and id = $2 and state = 'running'",
        workspace,
        run,
        played,
        calls,
        until,
    )
    return done.endswith(" 1")


async def end(
    connection: Connection,
    workspace: str,
    run: UUID,
    *,
    result: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> None:
    await connection.execute(
        "update orchestrator.dry_runs set state = $3, result = $4, error = $5"
        " where workspace = $1 and id = $2 and state = 'running'",
        workspace,
        run,
        "failed" if error else "done",
        result,
        error,
    )


async def calls(
    connection: Connection, workspace: str, *, since: datetime, until: datetime, limit: int
) -> list[tuple[datetime, UUID]]:
    """The latest that were decided in that time, in the order in which they were."""
    rows = await connection.fetch(
        "select decided_at, interaction_id from ("
        " select decided_at, interaction_id from orchestrator.decisions"
        " where workspace = $1 and decided_at >= $2 and decided_at < $3"
        " order by decided_at desc, interaction_id desc limit $4) latest"
        " order by decided_at, interaction_id",
        workspace,
        since,
        until,
        limit,
    )
    return [(row["decided_at"], row["interaction_id"]) for row in rows]


async def events(
    connection: Connection, workspace: str, interactions: Collection[UUID]
) -> dict[UUID, bytes]:
    """Of those that are there, and open."""
    rows = await connection.fetch(
        "select interaction_id, event from orchestrator.decisions"
        " where workspace = $1 and interaction_id = any($2)",
        workspace,
        interactions,
    )
    found = await opened_rows(connection, workspace, rows, {"event": EVENT})
    return {row["interaction_id"]: row["event"] for row in found if row["event"] is not None}


_CONSENT = """
    select id, withdrawn, granted, unreachable, unreachable_since, person, linked_at, linked_by_hand
    from orchestrator.contacts where workspace = $1
"""


async def consent(connection: Connection, workspace: str, contacts: Collection[UUID]) -> list[Row]:
    """Of those among them that ever said anything, whose number is dead, or who are linked."""
    rows: list[Row] = await connection.fetch(
        f"{_CONSENT} and id = any($2)"
        " and (withdrawn <> 0 or granted <> 0 or unreachable <> 0 or linked_at is not null)",
        workspace,
        contacts,
    )
    return rows


async def of_persons(
    connection: Connection, workspace: str, persons: Collection[UUID]
) -> list[Row]:
    """All addresses of these persons."""
    rows: list[Row] = await connection.fetch(f"{_CONSENT} and person = any($2)", workspace, persons)
    return rows


_ANSWERED = """
    select s.channel, count(*) as asks, count(*) filter (where i.status = 'answered') as answers
    from (select invitation_id, channel from orchestrator.steps
          where workspace = $1 and send_by > $2 and kind = 'ask' and state in ('sent', 'delivered')
          order by send_by desc limit $3) s
    join orchestrator.invitations i on i.workspace = $1 and i.id = s.invitation_id
    where not i.test group by s.channel
"""


async def answered(
    connection: Connection, workspace: str, since: datetime, *, limit: int
) -> dict[str, tuple[int, int]]:
    """Channel -> (asks that went out, answers), of the latest."""
    rows = await connection.fetch(_ANSWERED, workspace, since, limit)
    return {row["channel"]: (row["asks"], row["answers"]) for row in rows}
