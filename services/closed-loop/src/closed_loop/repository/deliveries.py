"""What is on its way to endpoints: claimed under a lease, recorded with its attempt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from closed_loop.domain.retrying import Tried
from closed_loop.domain.signing import Salts
from closed_loop.repository.messages import ADDRESS
from common.database import Connection, Row
from common.database.sealing import opened

Place = tuple[str, UUID]  # workspace, endpoint

_DUE = """
    select e.workspace, e.id, e.failing_since is not null as failing
    from closed_loop.endpoints e
    where e.enabled and exists (
        select from closed_loop.deliveries d
        where d.workspace = e.workspace and d.endpoint_id = e.id
          and d.state = 'waiting' and d.due_at <= $1
    )
"""
# Due at the end of its lease: what a crash leaves behind is sent again then.
_CLAIM = """
    with due as (
        select d.workspace, d.endpoint_id, d.message_id
        from unnest($1::text[], $2::uuid[], $3::integer[]) as k (workspace, endpoint_id, room)
        cross join lateral (
            select * from closed_loop.deliveries d
            where d.workspace = k.workspace and d.endpoint_id = k.endpoint_id
              and d.state = 'waiting' and d.due_at <= $4
            order by d.due_at limit k.room for update skip locked
        ) d
    )
    update closed_loop.deliveries d set due_at = $4 + $5::interval, tries = d.tries + 1
    from due, closed_loop.endpoints e, closed_loop.messages m
    where d.workspace = due.workspace and d.endpoint_id = due.endpoint_id
      and d.message_id = due.message_id
      and e.workspace = due.workspace and e.id = due.endpoint_id
      and m.workspace = due.workspace and m.id = due.message_id
    returning d.workspace, d.endpoint_id, d.message_id, d.tries, d.due_at as lease,
        e.url, e.format, e.numbers, e.salt, e.previous_salt, e.previous_until,
        coalesce(e.failing_since, $4) as failing_since, m.type, m.at, m.data, m.address
"""
# Of a lease that was lost nothing is recorded but the attempt.
_RECORD = """
    update closed_loop.deliveries d set state = k.state, status = k.status, problem = k.problem,
        due_at = coalesce(k.again_at, d.due_at),
        done_at = case when k.state = 'waiting' then null else k.at end
    from unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::integer[],
                $7::text[], $8::timestamptz[], $9::timestamptz[])
        as k (workspace, endpoint_id, message_id, lease, state, status, problem, at, again_at)
    where d.workspace = k.workspace and d.endpoint_id = k.endpoint_id
      and d.message_id = k.message_id and d.due_at = k.lease and d.state = 'waiting'
"""
_ATTEMPT = """
    insert into closed_loop.attempts
    select k.* from unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::integer[],
                         $6::text[], $7::text[], $8::integer[])
        as k (workspace, endpoint_id, message_id, at, status, problem, answer, milliseconds)
    join closed_loop.deliveries d on d.workspace = k.workspace
        and d.endpoint_id = k.endpoint_id and d.message_id = k.message_id
    for key share of d
    on conflict do nothing
"""
_WORKS = """
    update closed_loop.endpoints e set failing_since = null
    from unnest($1::text[], $2::uuid[]) as k (workspace, id)
    where e.workspace = k.workspace and e.id = k.id and e.failing_since is not null
"""
_FAILS = """
    update closed_loop.endpoints e set failing_since = k.at
    from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as k (workspace, id, at)
    where e.workspace = k.workspace and e.id = k.id and e.failing_since is null
"""
_DISABLE = """
    update closed_loop.endpoints e set enabled = false, disabled_because = $3
    where workspace = $1 and id = $2 and enabled
"""
_GIVE_UP = """
    update closed_loop.deliveries d
    set state = 'failed', done_at = $3, problem = coalesce(d.problem, $4)
    where workspace = $1 and endpoint_id = $2 and state = 'waiting'
