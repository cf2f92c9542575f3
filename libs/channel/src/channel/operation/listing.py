"""What the API shows: the delivery log and the messages that became no answer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.store.schema import Schema
from common.database import Connection, Row
from common.phone import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedSend:
    """One row of the delivery log. Numbers of contacts are masked."""

    id: UUID
    kind: str
    status: str
    invitation_id: UUID | None
    interaction_id: UUID | None
    contact_id: UUID
    address: str | None
    account: str | None
    sender: str | None
    attempts: int
    failure: str | None
    reason: str | None
    provider_message_id: str | None
    due_at: datetime
    expires_at: datetime
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None  # unknown: nobody looks for it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage:
    """A message that became no answer."""

    id: UUID
    why: str
    contact_id: UUID
    address: str
    our_number: str
    text: str
    received_at: datetime


_SENDS = """
    select *, state as status from {schema}.sends
    where workspace = $1 and ($2::text is null or state = $2)
      and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
    order by created_at desc, id desc limit $5
"""
_MESSAGES = """
    select * from {schema}.unmatched
    where workspace = $1
      and ($2::timestamptz is null or (received_at, id) < ($2, $3::uuid))
    order by received_at desc, id desc limit $4
"""


async def logged_sends(
    connection: Connection,
    schema: Schema,
    workspace: str,
    *,
    status: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[LoggedSend]:
    """Newest first; `before` is (created_at, id) of the last one seen."""
    at, row = before or (None, None)
    rows = await connection.fetch(schema(_SENDS), workspace, status, at, row, limit)
    return [LoggedSend(**_shown(row, LoggedSend)) for row in rows]


async def logged_messages(
    connection: Connection,
    schema: Schema,
    workspace: str,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[LoggedMessage]:
    """Newest first; `before` is (received_at, id) of the last one seen."""
    at, row = before or (None, None)
    rows = await connection.fetch(schema(_MESSAGES), workspace, at, row, limit)
    return [LoggedMessage(**_shown(row, LoggedMessage)) for row in rows]


def _shown(row: Row, kind: type[Any]) -> dict[str, Any]:
    shown = {field.name: row[field.name] for field in fields(kind)}
    return {**shown, "address": masked(row["address"]) if row["address"] else None}
