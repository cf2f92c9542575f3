"""The inbox: every provider callback, verified and stored before it is acknowledged."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from channel.content import ENCODED
from channel.incoming import fields
from channel.incoming.entries import UNKNOWN_SEND, Callback, Done, Entry, EntryKey
from channel.providers import CallbackKind
from channel.store import contacts
from channel.store.contacts import Consent
from channel.store.open_inbox import WORKSPACES
from channel.store.schema import Key, Schema, columns
from common.database import Connection, Database, Row
from common.events.consent import ConsentState
from common.failpoints import failpoint
from common.time import Clock

SLICE = 1_000  # callbacks in one statement
LEAST_SHARE = 10  # callbacks of a workspace, where very many have some


async def store(
    db: Database, schema: Schema, callbacks: Sequence[Callback], *, clock: Clock
) -> None:
    """Stores what is new, all or nothing."""
    async with db.transaction() as connection:
        await put(connection, schema, callbacks, clock=clock)
        failpoint("inbox.before_commit")
    failpoint("inbox.after_commit")


async def put(
    connection: Connection, schema: Schema, callbacks: Sequence[Callback], *, clock: Clock
) -> None:
    """In the caller's transaction; a STOP suppresses in it, too, so that no claim follows it."""
    new = await _insert(connection, schema, callbacks)
    stops = [callback for callback in new if callback.stop]
    if stops:
        await _suppress(connection, schema, stops, clock=clock)


async def _suppress(
    connection: Connection, schema: Schema, stops: Sequence[Callback], *, clock: Clock
) -> None:
    await contacts.ensure(connection, schema, [stop.contact for stop in stops])
    await contacts.lock(connection, schema, [stop.contact for stop in stops])
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
    again = [stop for stop in stops if stop.contact not in changed]
    if again:
        await connection.execute(
            schema(
                "update {schema}.inbox set keyword = 'stop again'"
                " where (workspace, account, event_key)"
                " in (select * from unnest($1::text[], $2::text[], $3::text[]))"
            ),
            *_columns(again),
        )


_INSERT = """
    insert into {schema}.inbox
        (workspace, account, event_key, provider, kind, contact_id, message_id, send_id, fields,
         received_at, awaits_content, keyword)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[],
                         $7::text[], $8::uuid[], $9::jsonb[], $10::timestamptz[], $11::bool[],
                         $12::text[])
    on conflict (workspace, account, event_key) do nothing
    returning workspace, account, event_key
"""


async def _insert(
    connection: Connection, schema: Schema, callbacks: Sequence[Callback]
) -> list[Callback]:
    """Returns those that were not there."""
    ordered = sorted({c.key: c for c in reversed(callbacks)}.values(), key=lambda c: c.key)
    new: set[EntryKey] = set()
    for start in range(0, len(ordered), SLICE):
        part = ordered[start : start + SLICE]
        told = await fields.sealed_fields(connection, schema, part)
        rows = await connection.fetch(
            schema(_INSERT),
            *_columns(part),
            [c.provider for c in part],
            [c.kind.value for c in part],
            [c.contact_id for c in part],
            [c.message_id for c in part],
            [c.send_id for c in part],
            told,
            [c.received_at for c in part],
            [c.awaits_content for c in part],
            ["stop" if c.stop else None for c in part],
        )
        new |= {(row["workspace"], row["account"], row["event_key"]) for row in rows}
    return [c for c in ordered if c.key in new]


def _columns(callbacks: Iterable[Callback]) -> tuple[list[str], list[str], list[str]]:
    known = list(callbacks)
    return (
        [c.workspace for c in known],
        [c.account for c in known],
        [c.event_key for c in known],
    )


_CONTACTS = """
    , share as (
        select greatest($3::int, $2::int / greatest(count(*), 1)) as most
        from those where workspace is not null
    )
    select i.workspace, i.contact_id
    from share, those t cross join lateral (
        select o.workspace, o.contact_id, o.due_at, o.id from {schema}.inbox o
        where o.workspace = t.workspace and o.done_at is null and o.due_at <= $1
          and o.kind = any($4::text[])
        order by o.due_at, o.id limit share.most
    ) i
    where t.workspace is not null
    order by row_number() over (partition by i.workspace order by i.due_at, i.id), i.id limit $2
"""


# What a newer version stored waits for it, and keeps nothing else of the same person waiting.
_KNOWN = [kind.value for kind in CallbackKind]


