"""`orchestrator.audiences`, and the people of each."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection, Row
from common.database.sealing import opened_rows, sealed
from common.sealing import Place

PERSON = Place("orchestrator.audience_people.person")

_COUNTS = """
    select a.*, coalesce(p.people, 0) as people, coalesce(p.waiting, 0) as waiting,
        coalesce(p.asked, 0) as asked, coalesce(p.not_asked, '{}'::jsonb) as not_asked
    from orchestrator.audiences a left join lateral (
        select sum(n)::int as people,
            coalesce(sum(n) filter (where reason is null and open), 0)::int as waiting,
            coalesce(sum(n) filter (where reason = ''), 0)::int as asked,
            jsonb_object_agg(reason, n) filter (where reason <> '') as not_asked
        from (
            select reason, person is not null as open, count(*) as n
            from orchestrator.audience_people
            where workspace = a.workspace and audience_id = a.id group by 1, 2
        ) by_reason
    ) p on true
    where a.workspace = $1 and ($2::text is null or a.id = $2) order by a.made_at desc, a.id
"""


async def all_of(connection: Connection, workspace: str, audience: str | None = None) -> list[Row]:
    """With their counts; of one, where it is named."""
    rows: list[Row] = await connection.fetch(_COUNTS, workspace, audience)
    return rows


async def make(
    connection: Connection,
    workspace: str,
    audience: str,
    *,
    per_hour: int,
    by: str,
    now: datetime,
) -> None:
    """Paused; one that there is stays as it is."""
    await connection.execute(
        "insert into orchestrator.audiences"
        " (workspace, id, state, per_hour, next_at, made_at, made_by, changed_at)"
        " values ($1, $2, 'paused', $3, $4, $4, $5, $4) on conflict do nothing",
        workspace,
        audience,
        per_hour,
        now,
        by,
    )


async def lock(connection: Connection, workspace: str, audience: str) -> Row | None:
    return await connection.fetchrow(
        "select * from orchestrator.audiences where workspace = $1 and id = $2 for update",
        workspace,
        audience,
    )


async def count(connection: Connection, workspace: str) -> int:
    found: int = await connection.fetchval(
        "select count(*) from orchestrator.audiences where workspace = $1", workspace
    )
    return found


async def size(connection: Connection, workspace: str, audience: str) -> int:
    found: int = await connection.fetchval(
        "select count(*) from orchestrator.audience_people"
        " where workspace = $1 and audience_id = $2",
        workspace,
        audience,
    )
    return found


async def add(
    connection: Connection, workspace: str, audience: str, people: Mapping[UUID, bytes]
) -> int:
    """How many were not in it, ever: nobody is asked twice for being told twice."""
    rows = await connection.fetch(
        "insert into orchestrator.audience_people (workspace, audience_id, contact_id, person)"
        " select $1, $2, * from unnest($3::uuid[], $4::bytea[])"
        " on conflict do nothing returning 1",
        workspace,
        audience,
        list(people),
        await sealed(connection, PERSON, [(workspace, one) for one in people.values()]),
    )
    return len(rows)


async def change(
    connection: Connection,
    workspace: str,
    audience: str,
    *,
    state: str,
    per_hour: int,
    now: datetime,
) -> None:
    await connection.execute(
        "update orchestrator.audiences set state = $3, per_hour = $4, changed_at = $5,"
        " next_at = $5 where workspace = $1 and id = $2",
        workspace,
        audience,
        state,
        per_hour,
        now,
    )


async def due(connection: Connection, now: datetime) -> Row | None:
    """One that runs and that nobody else takes from; locked."""
    return await connection.fetchrow(
        "select * from orchestrator.audiences where state = 'running' and next_at <= $1"
        " order by next_at limit 1 for update skip locked",
        now,
    )


async def take(
    connection: Connection, workspace: str, audience: str, now: datetime, *, limit: int
) -> list[dict[str, Any]]:
    """Who is decided about next; who was taken long ago, and not decided, comes first again.

    The audience is locked. `person` is None of whom it does not open: they wait for their key.
    """
    # Two statements: joined to an update, a limit may be taken more than once.
    next_ones = await connection.fetch(
        "select contact_id from orchestrator.audience_people"
        " where workspace = $1 and audience_id = $2 and person is not null"
        " order by taken_at nulls last, contact_id limit $3",
        workspace,
        audience,
        limit,
    )
    rows = await connection.fetch(
        "update orchestrator.audience_people set taken_at = coalesce(taken_at, $3)"
        " where workspace = $1 and audience_id = $2 and contact_id = any($4)"
        " and person is not null returning contact_id, person, taken_at",
        workspace,
        audience,
        now,
        [row["contact_id"] for row in next_ones],
    )
    return await opened_rows(connection, workspace, rows, {"person": PERSON})


async def put_off(
    connection: Connection, workspace: str, audience: str, *, state: str, next_at: datetime
) -> None:
    """Of a locked one."""
    await connection.execute(
        "update orchestrator.audiences set state = $3, next_at = $4"
        " where workspace = $1 and id = $2",
        workspace,
        audience,
        state,
        next_at,
    )


async def decided(
    connection: Connection, workspace: str, audience: str, reasons: Mapping[UUID, str]
) -> None:
    """Contact -> why not; '': asked. Who they are is not kept any longer."""
    await connection.execute(
        "update orchestrator.audience_people p set person = null, reason = u.reason"
        " from unnest($3::uuid[], $4::text[]) as u (contact_id, reason)"
        " where p.workspace = $1 and p.audience_id = $2 and p.contact_id = u.contact_id",
        workspace,
        audience,
        list(reasons),
        list(reasons.values()),
    )


async def reasons(
    connection: Connection, workspace: str, interactions: Collection[UUID]
) -> dict[UUID, str]:
    """Interaction -> why not; '': asked."""
    rows = await connection.fetch(
        "select interaction_id, coalesce(reason, '') as reason from orchestrator.decisions"
        " where workspace = $1 and interaction_id = any($2)",
        workspace,
        list(interactions),
    )
    return {row["interaction_id"]: row["reason"] for row in rows}


async def delete(connection: Connection, workspace: str, audience: str) -> bool:
    """With its people; what was asked stays asked."""
    await connection.execute(
        "delete from orchestrator.audience_people where workspace = $1 and audience_id = $2",
        workspace,
        audience,
    )
    done: str = await connection.execute(
        "delete from orchestrator.audiences where workspace = $1 and id = $2", workspace, audience
    )
    return done.endswith(" 1")


async def forget(connection: Connection, workspace: str, contact: UUID) -> None:
    """Whatever audience they are in."""
    await connection.execute(
        "delete from orchestrator.audience_people where workspace = $1 and contact_id = $2",
        workspace,
        contact,
    )


async def forget_decided(
    connection: Connection, workspace: str, contacts: Collection[UUID], until: datetime
) -> None:
    """Of people who were decided about by then, that they were in an audience at all."""
    await connection.execute(
        "delete from orchestrator.audience_people where workspace = $1 and contact_id = any($2)"
        " and person is null and taken_at <= $3",
        workspace,
        list(contacts),
        until,
    )


async def end_old(connection: Connection, until: datetime) -> Iterable[tuple[str, str]]:
    """Those that nobody touched since: who still waits in them is forgotten."""
    rows = await connection.fetch(
        "update orchestrator.audiences set state = 'ended' where state = 'paused'"
        " and changed_at < $1 returning workspace, id",
        until,
    )
    for row in rows:
        await connection.execute(
            "update orchestrator.audience_people set person = null"
            " where workspace = $1 and audience_id = $2 and person is not null",
            row["workspace"],
            row["id"],
        )
    return [(row["workspace"], row["id"]) for row in rows]
