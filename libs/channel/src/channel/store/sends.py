"""The table of sends. Rows are read under lock as `Send`, changed by `delivery`, and saved.

What a send says, and to whom, is its row in `messages`, which nobody changes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from channel.content import Content, encode
from channel.store.delivery import Send, SendKind
from channel.store.schema import MESSAGE_ADDRESS, STEP, Key, Schema, columns
from common.database import Connection, Row
from common.database.sealing import sealed
from common.events.sends import DeliveryStatus, StepCancelled, StepKind

_FIELDS = tuple(field.name for field in fields(Send))
_COLUMNS = ", ".join(f"s.{name}" for name in _FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSend:
    """To be inserted. `step` is the step as it came (msgspec JSON); follow-ups have none."""

    send: Send
    address: str
    content: Content
    flow_id: str | None = None
    answers_until: datetime | None = None
    step: bytes | None = None
    traceparent: str | None = None  # W3C, of whoever reported the interaction


def with_columns(statement: str) -> str:
    """`{columns}` are what `read` needs, of the table `s`."""
    return statement.replace("{columns}", _COLUMNS)


def read(row: Row) -> Send:
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    values["kind"] = SendKind(values["kind"])
    values["state"] = DeliveryStatus(values["state"])
    values["step_kind"] = StepKind(values["step_kind"])
    return Send(**values)


_INSERT = """
    with given as (
        select * from unnest(
            $1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::smallint[],
            $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::text[],
            $12::uuid[], $13::uuid[], $14::bool[], $15::text[], $16::smallint[],
            $17::smallint[], $18::bool[], $19::int[], $20::text[], $21::text[], $22::jsonb[],
            $23::text[], $24::timestamptz[], $25::text[], $26::text[], $27::bytea[])
        as g (workspace, id, kind, contact_id, state, urgency, due_at, expires_at, provider,
              account, sender, invitation_id, interaction_id, test, step_kind, number,
              continues, despite_stop, revision, failure, reason, content, flow_id,
              answers_until, traceparent, address, step)),
    kept as (
        insert into {schema}.messages
            (workspace, send_id, address, content, flow_id, answers_until, step, traceparent)
        select workspace, id, address, content, flow_id, answers_until, step, traceparent
        from given order by workspace, id on conflict do nothing),
    put as (
        insert into {schema}.sends as s
            (workspace, id, kind, contact_id, state, urgency, due_at, expires_at, provider,
             account, sender, invitation_id, interaction_id, test, step_kind, number, continues,
             despite_stop, revision, failure, reason)
        select workspace, id, kind, contact_id, state, urgency, due_at, expires_at, provider,
               account, sender, invitation_id, interaction_id, test, step_kind, number,
               continues, despite_stop, revision, failure, reason
        from given order by workspace, id
        on conflict (workspace, id) do update
        set interaction_id = excluded.interaction_id, test = excluded.test,
            provider = excluded.provider, account = excluded.account,
            sender = excluded.sender, step_kind = excluded.step_kind,
            number = excluded.number, continues = excluded.continues,
            revision = s.revision + 1
        where s.interaction_id is null and s.kind = 'step'
        returning s.*, s.xmax <> 0 as was_there)
    select * from put where was_there
