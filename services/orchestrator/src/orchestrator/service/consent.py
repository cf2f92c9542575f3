"""Opt-outs and opt-ins, from wherever they come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.database import Connection, Database
from common.events import Envelope
from common.events.consent import ConsentChanged
from common.events.decisions import Reason
from common.events.values import Channel
from common.streams import outbox
from common.time import Clock, utc_now
from orchestrator.domain.consent import bits_of, forbidden
from orchestrator.domain.contact import Contact
from orchestrator.repository import contacts, invitations, ledger
from orchestrator.service import messages
from orchestrator.service.cancelling import cancel

People = Mapping[UUID, tuple[str, str | None]]  # contact -> workspace, address


@dataclass(frozen=True, slots=True)
class Consent:
    """Owns the ledger and the consent bits of contacts."""

    db: Database
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def on_changes(self, events: Sequence[Envelope[ConsentChanged]]) -> None:
        """What senders were told. What we published ourselves is known already."""
        changes = [(event.workspace, event.data) for event in events]
        people = {change.contact_id: (workspace, None) for workspace, change in changes}
        async with self.db.transaction() as connection:
            await _apply(connection, changes, people=people, now=self.clock())
        self.committed()

    async def record(
        self, workspace: str, changes: Sequence[ConsentChanged], *, addresses: Mapping[UUID, str]
    ) -> None:
        """From the API: stored, and told to the senders. `addresses` of contacts, where known."""
        told = [(workspace, change) for change in changes]
        people = {c.contact_id: (workspace, addresses.get(c.contact_id)) for c in changes}
        async with self.db.transaction() as connection:
            await _apply(connection, told, people=people, now=self.clock())
            await outbox.write(
                connection,
                "orchestrator",
                [messages.consent_changed(workspace, change) for change in changes],
            )
        self.committed()


async def _apply(
    connection: Connection,
    changes: Sequence[tuple[str, ConsentChanged]],
    *,
    people: People,
    now: datetime,
) -> None:
    """The ledger takes every change; the bits are read from all of it, so order does not matter."""
    locked = await contacts.lock_or_insert(connection, people)
    await ledger.append(connection, changes)
    newest = await ledger.newest(connection, people.keys())
    bits = {one: bits_of(states) for one, states in newest.items()}
    moved = {one: b for one, b in bits.items() if b != _bits(locked[one])}
    if moved:
        await contacts.store_consent(connection, moved)
    refusing = [one for one, (withdrawn, _) in moved.items() if withdrawn & ~locked[one].withdrawn]
    if refusing:
        await _stop_asking(connection, {one: (moved[one][0], locked[one]) for one in refusing}, now)


def _bits(contact: Contact) -> tuple[int, int]:
    return contact.withdrawn, contact.granted


async def _stop_asking(
    connection: Connection, refusing: Mapping[UUID, tuple[int, Contact]], now: datetime
) -> None:
    """`refusing`: contact -> what is withdrawn now, facts (their asks name the invitations)."""
    asks = [ask.invitation_id for _, contact in refusing.values() for ask in contact.asks]
    found = await invitations.lock_open(connection, asks) if asks else []
    stopped = [one for one in found if forbidden(refusing[one.contact_id][0], Channel(one.channel))]
    await cancel(connection, stopped, Reason.OPTED_OUT, now=now)
