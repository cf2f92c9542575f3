"""What senders report about asks and reminders: went out, failed, refused, answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.database import Connection, Database
from common.events import Envelope
from common.events.responses import Response
from common.events.sends import Delivery, DeliveryStatus, StepKind
from common.time import Clock, utc_now
from orchestrator.domain import reminding
from orchestrator.domain.contact import released
from orchestrator.domain.invitation import ANSWERED, Status
from orchestrator.repository import contacts, invitations, reminders
from orchestrator.service.cancelling import stop_reminders

_ENDS = {DeliveryStatus.FAILED: Status.FAILED, DeliveryStatus.CANCELLED: Status.CANCELLED}
_ASKS = (StepKind.ASK, StepKind.FALLBACK)
_OUT = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)


@dataclass(frozen=True, slots=True)
class Outcomes:
    db: Database
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def on_deliveries(self, events: Sequence[Envelope[Delivery]]) -> None:
        """What went out may have a reminder to come; the final failures end an invitation.

        `unknown` keeps its slot, never falls back and is not reminded; the rest is news. Of a kind
        of step that this version does not know, a newer one keeps the books.
        """
        asks = [e.data for e in events if e.data.kind in _ASKS]
        again = [e.data for e in events if e.data.kind is StepKind.REMINDER]
        if (ended := _ended(asks)) or _ended(again):
            async with self.db.transaction() as connection:
                await _release(connection, ended)
                await _settle(connection, ended, now=self.clock())
                await _settle_reminders(connection, _ended(again))
            self.committed()
        if sent := _first_sent(asks):
            async with self.db.connection() as connection:
                await reminders.schedule(connection, sent)

    async def on_responses(self, events: Sequence[Envelope[Response]]) -> None:
        """An answer is the last word, whatever was thought of the ask before."""
        answered = sorted({event.data.invitation_id for event in events})
        async with self.db.transaction() as connection:
            found = await invitations.lock_open(connection, answered)
            reminded = [one for one in found if one.reminder]
            await stop_reminders(connection, reminded, ANSWERED, now=self.clock())
            await invitations.mark_answered(connection, answered)
        if reminded:
            self.committed()


def _first_sent(asks: Sequence[Delivery]) -> dict[UUID, datetime]:
    """When each went out, by invitation."""
    found: dict[UUID, datetime] = {}
    for one in asks:
        if one.status in _OUT and one.sent_at is not None:
            earlier = found.setdefault(one.invitation_id, one.sent_at)
            found[one.invitation_id] = min(earlier, one.sent_at)
    return found


def _ended(deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [one for one in deliveries if one.final and one.status in _ENDS]


def _groups(ended: Sequence[Delivery]) -> dict[tuple[StrEnum, str | None], list[UUID]]:
    """(status, reason) -> invitations: few, so that each can be a statement."""
    groups: dict[tuple[StrEnum, str | None], list[UUID]] = {}
    for one in ended:
        why = one.reason or one.failure
        groups.setdefault((_ENDS[one.status], why), []).append(one.invitation_id)
    return groups


async def _release(connection: Connection, ended: Sequence[Delivery]) -> None:
    """Slots of asks of which nothing went out; a reminder never had one."""
    locked = await contacts.lock(connection, {one.contact_id for one in ended})
    free: dict[UUID, set[UUID]] = {}
    for one in ended:
        if one.sent_at is None and one.delivered_at is None:
            free.setdefault(one.contact_id, set()).add(one.invitation_id)
    changed = {
        contact: (None, after)
        for contact, gone in free.items()
        if contact in locked
        and (after := released(locked[contact], frozenset(gone))) != locked[contact]
    }
    if changed:
        await contacts.store_asks(connection, changed)


async def _settle(connection: Connection, ended: Sequence[Delivery], *, now: datetime) -> None:
    found = await invitations.lock_open(connection, {one.invitation_id for one in ended})
    reminded = [one for one in found if one.reminder]
    await stop_reminders(connection, reminded, reminding.ASK_FAILED, now=now)
    still_open = {one.id for one in found}
    for (status, reason), ids in _groups(
        [one for one in ended if one.invitation_id in still_open]
    ).items():
        await invitations.settle(connection, ids, Status(status), reason=reason)


async def _settle_reminders(connection: Connection, ended: Sequence[Delivery]) -> None:
    for (status, reason), ids in _groups(ended).items():
        await reminders.settle(connection, ids, reminding.Status(status), reason=reason)
