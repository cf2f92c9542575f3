"""The inbox: every provider callback, verified and stored before it is acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from channel.store import contacts
from channel.store.contacts import Consent
from channel.store.schema import Schema
from common.database import Connection, Database, Row
from common.events.consent import ConsentState
from common.failpoints import failpoint
from common.time import Clock


class CallbackKind(StrEnum):
    STATUS = "status"  # of a message of ours
    MESSAGE = "message"  # from a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A verified request of a provider. `stop`: the whole message means STOP."""

    provider: str
    event_key: str  # the same for every copy of it, and for no other event of any account
    kind: CallbackKind
    workspace: str
    account: str
    contact_id: UUID
    fields: dict[str, str]  # as they came
    received_at: datetime
    send_id: UUID | None = None  # status: from the URL that we gave
    stop: bool = False
    stopped_before: bool = False  # a STOP that changed nothing is not confirmed again


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A stored callback that is not worked off yet."""

    id: int
    callback: Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of an entry; of an answer, the response that holds it from a revision on."""

    id: int
    outcome: str
    response_id: UUID | None = None
    response_revision: int | None = None


async def store(
    db: Database, schema: Schema, callbacks: Sequence[Callback], *, clock: Clock
) -> None:
    """Stores what is new; a STOP suppresses in the same transaction, so no claim follows it."""
    async with db.transaction() as connection:
        new = await _insert(connection, schema, callbacks)
        stops = [callback for callback in new if callback.stop]
        if stops:
            await _suppress(connection, schema, stops, clock=clock)
        failpoint("inbox.before_commit")
    failpoint("inbox.after_commit")


async def _suppress(
    connection: Connection, schema: Schema, stops: Sequence[Callback], *, clock: Clock
) -> None:
    await contacts.ensure(connection, schema, {s.contact_id: s.workspace for s in stops})
    await contacts.lock(connection, schema, [s.contact_id for s in stops])
    withdrawn = [
        Consent(
            workspace=stop.workspace,
            contact_id=stop.contact_id,
            state=ConsentState.WITHDRAWN,
            occurred_at=stop.received_at,
        )
        for stop in stops
    ]
    changed = await contacts.decide(connection, schema, withdrawn, now=clock())
    again = [stop.event_key for stop in stops if stop.contact_id not in changed]
    if again:
        await connection.execute(
            schema(
                "update {schema}.inbox set keyword = 'stop again'"
                " where provider = any($1::text[]) and event_key = any($2::text[])"
            ),
            [stop.provider for stop in stops],
            again,
        )


_INSERT = """
    insert into {schema}.inbox
        (provider, event_key, kind, workspace, account, contact_id, send_id, fields,
         received_at, keyword)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
                         $6::uuid[], $7::uuid[], $8::jsonb[], $9::timestamptz[],
                         $10::text[])
    on conflict (provider, event_key) do nothing
    returning provider, event_key
"""


async def _insert(
    connection: Connection, schema: Schema, callbacks: Sequence[Callback]
) -> list[Callback]:
    """Returns those that were not there."""
    ordered = sorted(callbacks, key=lambda callback: (callback.provider, callback.event_key))
    rows = await connection.fetch(
        schema(_INSERT),
        [c.provider for c in ordered],
        [c.event_key for c in ordered],
        [c.kind.value for c in ordered],
        [c.workspace for c in ordered],
        [c.account for c in ordered],
        [c.contact_id for c in ordered],
        [c.send_id for c in ordered],
        [c.fields for c in ordered],
        [c.received_at for c in ordered],
        ["stop" if c.stop else None for c in ordered],
    )
    new = {(row["provider"], row["event_key"]) for row in rows}
    return [c for c in ordered if (c.provider, c.event_key) in new]


async def contacts_with_open(
    connection: Connection, schema: Schema, now: datetime, *, limit: int
) -> dict[UUID, str]:
    """Whose callbacks wait, the longest waiting first: contact -> workspace."""
    rows = await connection.fetch(
        schema(
            """
            select contact_id, workspace from {schema}.inbox
            where done_at is null and due_at <= $1 order by id limit $2
            """
        ),
        now,
        limit,
    )
    return {row["contact_id"]: row["workspace"] for row in rows}


async def open_entries(
    connection: Connection, schema: Schema, contact_ids: Sequence[UUID]
) -> list[Entry]:
    """All that waits of these contacts, in the order of arrival. Their rows must be locked."""
    rows = await connection.fetch(
        schema(
            """
            select * from {schema}.inbox where done_at is null and contact_id = any($1::uuid[])
            order by received_at, id
            """
        ),
        list(contact_ids),
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> Entry:
    callback = Callback(
        provider=row["provider"],
        event_key=row["event_key"],
        kind=CallbackKind(row["kind"]),
        workspace=row["workspace"],
        account=row["account"],
        contact_id=row["contact_id"],
        fields=row["fields"],
        received_at=row["received_at"],
        send_id=row["send_id"],
        stop=row["keyword"] is not None,
        stopped_before=row["keyword"] == "stop again",
    )
    return Entry(id=row["id"], callback=callback)


async def finish(
    connection: Connection, schema: Schema, done: Sequence[Done], now: datetime
) -> None:
    await connection.execute(
        schema(
            """
            update {schema}.inbox i
            set done_at = $5, outcome = d.outcome, response_id = d.response_id,
                response_revision = d.response_revision
            from unnest($1::bigint[], $2::text[], $3::uuid[], $4::int[])
                as d (id, outcome, response_id, response_revision)
            where i.id = d.id
            """
        ),
        [d.id for d in done],
        [d.outcome for d in done],
        [d.response_id for d in done],
        [d.response_revision for d in done],
        now,
    )


async def put_off(connection: Connection, schema: Schema, contact: UUID, now: datetime) -> None:
    """Handling this contact's callbacks failed: try again later, and let others pass."""
    await connection.execute(
        schema(
            """
            update {schema}.inbox
            set attempts = attempts + 1,
                due_at = $2 + least(interval '10 minutes', interval '1 s' * (2 ^ attempts))
            where done_at is null and contact_id = $1
            """
        ),
        contact,
        now,
    )


def encode(callback: Callback) -> bytes:
    """For the topic that takes callbacks while the database is away."""
    return msgspec.json.encode(callback)


_decoder = msgspec.json.Decoder(Callback)


def decode(value: bytes) -> Callback:
    """Raises `msgspec.MsgspecError`."""
    return _decoder.decode(value)
