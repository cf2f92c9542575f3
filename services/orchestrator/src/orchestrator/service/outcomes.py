"""What senders report about asks: failed, refused, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.db import Connection, Database
from common.events import Envelope
from common.events.responses import Response
from common.events.sends import Delivery, DeliveryStatus
from orchestrator.domain.contact import released
from orchestrator.domain.invitation import Status
from orchestrator.repository import contacts, invitations

_ENDS = {DeliveryStatus.FAILED: Status.FAILED, DeliveryStatus.CANCELLED: Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Outcomes:
    db: Database

    async def on_deliveries(self, events: Sequence[Envelope[Delivery]]) -> None:
        """The final failures. `unknown` keeps its slot and never falls back; the rest is news."""
        ended = [e.data for e in events if e.data.final and e.data.status in _ENDS]
        if not ended:
            return
        async with self.db.transaction() as connection:
            locked = await contacts.lock(connection, {one.contact_id for one in ended})
            await _settle(connection, ended)
            free: dict[UUID, set[UUID]] = {}
            for one in ended:
                if one.sent_at is None and one.delivered_at is None:  # nothing went out
                    free.setdefault(one.contact_id, set()).add(one.invitation_id)
            changed = {
                contact: after
                for contact, gone in free.items()
                if contact in locked
                and (after := released(locked[contact], frozenset(gone))) != locked[contact]
            }
            if changed:
                await contacts.store_asks(connection, changed, {})

    async def on_responses(self, events: Sequence[Envelope[Response]]) -> None:
        """An answer is the last word, whatever was thought of the ask before."""
        answered = sorted({event.data.invitation_id for event in events})
        async with self.db.transaction() as connection:
            await invitations.mark_answered(connection, answered)


async def _settle(connection: Connection, ended: Sequence[Delivery]) -> None:
    """One statement per (status, reason), of which there are few."""
    found = await invitations.lock_open(connection, {one.invitation_id for one in ended})
    still_open = {one.id for one in found}
    groups: dict[tuple[Status, str | None], list[UUID]] = {}
    for one in ended:
        if one.invitation_id in still_open:
            why = one.reason or one.failure
            groups.setdefault((_ENDS[one.status], why), []).append(one.invitation_id)
    for (status, reason), ids in groups.items():
        await invitations.settle(connection, ids, status, reason=reason)
