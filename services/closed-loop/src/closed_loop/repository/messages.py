"""What there is to tell, and to which endpoints it goes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from common.database.sealing import sealed
from common.sealing import Place

# Of calls and messages: what does not open in a call is handed on to its message as it is stored.
ADDRESS = Place("closed_loop.address")
_WRITE = """
    insert into closed_loop.messages
        (workspace, id, type, at, flow_id, survey_id, data, address)
    select m.* from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[],
                           $6::text[], $7::json[], $8::text[])
        as m (workspace, id, type, at, flow_id, survey_id, data, address)
    order by m.workspace, m.id
    on conflict do nothing returning workspace, id
"""
_LISTENING = (
    "select distinct workspace from closed_loop.endpoints where workspace = any($1::text[])"
)
# Of an endpoint (e) and a message (m).
WANTS = """
    m.type = any(e.events)
    and (e.flows = '{}' or m.flow_id is null or m.flow_id = any(e.flows))
    and (e.surveys = '{}' or m.survey_id is null or m.survey_id = any(e.surveys))
"""
_HAND_OUT = f"""
    insert into closed_loop.deliveries (workspace, endpoint_id, message_id, due_at)
    select e.workspace, e.id, m.id, $3
    from unnest($1::text[], $2::uuid[]) as k (workspace, id)
    join closed_loop.messages m using (workspace, id)
    join closed_loop.endpoints e on e.workspace = m.workspace
    where e.enabled and {WANTS} and ($4::uuid[] = '{{}}' or e.id = any($4))
    for key share of e  -- one that is being removed is waited for, and then gets nothing
    on conflict do nothing
"""  # noqa: S608 - our own constants
_FORGET = """
    delete from closed_loop.messages where ctid = any(array(
        select ctid from closed_loop.messages where made_at < $1 limit $2
    ))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`flow` and `survey`: what it is about, for endpoints that want some only."""

    workspace: str
    id: UUID
    type: str
    at: datetime
    data: dict[str, Any] = field(repr=False)
    flow: str | None = None
    survey: str | None = None
    address: str | None = field(default=None, repr=False)


async def listening(connection: Connection, workspaces: Collection[str]) -> frozenset[str]:
    """Those that have an endpoint, also one that is off: what it misses can be sent later."""
    rows = await connection.fetch(_LISTENING, list(workspaces))
    return frozenset(row["workspace"] for row in rows)


async def write(
    connection: Connection,
    messages: Sequence[Message],
    *,
    now: datetime,
    only: Sequence[UUID] = (),
) -> int:
    """In the caller's transaction; returns how many deliveries follow. Copies change nothing.

    `only`: to these endpoints, of those that want to hear of it.
    """
    if not messages:
        return 0
    addresses = await sealed(
        connection, ADDRESS, [(one.workspace, one.address) for one in messages]
    )
    written = await connection.fetch(
        _WRITE,
        [one.workspace for one in messages],
        [one.id for one in messages],
        [one.type for one in messages],
        [one.at for one in messages],
        [one.flow for one in messages],
        [one.survey for one in messages],
        [one.data for one in messages],
        addresses,
    )
    if not written:
        return 0
    ids = [row["workspace"] for row in written], [row["id"] for row in written]
    done: str = await connection.execute(_HAND_OUT, *ids, now, list(only))
    return int(done.rpartition(" ")[2])


async def forget(connection: Connection, *, before: datetime, most: int) -> bool:
    """With their deliveries; whether there may be more."""
    done: str = await connection.execute(_FORGET, before, most)
    return int(done.rpartition(" ")[2]) == most
