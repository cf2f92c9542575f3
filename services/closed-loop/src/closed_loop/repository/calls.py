"""Calls and what was seen of their responses; a call's row is locked by whoever adds to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from closed_loop.domain.happenings import Event, Seen
from closed_loop.repository.messages import ADDRESS
from common.database import Connection
from common.database.sealing import opened, sealed
from common.events.responses import Response

Key = tuple[str, UUID]  # workspace, interaction or response
Told = tuple[Event, Response]

_waiting = msgspec.json.Decoder(list[Told])

_DECIDED = """
    insert into closed_loop.calls as c (workspace, interaction_id, revision, body, address)
    select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::json[], $5::text[])
    on conflict (workspace, interaction_id) do update
        set revision = excluded.revision, body = excluded.body, address = excluded.address
        where c.revision is null or c.revision < excluded.revision
"""
_TAKE_WAITING = """
    with found as (
        select r.workspace, r.id, r.waiting
        from unnest($1::text[], $2::uuid[]) as k (workspace, interaction_id)
        join closed_loop.responses r using (workspace, interaction_id)
        where r.waiting::text <> '[]'
    )
    update closed_loop.responses r set waiting = '[]' from found f
    where r.workspace = f.workspace and r.id = f.id
    returning r.workspace, r.interaction_id, f.waiting::text as waiting
"""
_MENTION = """
    insert into closed_loop.calls (workspace, interaction_id)
    select * from unnest($1::text[], $2::uuid[]) on conflict do nothing
"""
_LOCK = """
    select c.workspace, c.interaction_id, c.body, c.address
    from unnest($1::text[], $2::uuid[]) as k (workspace, interaction_id)
    join closed_loop.calls c using (workspace, interaction_id)
    order by c.workspace, c.interaction_id for update of c
"""
_SEEN = """
    select r.workspace, r.id, r.revision, r.finished
    from unnest($1::text[], $2::uuid[]) as k (workspace, id)
    join closed_loop.responses r using (workspace, id)
"""
_REMEMBER = """
    insert into closed_loop.responses as r
        (workspace, id, interaction_id, revision, finished, waiting)
    select workspace, id, interaction_id, revision, finished, waiting::json
    from unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[], $5::boolean[], $6::text[])
        as k (workspace, id, interaction_id, revision, finished, waiting)
    on conflict (workspace, id) do update set
        revision = excluded.revision, finished = excluded.finished,
        waiting = (r.waiting::jsonb || excluded.waiting::jsonb)::json
"""
_OVERDUE = """
    select distinct workspace, interaction_id from closed_loop.responses
    where waiting::text <> '[]' and made_at < $1 limit $2
"""
_FORGET = """
    delete from closed_loop.calls where ctid = any(array(
        select ctid from closed_loop.calls where made_at < $1 limit $2
    ))
"""
_FORGET_RESPONSES = """
    delete from closed_loop.responses where ctid = any(array(
        select ctid from closed_loop.responses where made_at < $1 limit $2
    ))
"""


@dataclass(frozen=True, slots=True)
class Call:
    """`body` None: its decision is not known yet. `address`: in full; sealed: it does not open."""

    body: dict[str, Any] | None = None
    address: str | None = None


async def decided(
    connection: Connection, calls: Sequence[tuple[str, UUID, int, Mapping[str, Any], str | None]]
) -> None:
    """Newest revisions win. Locks the rows."""
    rows = sorted(calls, key=lambda row: row[:2])
    addresses = await sealed(connection, ADDRESS, [(row[0], row[4]) for row in rows])
    await connection.execute(_DECIDED, *_columns(rows, 4), addresses)


async def take_waiting(connection: Connection, keys: Iterable[Key]) -> list[tuple[Key, list[Told]]]:
    """What was to be told once these calls were known; their rows are locked."""
    rows = await connection.fetch(_TAKE_WAITING, *_columns(sorted(keys), 2))
    return [
        ((row["workspace"], row["interaction_id"]), _waiting.decode(row["waiting"])) for row in rows
    ]


async def locked(connection: Connection, keys: Iterable[Key]) -> dict[Key, Call]:
    """Of these interactions, made where there were none."""
    columns = _columns(sorted(set(keys)), 2)
    await connection.execute(_MENTION, *columns)
    rows = await connection.fetch(_LOCK, *columns)
    stored = [row["address"] for row in rows]
    plain = await opened(connection, ADDRESS, [(row["workspace"], row["address"]) for row in rows])
    return {
        (row["workspace"], row["interaction_id"]): Call(row["body"], address or as_stored)
        for row, address, as_stored in zip(rows, plain, stored, strict=True)
    }


async def seen(connection: Connection, keys: Iterable[Key]) -> dict[Key, Seen]:
    """Of these responses."""
    rows = await connection.fetch(_SEEN, *_columns(sorted(keys), 2))
    return {(row["workspace"], row["id"]): Seen(row["revision"], row["finished"]) for row in rows}


async def remember(
    connection: Connection, found: Mapping[Key, tuple[UUID, Seen, Sequence[Told]]]
) -> None:
    """By response: its interaction, what was seen of it, and what waits for its call."""
    rows = [
        (*key, interaction, one.revision, one.finished, msgspec.json.encode(waiting).decode())
        for key, (interaction, one, waiting) in sorted(found.items())
    ]
    await connection.execute(_REMEMBER, *_columns(rows, 6))


async def overdue(connection: Connection, *, before: datetime, most: int) -> list[Key]:
    """Interactions that an answer has waited for since then."""
    rows = await connection.fetch(_OVERDUE, before, most)
    return [(row["workspace"], row["interaction_id"]) for row in rows]


async def forget(connection: Connection, *, before: datetime, most: int) -> bool:
    """Calls and responses that are older; whether there may be more."""
    done = [await connection.execute(one, before, most) for one in (_FORGET, _FORGET_RESPONSES)]
    return any(int(text.rpartition(" ")[2]) == most for text in done)


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    listed = list(rows)
    return [[row[index] for row in listed] for index in range(width)]
