"""The table of sends. Rows are read under lock as `Send`, changed by `delivery`, and saved."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.store.delivery import Send, SendKind, Status
from channel.store.schema import Schema
from common.database import Connection, Row
from common.events.sends import StepCancelled

_FIELDS = tuple(field.name for field in fields(Send))
_COLUMNS = ", ".join(f"s.{name}" for name in _FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSend:
    """To be inserted. `step` is the step as it came (msgspec JSON); replies have none."""

    send: Send
    address: str
    text: str
    flow_id: str | None = None
    answers_until: datetime | None = None
    step: bytes | None = None
    despite_stop: bool = False
    traceparent: str | None = None  # W3C, of whoever told of the interaction


def with_columns(statement: str) -> str:
    """`{columns}` are what `read` needs, of the table `s`."""
    return statement.replace("{columns}", _COLUMNS)


def read(row: Row) -> Send:
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    values["kind"] = SendKind(values["kind"])
    values["state"] = Status(values["state"])
    return Send(**values)


_INSERT = """
    with put as (
    insert into {schema}.sends as s
        (id, kind, workspace, contact_id, state, urgency, due_at, expires_at, account,
         sender, address, text, invitation_id, interaction_id, flow_id, answers_until,
         step, test, despite_stop, revision, failure, reason, provider, traceparent,
         reminder)
    select * from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::smallint[],
        $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::text[],
        $12::text[], $13::uuid[], $14::uuid[], $15::text[], $16::timestamptz[],
        $17::bytea[], $18::bool[], $19::bool[], $20::int[], $21::text[], $22::text[],
        $23::text[], $24::text[], $25::bool[])
    on conflict (id) do update
        set interaction_id = excluded.interaction_id, test = excluded.test,
            provider = excluded.provider, account = excluded.account,
            sender = excluded.sender, address = excluded.address, text = excluded.text,
            flow_id = excluded.flow_id, traceparent = excluded.traceparent,
            reminder = excluded.reminder, revision = s.revision + 1
        where s.interaction_id is null and s.kind = 'step'
    returning s.*, s.xmax <> 0 as was_there)
    select * from put where was_there
"""


async def insert(connection: Connection, schema: Schema, new: Sequence[NewSend]) -> list[Send]:
    """Adds the rows that are not there yet.

    A row that a cancellation made before its step came is filled in, and stays cancelled;
    these are returned, for now there is enough known to tell of them.
    """
    rows = await connection.fetch(
        schema(_INSERT),
        *_inserted(sorted({item.send.id: item for item in new}.values(), key=_id)),
    )
    return [read(row) for row in rows]


def _id(new: NewSend) -> UUID:
    return new.send.id


def _inserted(new: Sequence[NewSend]) -> list[list[Any]]:
    sends = [item.send for item in new]
    return [
        [s.id for s in sends],
        [s.kind.value for s in sends],
        [s.workspace for s in sends],
        [s.contact_id for s in sends],
        [s.state.value for s in sends],
        [int(s.kind is SendKind.STEP) for s in sends],
        [s.due_at for s in sends],
        [s.expires_at for s in sends],
        [s.account for s in sends],
        [s.sender for s in sends],
        [item.address for item in new],
        [item.text for item in new],
        [s.invitation_id for s in sends],
        [s.interaction_id for s in sends],
        [item.flow_id for item in new],
        [item.answers_until for item in new],
        [item.step for item in new],
        [s.test for s in sends],
        [item.despite_stop for item in new],
        [s.revision for s in sends],
        [s.failure for s in sends],
        [s.reason for s in sends],
        [s.provider for s in sends],
        [item.traceparent for item in new],
        [s.reminder for s in sends],
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
            order by id on conflict do nothing
            """
        ),
        [step.step_id for step in steps],
        workspaces,
        [step.contact_id for step in steps],
        [step.invitation_id for step in steps],
        [step.reason for step in steps],
        [step.cancelled_at for step in steps],
    )


async def locked(connection: Connection, schema: Schema, ids: Sequence[UUID]) -> dict[UUID, Send]:
    """Waits for these rows, in the order of locks."""
    rows = await connection.fetch(
        schema(
            with_columns(
                "select {columns} from {schema}.sends s"
                " where s.id = any($1::uuid[]) order by s.id for update"
            )
        ),
        list(ids),
    )
    return {row["id"]: read(row) for row in rows}


_SAVE = """
    update {schema}.sends s
    set state = n.state, due_at = n.due_at, attempts = n.attempts, revision = n.revision,
        provider_message_id = n.provider_message_id, failure = n.failure,
        reason = n.reason, claimed_at = n.claimed_at, sent_at = n.sent_at,
        delivered_at = n.delivered_at, closed_at = n.closed_at,
        look_up_at = n.look_up_at, look_ups = n.look_ups
    from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int[], $5::int[],
                $6::text[], $7::text[], $8::text[], $9::timestamptz[],
                $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
                $13::timestamptz[], $14::smallint[])
        as n (id, state, due_at, attempts, revision, provider_message_id, failure,
              reason, claimed_at, sent_at, delivered_at, closed_at, look_up_at, look_ups)
    where s.id = n.id
"""


async def save(connection: Connection, schema: Schema, sends: Sequence[Send]) -> None:
    """Writes what `delivery` changed; the rows must be locked."""
    if not sends:
        return
    await connection.execute(
        schema(_SAVE),
        [s.id for s in sends],
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
    )
