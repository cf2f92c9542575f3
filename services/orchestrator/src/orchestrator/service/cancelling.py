"""Stopping asks, wherever they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from common.database import Connection
from common.streams import outbox
from orchestrator import metrics
from orchestrator.domain import reminding
from orchestrator.domain.invitation import Invitation, Status
from orchestrator.repository import invitations, reminders
from orchestrator.service import messages


class Stop(Protocol):
    """`cancel` or `abandon`."""

    async def __call__(
        self,
        connection: Connection,
        stopped: Sequence[Invitation],
        reason: str,
        /,
        *,
        now: datetime,
    ) -> None: ...


async def cancel(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """`stopped` are open and locked, as are their contacts. Does not touch slots.

    One that no sender has is cancelled here and now, and our own delivery event releases its slot.
    One that may be at a sender is cancelled there: the sender's word says how it ended.
    One with a reminder is out: the reminder is stopped, and it goes on waiting for an answer.
    """
    await stop_reminders(connection, [one for one in stopped if one.reminder], reason, now=now)
    asks = [one for one in stopped if not one.reminder]
    unsent = [one for one in asks if one.status == Status.PENDING]
    handed_over = [one for one in asks if one.status != Status.PENDING]
    await _tell_senders(connection, handed_over, reason, now=now)
    for one in unsent:
        one.cancel(reason)
    await _end(connection, unsent, reason)
    await report_unsent(connection, unsent, now=now)


async def stop_reminders(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """`stopped` are locked. One that may be at its sender is cancelled there, as with asks."""
    unsent = [one.id for one in stopped if one.reminder == reminding.Status.PENDING]
    if unsent:
        await reminders.settle(connection, unsent, reminding.Status.CANCELLED, reason=reason)
    handed_over = [one for one in stopped if one.reminder == reminding.Status.ASKED]
    await _tell_senders(connection, handed_over, reason, now=now)


async def abandon(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """`stopped` are locked; whoever handed them over died meanwhile, so each is out, or not.

    Nobody publishes them any more, and a sender that never had one says no word about it: they end
    here. In case one is out, its sender is told.
    """
    asks = [one for one in stopped if not one.reminder]
    reminded = [one.id for one in stopped if one.reminder]
    await _end(connection, asks, reason)
    if reminded:
        await reminders.settle(connection, reminded, reminding.Status.CANCELLED, reason=reason)
    await _tell_senders(connection, stopped, reason, now=now)


async def report_unsent(
    connection: Connection, cancelled: Sequence[Invitation], *, now: datetime
) -> None:
    """Only we know of them, so we say what became of them. `reason` is theirs already."""
    if cancelled:
        told = [messages.cancelled_unsent(one, now) for one in cancelled]
        await outbox.write(connection, "orchestrator", told)


async def _end(connection: Connection, asks: Sequence[Invitation], reason: str) -> None:
    if asks:
        ids = [one.id for one in asks]
        await invitations.settle(connection, ids, Status.CANCELLED, reason=reason)
        metrics.CANCELLED.labels(reason).inc(len(ids))


async def _tell_senders(
    connection: Connection, stopped: Sequence[Invitation], reason: str, *, now: datetime
) -> None:
    """Those that could still go out, or be answered."""
    told = [
        messages.cancelled_at_sender(
            one, reason, now, number=reminding.NUMBER if one.reminder else 0
        )
        for one in stopped
        if now < (one.answers_until if one.reminder else one.send_by)
    ]
    if told:
        await outbox.write(connection, "orchestrator", told)
