"""What the API shows: the delivery log and the messages that became no answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.schema import Schema
from common.db import Connection
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
    rows = await connection.fetch(
        schema(
            """
            select * from {schema}.sends
            where workspace = $1 and ($2::text is null or state = $2)
              and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
            order by created_at desc, id desc limit $5
            """
        ),
        workspace,
        status,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [
        LoggedSend(
            id=row["id"],
            kind=row["kind"],
            status=row["state"],
            invitation_id=row["invitation_id"],
            interaction_id=row["interaction_id"],
            contact_id=row["contact_id"],
            address=masked(row["address"]) if row["address"] else None,
            account=row["account"],
            sender=row["sender"],
            attempts=row["attempts"],
            failure=row["failure"],
            reason=row["reason"],
            provider_message_id=row["provider_message_id"],
            due_at=row["due_at"],
            expires_at=row["expires_at"],
            created_at=row["created_at"],
            claimed_at=row["claimed_at"],
            sent_at=row["sent_at"],
            delivered_at=row["delivered_at"],
            closed_at=row["closed_at"],
        )
        for row in rows
    ]


async def logged_messages(
    connection: Connection,
    schema: Schema,
    workspace: str,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[LoggedMessage]:
    """Newest first; `before` is (received_at, id) of the last one seen."""
    rows = await connection.fetch(
        schema(
            """
            select * from {schema}.unmatched
            where workspace = $1
              and ($2::timestamptz is null or (received_at, id) < ($2, $3::uuid))
            order by received_at desc, id desc limit $4
            """
        ),
        workspace,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [
        LoggedMessage(
            id=row["id"],
            why=row["why"],
            contact_id=row["contact_id"],
            address=masked(row["address"]),
            our_number=row["our_number"],
            text=row["text"],
            received_at=row["received_at"],
        )
        for row in rows
    ]