"""


async def insert(connection: Connection, schema: Schema, new: Sequence[NewSend]) -> list[Send]:
    """Adds the rows that are not there yet.

    A row that a cancellation made before its step came is filled in, and stays cancelled;
    these are returned, for now there is enough known to publish what became of them.
    """
    if not new:
        return []
    once = {item.send.key: item for item in new}
    items = list(once.values())
    rows = await connection.fetch(
        schema(_INSERT),
        *_inserted(items),
        await sealed(
            connection,
            schema.place(MESSAGE_ADDRESS),
            [(item.send.workspace, item.address) for item in items],
        ),
        await sealed(
            connection, schema.place(STEP), [(item.send.workspace, item.step) for item in items]
        ),
    )
    return [read(row) for row in rows]


def _inserted(new: Sequence[NewSend]) -> list[list[Any]]:
    sends = [item.send for item in new]
    return [
        [s.workspace for s in sends],
        [s.id for s in sends],
        [s.kind.value for s in sends],
        [s.contact_id for s in sends],
        [s.state.value for s in sends],
        [int(s.kind is SendKind.STEP) for s in sends],
        [s.due_at for s in sends],
        [s.expires_at for s in sends],
        [s.provider for s in sends],
        [s.account for s in sends],
        [s.sender for s in sends],
        [s.invitation_id for s in sends],
        [s.interaction_id for s in sends],
        [s.test for s in sends],
        [s.step_kind.value for s in sends],
        [s.number for s in sends],
        [s.continues for s in sends],
        [s.despite_stop for s in sends],
        [s.revision for s in sends],
        [s.failure for s in sends],
        [s.reason for s in sends],
        [encode(item.content) for item in new],
        [item.flow_id for item in new],
        [item.answers_until for item in new],
        [item.traceparent for item in new],
    ]


async def insert_cancelled(
    connection: Connection,
    schema: Schema,
    steps: Sequence[StepCancelled],
    *,
    workspaces: Sequence[str],
) -> None:
    """Rows for cancellations that came before their steps; the steps fill them in."""
    await connection.execute(
        schema(
            """
            insert into {schema}.sends
                (id, kind, workspace, contact_id, invitation_id, state, reason, due_at, expires_at)
            select id, 'step', workspace, contact_id, invitation_id, 'cancelled', reason, at, at
            from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],
                        $6::timestamptz[])
                as c (id, workspace, contact_id, invitation_id, reason, at)
            order by workspace, id on conflict do nothing
            """
        ),
        [step.step_id for step in steps],
        workspaces,
        [step.contact_id for step in steps],
        [step.invitation_id for step in steps],
        [step.reason for step in steps],
        [step.cancelled_at for step in steps],
    )


async def locked(connection: Connection, schema: Schema, keys: Iterable[Key]) -> dict[Key, Send]:
    """Waits for these rows, in the order of locks."""
    rows = await connection.fetch(
        schema(
            with_columns(
                "select {columns} from {schema}.sends s"
                " where (s.workspace, s.id) in (select * from unnest($1::text[], $2::uuid[]))"
                " order by s.workspace, s.id for update"
            )
        ),
        *columns(keys),
    )
    found = [read(row) for row in rows]
    return {send.key: send for send in found}


async def by_provider_id(
    connection: Connection, schema: Schema, names: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], Key]:
    """(workspace, account, the provider's name of the message) -> the send that it is of."""
    if not names:
        return {}
    rows = await connection.fetch(
        schema(
            """
            select s.workspace, s.account, s.provider_message_id, s.id
            from unnest($1::text[], $2::text[], $3::text[])
                as n (workspace, account, provider_message_id)
            join {schema}.sends s using (workspace, account, provider_message_id)
            """
        ),
        [workspace for workspace, _, _ in names],
        [account for _, account, _ in names],
        [name for _, _, name in names],
    )
    return {
        (row["workspace"], row["account"], row["provider_message_id"]): (
            row["workspace"],
            row["id"],
        )
        for row in rows
    }


async def followed_up(
    connection: Connection, schema: Schema, contacts: Collection[Key], *, since: datetime
) -> Counter[Key]:
    """How many follow-ups were written to each of them; those of none are left out."""
    if not contacts:
        return Counter()
    rows = await connection.fetch(
        schema(
            """
            select s.workspace, s.contact_id, count(*) as written
            from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
            join {schema}.sends s using (workspace, contact_id)
            where s.kind = $3 and s.created_at >= $4
            group by s.workspace, s.contact_id
            """
        ),
        [workspace for workspace, _ in contacts],
        [contact for _, contact in contacts],
        SendKind.FOLLOW_UP.value,
        since,
    )
    return Counter({(row["workspace"], row["contact_id"]): row["written"] for row in rows})


_SAVE = """
    update {schema}.sends s
    set state = n.state, due_at = n.due_at, attempts = n.attempts, revision = n.revision,
        provider_message_id = n.provider_message_id, failure = n.failure,
        reason = n.reason, claimed_at = n.claimed_at, sent_at = n.sent_at,
        delivered_at = n.delivered_at, closed_at = n.closed_at,
        look_up_at = n.look_up_at, look_ups = n.look_ups, read_at = n.read_at,
        seconds = n.seconds, called_back = n.called_back, transferred = n.transferred
    from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::int[], $6::int[],
                $7::text[], $8::text[], $9::text[], $10::timestamptz[],
                $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
                $14::timestamptz[], $15::smallint[], $16::timestamptz[], $17::int[], $18::text[],
                $19::int[])
        as n (workspace, id, state, due_at, attempts, revision, provider_message_id, failure,
              reason, claimed_at, sent_at, delivered_at, closed_at, look_up_at, look_ups,
              read_at, seconds, called_back, transferred)
    where s.workspace = n.workspace and s.id = n.id
"""


async def save(connection: Connection, schema: Schema, sends: Sequence[Send]) -> None:
    """Writes what `delivery` changed; the rows must be locked."""
    if not sends:
        return
    await connection.execute(
        schema(_SAVE),
        *columns(s.key for s in sends),
        [s.state.value for s in sends],
        [s.due_at for s in sends],
        [s.attempts for s in sends],
        [s.revision for s in sends],
        [s.provider_message_id for s in sends],
        [s.failure for s in sends],
        [s.reason for s in sends],
        [s.claimed_at for s in sends],
        [s.sent_at for s in sends],
        [s.delivered_at for s in sends],
        [s.closed_at for s in sends],
        [s.look_up_at for s in sends],
        [s.look_ups for s in sends],
        [s.read_at for s in sends],
        [s.seconds for s in sends],
        [s.called_back for s in sends],
        [s.transferred for s in sends],
    )


async def is_called_back(connection: Connection, schema: Schema, key: Key) -> bool:
    """Nobody should see it any more."""
    found: bool | None = await connection.fetchval(
        schema(
            "select called_back is not null from {schema}.sends where workspace = $1 and id = $2"
        ),
        *key,
    )
    return bool(found)
