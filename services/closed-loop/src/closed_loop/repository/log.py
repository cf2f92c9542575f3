"""The log of deliveries of one endpoint, and what is sent again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from closed_loop.repository.messages import ADDRESS, WANTS
from common.database import Connection, Row
from common.database.sealing import opened_rows

_DELIVERIES = """
    select d.message_id as id, m.type, m.at, d.state, d.tries, d.status, d.problem, d.made_at,
        case when d.state = 'waiting' then d.due_at end as next_at, d.done_at
    from closed_loop.deliveries d join closed_loop.messages m
        on m.workspace = d.workspace and m.id = d.message_id
    where d.workspace = $1 and d.endpoint_id = $2
"""
_PAGE = f"""
    {_DELIVERIES} and ($3::text is null or d.state = $3)
      and ($4::timestamptz is null or (d.made_at, d.message_id) < ($4, $5::uuid))
    order by d.made_at desc, d.message_id desc limit $6
"""
_ONE = f"{_DELIVERIES} and d.message_id = $3"
_MESSAGE = """
    select m.type, m.at, m.data, m.address, e.numbers
    from closed_loop.messages m join closed_loop.endpoints e on e.workspace = m.workspace
    where m.workspace = $1 and e.id = $2 and m.id = $3
"""
_ATTEMPTS = """
    select at, status, problem, answer, milliseconds from closed_loop.attempts
    where workspace = $1 and endpoint_id = $2 and message_id = $3 order by at desc limit 100
"""
# Of a stretch of time, oldest first: also what the endpoint missed while it was off.
_AGAIN = f"""
    with chosen as (
        select m.workspace, e.id as endpoint_id, m.id as message_id, m.made_at
        from closed_loop.endpoints e
        join closed_loop.messages m on m.workspace = e.workspace
        left join closed_loop.deliveries d on d.workspace = m.workspace
            and d.endpoint_id = e.id and d.message_id = m.id
        where e.workspace = $1 and e.id = $2
          and m.made_at >= $3 and m.made_at <= $4 and ({WANTS} or d.message_id is not null)
          and case when $5 then d.state is distinct from 'waiting'
                   else d.message_id is null or d.state = 'failed' end
        order by m.made_at, m.id limit $6
    ), again as (
        insert into closed_loop.deliveries (workspace, endpoint_id, message_id, due_at)
        select workspace, endpoint_id, message_id, $7 from chosen
        on conflict (workspace, endpoint_id, message_id) do update
            set state = 'waiting', tries = 0, due_at = excluded.due_at, done_at = null
        returning 1
    )
    select (select count(*) from again) as queued, (select max(made_at) from chosen) as until
"""  # noqa: S608 - our own constants
_ONE_AGAIN = """
    update closed_loop.deliveries set state = 'waiting', tries = 0, due_at = $4, done_at = null
    where workspace = $1 and endpoint_id = $2 and message_id = $3 returning 1
"""
_SEND_ONE = """
    insert into closed_loop.deliveries (workspace, endpoint_id, message_id, due_at)
    values ($1, $2, $3, $4)
"""


async def page(
    connection: Connection,
    workspace: str,
    endpoint: UUID,
    *,
    state: str | None,
    before: tuple[datetime | None, UUID | None],
    size: int,
) -> list[Row]:
    """Newest first."""
    rows: list[Row] = await connection.fetch(_PAGE, workspace, endpoint, state, *before, size)
    return rows


async def delivery(
    connection: Connection, workspace: str, endpoint: UUID, message: UUID
) -> tuple[Row, Mapping[str, Any], list[Row]] | None:
    """The delivery, its message, its attempts."""
    found = await connection.fetchrow(_ONE, workspace, endpoint, message)
    if found is None:
        return None
    rows = await connection.fetch(_MESSAGE, workspace, endpoint, message)
    [told] = await opened_rows(connection, workspace, rows, {"address": ADDRESS})
    attempts: list[Row] = await connection.fetch(_ATTEMPTS, workspace, endpoint, message)
    return found, told, attempts


async def send_again(
    connection: Connection,
    workspace: str,
    endpoint: UUID,
    *,
    since: datetime,
    until: datetime,
    all_of_them: bool,
    most: int,
    now: datetime,
) -> tuple[int, datetime | None]:
    """How many will be, and when the last of them was made."""
    row = await connection.fetchrow(
        _AGAIN, workspace, endpoint, since, until, all_of_them, most, now
    )
    return row["queued"], row["until"]


async def send_one_again(
    connection: Connection, workspace: str, endpoint: UUID, message: UUID, *, now: datetime
) -> bool:
    return await connection.fetchval(_ONE_AGAIN, workspace, endpoint, message, now) is not None


async def send_to(
    connection: Connection, workspace: str, endpoint: UUID, message: UUID, *, now: datetime
) -> None:
    """To this endpoint, whatever it wants to hear of."""
    await connection.execute(_SEND_ONE, workspace, endpoint, message, now)
