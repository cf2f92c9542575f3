"""The reminders in `orchestrator.invitations`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.database import Connection
from orchestrator.domain.reminding import Status


async def schedule(connection: Connection, sent: Mapping[UUID, datetime]) -> None:
    """Their asks went out at these times, so they are with their senders.

    Once per invitation: a later receipt of the same ask finds the reminder planned.
    """
    await connection.execute(
        "with chosen as (select id from orchestrator.invitations where id = any($1)"
        " and remind_after is not null and reminder is null and status in ('pending', 'asked')"
        " order by id for update)"
        " update orchestrator.invitations i"
        " set status = 'asked', reminder = 'pending',"
        " remind_at = u.sent_at + i.remind_after, due_at = u.sent_at + i.remind_after"
        " from chosen join unnest($1::uuid[], $2::timestamptz[]) as u (id, sent_at) using (id)"
        " where i.id = chosen.id",
        list(sent),
        list(sent.values()),
    )


async def mark_asked(connection: Connection, ids: Sequence[UUID]) -> None:
    """They are locked, and handed over."""
    await connection.execute(
        "update orchestrator.invitations set reminder = 'asked', due_at = null where id = any($1)",
        ids,
    )


async def settle(
    connection: Connection, ids: Collection[UUID], status: Status, *, reason: str | None
) -> None:
    """How they ended without having reached anybody; the invitations go on."""
    await connection.execute(
        "update orchestrator.invitations"
        " set reminder = $2, reminder_reason = $3, due_at = null"
        " where id = any($1) and reminder in ('pending', 'asked')",
        list(ids),
        status,
        reason,
    )