async def contacts_with_open(
    connection: Connection, schema: Schema, now: datetime, *, limit: int
) -> list[Key]:
    """Whose callbacks wait: of each workspace in turn, the new before what was looked at."""
    rows = await connection.fetch(schema(WORKSPACES + _CONTACTS), now, limit, LEAST_SHARE, _KNOWN)
    return list(dict.fromkeys((row["workspace"], row["contact_id"]) for row in rows))


async def open_entries(connection: Connection, schema: Schema, whose: Iterable[Key]) -> list[Entry]:
    """All that waits of these contacts, in the order of arrival. Their rows must be locked.

    Raises `LookupError`.
    """
    rows = await connection.fetch(
        schema(
            """
            select i.* from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
            join {schema}.inbox i using (workspace, contact_id)
            where i.done_at is null and i.kind = any($3) order by i.received_at, i.id
            """
        ),
        *columns(whose),
        _KNOWN,
    )
    told = await fields.opened_fields(connection, schema, rows)
    return [_read(row, one) for row, one in zip(rows, told, strict=True)]


def _read(row: Row, told: Any) -> Entry:
    callback = Callback(
        provider=row["provider"],
        event_key=row["event_key"],
        kind=CallbackKind(row["kind"]),
        workspace=row["workspace"],
        account=row["account"],
        contact_id=row["contact_id"],
        message_id=row["message_id"],
        fields=told,
        received_at=row["received_at"],
        send_id=row["send_id"],
        awaits_content=row["awaits_content"],
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
            set done_at = $8, outcome = d.outcome, response_id = d.response_id,
                response_revision = d.response_revision, content = d.content
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::int[],
                        $7::jsonb[])
                as d (workspace, account, event_key, outcome, response_id, response_revision,
                      content)
            where i.workspace = d.workspace and i.account = d.account
              and i.event_key = d.event_key
            """
        ),
        [workspace for workspace, _, _ in (d.key for d in done)],
        [account for _, account, _ in (d.key for d in done)],
        [event_key for _, _, event_key in (d.key for d in done)],
        [d.outcome for d in done],
        [d.response_id for d in done],
        [d.response_revision for d in done],
        [d.content for d in done],
        now,
    )


async def forget_unknown(connection: Connection, schema: Schema, done: Sequence[Done]) -> None:
    """What a provider tells of sends that were deleted with their contact has their number."""
    unknown = [d.key for d in done if d.outcome == UNKNOWN_SEND]
    if unknown:
        await connection.execute(
            schema(
                """
                update {schema}.inbox i set fields = '{}' from {schema}.contacts c
                where c.workspace = i.workspace and c.contact_id = i.contact_id
                  and c.erased_at is not null and (i.workspace, i.account, i.event_key)
                  in (select * from unnest($1::text[], $2::text[], $3::text[]))
                """
            ),
            [workspace for workspace, _, _ in unknown],
            [account for _, account, _ in unknown],
            [event_key for _, _, event_key in unknown],
        )


async def put_off(connection: Connection, schema: Schema, contact: Key, now: datetime) -> None:
    """Handling this contact's callbacks failed: try again later, and let others pass."""
    await connection.execute(
        schema(
            """
            update {schema}.inbox
            set attempts = attempts + 1,
                due_at = $3::timestamptz
                    + least(interval '10 minutes', interval '1 s' * 2 ^ least(attempts, 10))
            where done_at is null and workspace = $1 and contact_id = $2
            """
        ),
        *contact,
        now,
    )


async def wait(
    connection: Connection, schema: Schema, early: Sequence[Entry], until: datetime
) -> None:
    """For what they are about to be known here."""
    if early:
        await connection.execute(
            schema(
                "update {schema}.inbox set due_at = $4 where (workspace, account, event_key)"
                " in (select * from unnest($1::text[], $2::text[], $3::text[]))"
            ),
            *_columns(entry.callback for entry in early),
            until,
        )


async def content_of(connection: Connection, schema: Schema, key: EntryKey) -> ENCODED | None:
    """What a request was answered; of a status, what the send that it is about says."""
    content: ENCODED | None = await connection.fetchval(
        schema(
            """
            select coalesce(i.content, m.content) from {schema}.inbox i
            left join {schema}.messages m on i.kind = 'status' and m.workspace = i.workspace
                and m.send_id = i.send_id
                and exists (select from {schema}.sends s where s.workspace = m.workspace
                            and s.id = m.send_id and s.account = i.account
                            and s.contact_id = i.contact_id)
            where i.workspace = $1 and i.account = $2 and i.event_key = $3
            """
        ),
        *key,
    )
    return content
