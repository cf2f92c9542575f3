"""Erased contacts, for services that know people by what they hold about them alone.

A service pastes this into a migration of its own, in its own schema:

    create table SCHEMA.tombstones (
        workspace  text not null,
        contact_id uuid not null,
        erased_at  timestamptz not null,
        primary key (workspace, contact_id)
    );
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from common.bus import Message
from common.database import Connection
from common.events import Envelope, encode, envelope
from common.events.consent import ContactErased, ErasureDone
from common.ids import derived, erasure_id, text
from common.topics import ERASURES

Contact: TypeAlias = tuple[str, UUID]  # workspace, contact


async def remember(
    connection: Connection, schema: str, events: Sequence[Envelope[ContactErased]]
) -> None:
    """The latest erasure of each. Whoever reads them in a batch must not overlap: see `exclude`."""
    latest = {}
    for event in sorted(events, key=lambda event: event.data.erased_at):
        latest[event.workspace, event.data.contact_id] = event.data.erased_at
    await connection.execute(
        f"""
        insert into {schema}.tombstones as t (workspace, contact_id, erased_at)
        select * from unnest($1::text[], $2::uuid[], $3::timestamptz[])
        on conflict (workspace, contact_id) do update
        set erased_at = greatest(t.erased_at, excluded.erased_at)
        """,  # noqa: S608 - our own names
        *_columns(latest),
        list(latest.values()),
    )


async def exclude(connection: Connection, schema: str) -> None:
    """Until commit nobody else is between reading tombstones and writing by them."""
    await connection.execute("select pg_advisory_xact_lock(hashtext($1))", _lock(schema))


async def erased(
    connection: Connection, schema: str, contacts: Collection[Contact]
) -> dict[Contact, datetime]:
    """When those among them that were erased were; it holds until the transaction's end."""
    await connection.execute("select pg_advisory_xact_lock_shared(hashtext($1))", _lock(schema))
    rows = await connection.fetch(
        f"""
        select t.workspace, t.contact_id, t.erased_at
        from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
        join {schema}.tombstones t using (workspace, contact_id)
        """,  # noqa: S608 - our own names
        *_columns(contacts),
    )
    return {(row["workspace"], row["contact_id"]): row["erased_at"] for row in rows}


def all_done(
    events: Iterable[Envelope[ContactErased]], *, service: str, now: datetime
) -> list[Message]:
    return [done(one.workspace, one.data, service=service, now=now) for one in events]


def done(workspace: str, erased: ContactErased, *, service: str, now: datetime) -> Message:
    """Nothing is left here from before; told again, it is the same event."""
    about = erasure_id(erased.contact_id, erased.erased_at)
    event = envelope(
        ErasureDone(erasure_id=about, contact_id=erased.contact_id, service=service, done_at=now),
        aggregate=derived(about, service),
        revision=0,
        source=f"/{service}",
        time=now,
        workspace=workspace,
    )
    return Message(ERASURES, text(erased.contact_id), encode(event))


def _lock(schema: str) -> str:
    return f"{schema}.tombstones"


def _columns(contacts: Collection[Contact]) -> tuple[list[str], list[UUID]]:
    return [workspace for workspace, _ in contacts], [contact for _, contact in contacts]
