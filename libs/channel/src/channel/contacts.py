"""The sender's own view of who must not be written to; each row is also a lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.schema import Schema
from common.database import Connection
from common.events.consent import ConsentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A statement about this channel: newest by `occurred_at` wins, withdrawal wins ties.

    A state that this version does not know is no grant, so it suppresses.
    """

    workspace: str
    contact_id: UUID
    state: ConsentState
    occurred_at: datetime


async def ensure(connection: Connection, schema: Schema, contacts: Mapping[UUID, str]) -> None:
    """Rows for these contacts (id -> workspace), in the order of locks."""
    ids = sorted(contacts)
    await connection.execute(
        schema(
            """
            insert into {schema}.contacts (contact_id, workspace)
            select * from unnest($1::uuid[], $2::text[]) on conflict do nothing
            """
        ),
        ids,
        [contacts[contact] for contact in ids],
    )


async def lock(connection: Connection, schema: Schema, ids: Iterable[UUID]) -> dict[UUID, bool]:
    """Waits for these rows, in the order of locks; returns whether each is suppressed."""
    rows = await connection.fetch(
        schema(
            """
            select contact_id, suppressed from {schema}.contacts
            where contact_id = any($1::uuid[]) order by contact_id for update
            """
        ),
        list(ids),
    )
    return {row["contact_id"]: row["suppressed"] for row in rows}


async def lock_free(
    connection: Connection, schema: Schema, ids: Iterable[UUID]
) -> dict[UUID, bool]:
    """Like `lock`, but leaves out rows that somebody else holds."""
    rows = await connection.fetch(
        schema(
            """
            select contact_id, suppressed from {schema}.contacts
            where contact_id = any($1::uuid[]) order by contact_id for update skip locked
            """
        ),
        list(ids),
    )
    return {row["contact_id"]: row["suppressed"] for row in rows}


_DECIDE = """
    update {schema}.contacts c
    set suppressed = n.withdrawn, decided_at = n.occurred_at,
        suppressed_at = case
            when not n.withdrawn then null
            when old.suppressed then old.suppressed_at else $4 end
    from unnest($1::uuid[], $2::bool[], $3::timestamptz[])
        as n (contact_id, withdrawn, occurred_at)
    join {schema}.contacts old using (contact_id)
    where c.contact_id = n.contact_id
      and (c.decided_at is null or c.decided_at < n.occurred_at
           or (c.decided_at = n.occurred_at and n.withdrawn))
    returning c.contact_id, c.suppressed is distinct from old.suppressed as changed
"""


async def decide(
    connection: Connection, schema: Schema, statements: Sequence[Consent], *, now: datetime
) -> set[UUID]:
    """Applies what is newer than what holds; returns the contacts whose suppression it changed.

    Takes the locks; give `now` from after `lock` where the order of commits is to be read later.
    """
    if not statements:
        return set()
    newest = _newest(statements)
    await ensure(connection, schema, {s.contact_id: s.workspace for s in newest})
    await lock(connection, schema, [s.contact_id for s in newest])
    rows = await connection.fetch(
        schema(_DECIDE),
        [s.contact_id for s in newest],
        [s.state is not ConsentState.GRANTED for s in newest],
        [s.occurred_at for s in newest],
        now,
    )
    return {row["contact_id"] for row in rows if row["changed"]}


def _newest(statements: Sequence[Consent]) -> list[Consent]:
    """The one that holds per contact, by contact."""
    held: dict[UUID, Consent] = {}
    for statement in statements:
        known = held.get(statement.contact_id)
        if known is None or _rank(statement) > _rank(known):
            held[statement.contact_id] = statement
    return [held[contact] for contact in sorted(held)]


def _rank(statement: Consent) -> tuple[datetime, bool]:
    return statement.occurred_at, statement.state is not ConsentState.GRANTED
