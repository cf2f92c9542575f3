"""Stopping asks, wherever they are."""

from collections.abc import Sequence
from datetime import datetime

from common import outbox
from common.db import Connection
from orchestrator import metrics
from orchestrator.domain import reminding
from orchestrator.domain.invitation import Invitation, Status
from orchestrator.repository import invitations, reminders
from orchestrator.service import messages


async def cancel(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """`stopped` are open and locked, as are their contacts. Does not touch slots.

    One that no sender has is cancelled here and now, and our own delivery event releases its slot.
    One that may be at a sender is cancelled there: the sender's word says how it ended.
    One with a reminder is out: the reminder is stopped, and it goes on waiting for an answer.
    """
    await stop_reminders(connection, [one for one in stopped if one.reminder], reason, now=now)
    stopped = [one for one in stopped if not one.reminder]
    unsent = [one for one in stopped if one.status == Status.PENDING and one.leased_until is None]
    abandoned = [one for one in stopped if one.status == Status.PENDING and _lapsed(one, now)]
    at_sender = [one for one in stopped if one not in unsent and one.send_by > now]
    ended = [one.id for one in (*unsent, *abandoned)]
    for one in unsent:
        one.cancel(reason)
    if ended:
        await invitations.settle(connection, ended, Status.CANCELLED, reason=reason)
        metrics.CANCELLED.labels(reason).inc(len(ended))
    await report_unsent(connection, unsent, now=now)
    if at_sender:
        told = [messages.cancelled_at_sender(one, reason, now) for one in at_sender]
        await outbox.write(connection, "orchestrator", told)


async def stop_reminders(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """`stopped` are locked. One that may be at its sender is cancelled there, as with asks."""
    waiting = [one for one in stopped if one.reminder == reminding.Status.PENDING]
    published = [one for one in stopped if one.reminder == reminding.Status.ASKED]
    leased = [one for one in waiting if one.leased_until is not None]
    unsent = [one.id for one in waiting if one.leased_until is None or _lapsed(one, now)]
    if unsent:
        await reminders.settle(connection, unsent, reminding.Status.CANCELLED, reason=reason)
    if leased:
        await reminders.mark_asked(connection, [one.id for one in leased])
    told = [
        messages.cancelled_at_sender(one, reason, now, number=reminding.NUMBER)
        for one in (*leased, *published)
        if one.answers_until > now
    ]
    if told:
        await outbox.write(connection, "orchestrator", told)


async def report_unsent(
    connection: Connection, cancelled: Sequence[Invitation], *, now: datetime
) -> None:
    """Only we know of them, so we say what became of them. `reason` is theirs already."""
    if cancelled:
        told = [messages.cancelled_unsent(one, now) for one in cancelled]
        await outbox.write(connection, "orchestrator", told)


def _lapsed(invitation: Invitation, now: datetime) -> bool:
    """Whoever was publishing it did not come back to say so: it may be out, or not."""
    return invitation.leased_until is not None and invitation.leased_until <= now
