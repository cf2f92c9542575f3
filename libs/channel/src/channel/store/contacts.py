"""The sender's own view of who must not be written to; each row is also a lock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.store.schema import Key, Schema, columns
from common.database import Connection
from common.events.consent import ConsentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A statement about this channel: newest by `occurred_at` wins, withdrawal wins ties.

    A state that this version does not know is no grant, so it suppresses. A doubt that somebody
    cleared suppresses no more: the orchestrator says so only where nothing else forbids.
    """

    workspace: str
    contact_id: UUID
    state: ConsentState
    occurred_at: datetime

    @property
    def contact(self) -> Key:
        return self.workspace, self.contact_id

    @property
    def suppresses(self) -> bool:
        return self.state not in (ConsentState.GRANTED, ConsentState.CLEARED)


async def ensure(connection: Connection, schema: Schema, contacts: Iterable[Key]) -> None:
    """Rows for these contacts, in the order of locks."""
    await connection.execute(
        schema(
            """
            insert into {schema}.contacts (workspace, contact_id)
            select distinct workspace, contact_id
            from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
            order by workspace, contact_id on conflict do nothing
            """
        ),
        *columns(contacts),
    )


_LOCK = """
    select workspace, contact_id, suppressed from {schema}.contacts
    where (workspace, contact_id) in (select * from unnest($1::text[], $2::uuid[]))
    order by workspace, contact_id for update
"""


async def lock(connection: Connection, schema: Schema, contacts: Iterable[Key]) -> dict[Key, bool]:
    """Waits for these rows, in the order of locks; returns whether each is suppressed."""
    rows = await connection.fetch(schema(_LOCK), *columns(contacts))
    return {(row["workspace"], row["contact_id"]): row["suppressed"] for row in rows}


async def opted_out_by_link(connection: Connection, schema: Schema, contact: Key) -> bool:
    """Whether a press on a link is what holds: nothing was said since, not even a doubt."""
    holds: bool | None = await connection.fetchval(
        schema(
            "select suppressed and decided_at <= pressed_at from {schema}.contacts"
            " where (workspace, contact_id) = ($1, $2)"
        ),
        *contact,
    )
    return holds is True


async def press(connection: Connection, schema: Schema, contact: Key, *, now: datetime) -> None:
    """They opted out by a link of ours."""
    await connection.execute(
        schema(
            "update {schema}.contacts set pressed_at = greatest($3, decided_at)"
            " where (workspace, contact_id) = ($1, $2)"
        ),
        *contact,
        now,
    )


_LOCK_FREE = """
    select c.workspace, c.contact_id, c.suppressed
    from unnest($1::text[], $2::uuid[]) with ordinality as w (workspace, contact_id, place)
    join {schema}.contacts c using (workspace, contact_id)
    order by w.place limit $3 for update of c skip locked
"""


async def lock_free(
    connection: Connection, schema: Schema, contacts: Iterable[Key], *, limit: int
) -> dict[Key, bool]:
    """Like `lock`, but of the first `limit` that nobody else holds. Waits for nobody."""
    rows = await connection.fetch(schema(_LOCK_FREE), *columns(contacts), limit)
    return {(row["workspace"], row["contact_id"]): row["suppressed"] for row in rows}


_DECIDE = """
    update {schema}.contacts c
    set suppressed = n.withdrawn, decided_at = n.occurred_at,
        suppressed_at = case
            when not n.withdrawn then null
            when old.suppressed then old.suppressed_at else $5 end
    from unnest($1::text[], $2::uuid[], $3::bool[], $4::timestamptz[])
        as n (workspace, contact_id, withdrawn, occurred_at)
    join {schema}.contacts old using (workspace, contact_id)
    where c.workspace = n.workspace and c.contact_id = n.contact_id
      and (c.decided_at is null or c.decided_at < n.occurred_at
           or (c.decided_at = n.occurred_at and n.withdrawn))
    returning c.workspace, c.contact_id, c.suppressed is distinct from old.suppressed as changed
"""


async def decide(
    connection: Connection, schema: Schema, statements: Sequence[Consent], *, now: datetime
) -> set[Key]:
    """Applies what is newer than what holds; returns the contacts whose suppression it changed.

    Takes the locks; give `now` from after `lock` where the order of commits is to be read later.
    """
    if not statements:
        return set()
    newest = _newest(statements)
    contacts = [statement.contact for statement in newest]
    await ensure(connection, schema, contacts)
    await lock(connection, schema, contacts)
    rows = await connection.fetch(
        schema(_DECIDE),
        *columns(contacts),
        [s.suppresses for s in newest],
        [s.occurred_at for s in newest],
        now,
    )
    return {(row["workspace"], row["contact_id"]) for row in rows if row["changed"]}


def _newest(statements: Sequence[Consent]) -> list[Consent]:
    """The one that holds per contact."""
    held: dict[Key, Consent] = {}
    for statement in statements:
        known = held.get(statement.contact)
        if known is None or _rank(statement) > _rank(known):
            held[statement.contact] = statement
    return list(held.values())


def _rank(statement: Consent) -> tuple[datetime, bool]:
    return statement.occurred_at, statement.suppresses
