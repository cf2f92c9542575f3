"""Erased contacts: since when, and deleting what is about them, some rows of a table at a time."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from channel.store import sends
from channel.store.delivery import Send
from channel.store.links import NOBODY
from channel.store.schema import Key, Schema, columns
from common.database import Connection, Row
from common.events import Envelope
from common.events.sends import Note, Step, StepCancelled

E = TypeVar("E", Note, Step, StepCancelled)
MOST = 5_000  # rows of a table in one transaction
_THEIRS = ("dialogues", "inbox", "unmatched", "windows")
_MARK = """
    update {schema}.contacts c set erased_at = greatest(c.erased_at, n.erased_at)
    from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as n (workspace, contact_id, erased_at)
    where c.workspace = n.workspace and c.contact_id = n.contact_id
"""
_TODO = """
    insert into {schema}.erasures (workspace, contact_id, erased_at)
    select * from unnest($1::text[], $2::uuid[], $3::timestamptz[]) on conflict do nothing
"""
_TAKE = """
    select e.workspace, e.contact_id, e.erased_at from {schema}.erasures e
    join {schema}.contacts c using (workspace, contact_id)
    where not exists (select from {schema}.sends s where s.workspace = e.workspace
                      and s.contact_id = e.contact_id and s.state = 'claimed')
      and not exists (select from {schema}.inbox i where i.workspace = e.workspace
                      and i.contact_id = e.contact_id and i.done_at is null)
    order by e.erased_at limit $1 for update of e, c skip locked
"""
_SENDS = """
    with gone as (
        delete from {schema}.sends where (workspace, id) in (
            select workspace, id from {schema}.sends
            where workspace = $1 and contact_id = $2 limit $3)
        returning workspace, id)
    delete from {schema}.messages m using gone g
    where m.workspace = g.workspace and m.send_id = g.id
"""
_ROWS = """
    delete from {schema}.{table} where ctid = any(array(
        select ctid from {schema}.{table} where workspace = $1 and contact_id = $2 limit $3))
"""
_LINKS = """
    update {schema}.links set contact_id = $3, invitation_id = $3
    where workspace = $1 and contact_id = $2
"""


async def mark(
    connection: Connection, schema: Schema, contacts: Sequence[Key], times: Sequence[datetime]
) -> None:
    """Locked contacts: erased then, and to be deleted."""
    for statement in (_MARK, _TODO):
        await connection.execute(schema(statement), *columns(contacts), list(times))


async def queued(connection: Connection, schema: Schema, contacts: Iterable[Key]) -> list[Send]:
    """What waits to be sent to locked contacts, locked."""
    rows = await connection.fetch(
        schema(
            sends.with_columns(
                "select {columns} from {schema}.sends s where s.open and s.state = 'queued'"
                " and (s.workspace, s.contact_id) in (select * from unnest($1::text[], $2::uuid[]))"
                " order by s.workspace, s.id for update"
            )
        ),
        *columns(contacts),
    )
    return [sends.read(row) for row in rows]


async def since(
    connection: Connection, schema: Schema, contacts: Collection[Key]
) -> dict[Key, datetime]:
    """When those among them that were erased were."""
    rows = await connection.fetch(
        schema(
            """
            select c.workspace, c.contact_id, c.erased_at
            from unnest($1::text[], $2::uuid[]) as k (workspace, contact_id)
            join {schema}.contacts c using (workspace, contact_id) where c.erased_at is not null
            """
        ),
        *columns(contacts),
    )
    return {(row["workspace"], row["contact_id"]): row["erased_at"] for row in rows}


async def without_erased(
    connection: Connection, schema: Schema, events: Sequence[Envelope[E]]
) -> list[Envelope[E]]:
    """Without what is from before its contact was erased."""
    people = {(event.workspace, event.data.contact_id) for event in events}
    erased = await since(connection, schema, people) if people else {}
    return [
        event
        for event in events
        if (at := erased.get((event.workspace, event.data.contact_id))) is None or event.time > at
    ]


async def take(connection: Connection, schema: Schema, *, limit: int) -> list[Row]:
    """Some of whom nothing is on its way any more, locked together with their contacts."""
    rows: list[Row] = await connection.fetch(schema(_TAKE), limit)
    return rows


async def delete(connection: Connection, schema: Schema, contact: Key) -> bool:
    """Whether it was all. Links stay counted, and go on leading where they led."""
    counts = [await _count(connection, schema(_SENDS), contact)]
    for table in _THEIRS:
        counts.append(await _count(connection, schema(_ROWS).replace("{table}", table), contact))
    await connection.execute(schema(_LINKS), *contact, NOBODY)
    return max(counts) < MOST


async def _count(connection: Connection, statement: str, contact: Key) -> int:
    done: str = await connection.execute(statement, *contact, MOST)
    return int(done.rpartition(" ")[2])


async def end(connection: Connection, schema: Schema, contact: Key, erased_at: datetime) -> None:
    """Nothing is left."""
    await connection.execute(
        schema(
            "delete from {schema}.erasures"
            " where workspace = $1 and contact_id = $2 and erased_at = $3"
        ),
        *contact,
        erased_at,
    )