"""
_WAITING = """
    select count(*) as waiting, extract(epoch from $1 - min(due_at))::float8 as late
    from (select due_at from closed_loop.deliveries d join closed_loop.endpoints e
            on e.workspace = d.workspace and e.id = d.endpoint_id
          where d.state = 'waiting' and e.enabled limit $2) oldest
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One message on its way to one endpoint. `tries`: this one included."""

    place: Place
    message: UUID
    tries: int
    lease: datetime
    url: str
    format: str  # signed | slack
    salts: Salts = field(repr=False)
    failing_since: datetime  # now, if it was not before
    type: str
    at: datetime
    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`again_at` None: it is done, or given up."""

    claimed: Claimed
    tried: Tried
    again_at: datetime | None = None
    disable: str | None = None

    @property
    def state(self) -> str:
        if self.tried.taken:
            return "delivered"
        return "waiting" if self.again_at else "failed"


async def due(connection: Connection, now: datetime) -> dict[Place, bool]:
    """Endpoints that something is to be sent to; whether they failed last."""
    rows = await connection.fetch(_DUE, now)
    return {(row["workspace"], row["id"]): row["failing"] for row in rows}


async def claim(
    connection: Connection,
    rooms: Sequence[tuple[Place, int]],
    *,
    now: datetime,
    lease: timedelta,
) -> list[Claimed]:
    """At most so many of each endpoint. Whose number does not open waits until its lease ends."""
    rows = await connection.fetch(
        _CLAIM,
        [place[0] for place, _ in rooms],
        [place[1] for place, _ in rooms],
        [room for _, room in rooms],
        now,
        lease,
    )
    addresses = await opened(
        connection, ADDRESS, [(row["workspace"], row["address"]) for row in rows]
    )
    return [
        _claimed(row, address)
        for row, address in zip(rows, addresses, strict=True)
        if row["numbers"] != "full" or (address is None) is (row["address"] is None)
    ]


def _claimed(row: Row, address: str | None) -> Claimed:
    data: dict[str, Any] = row["data"]
    if row["numbers"] == "full" and address is not None:
        data = {**data, "address": address}
    return Claimed(
        place=(row["workspace"], row["endpoint_id"]),
        message=row["message_id"],
        tries=row["tries"],
        lease=row["lease"],
        url=row["url"],
        format=row["format"],
        salts=Salts(row["salt"], row["previous_salt"], row["previous_until"]),
        failing_since=row["failing_since"],
        type=row["type"],
        at=row["at"],
        data=data,
    )


async def record(connection: Connection, found: Sequence[Recorded]) -> None:
    """Safe to repeat."""
    keys = [(*one.claimed.place, one.claimed.message) for one in found]
    by_key = [list(column) for column in zip(*keys, strict=True)]
    tried = [one.tried for one in found]
    at = [one.at for one in tried]
    status, problem = [one.status for one in tried], [one.problem for one in tried]
    await connection.execute(
        _RECORD,
        *by_key,
        [one.claimed.lease for one in found],
        [one.state for one in found],
        status,
        problem,
        at,
        [one.again_at for one in found],
    )
    answers, took = [one.answer for one in tried], [one.milliseconds for one in tried]
    await connection.execute(_ATTEMPT, *by_key, at, status, problem, answers, took)
    await _note_health(connection, found)


async def _note_health(connection: Connection, found: Sequence[Recorded]) -> None:
    """What was taken counts for more than what failed beside it."""
    works = sorted({one.claimed.place for one in found if one.tried.taken})
    fails = {one.claimed.place: one for one in found if not one.tried.taken}
    if works:
        await connection.execute(_WORKS, [one[0] for one in works], [one[1] for one in works])
    left = sorted(fails.keys() - set(works))
    if not left:
        return
    since = [fails[place].tried.at for place in left]
    await connection.execute(_FAILS, [one[0] for one in left], [one[1] for one in left], since)
    for place in left:
        if why := fails[place].disable:
            await disable(connection, place, why, now=fails[place].tried.at)


async def disable(connection: Connection, place: Place, why: str, *, now: datetime) -> None:
    """Nothing more is sent there; what waits is given up, and can be sent again."""
    await connection.execute(_DISABLE, *place, why)
    await give_up(connection, place, why, now=now)


async def give_up(connection: Connection, place: Place, why: str, *, now: datetime) -> None:
    await connection.execute(_GIVE_UP, *place, now, why)


async def waiting(connection: Connection, now: datetime, *, most: int) -> tuple[int, float]:
    """How much is on its way, counted to a bound, and how late the oldest is, in seconds."""
    row = await connection.fetchrow(_WAITING, now, most)
    return row["waiting"], max(0.0, row["late"] or 0.0)
