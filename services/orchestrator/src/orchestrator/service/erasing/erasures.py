"""A request that everything about a contact be deleted: said to all services, and reported on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from common.database import Connection, Database
from common.errors import Problem
from common.events import Envelope
from common.events.consent import ContactErased, ErasureDone
from common.ids import erasure_id
from common.streams import outbox
from common.topics import BY_NAME, CONSENT
from orchestrator.domain.erasure import ERASED
from orchestrator.repository import audiences
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts, do_not_contact, erasures, ledger
from orchestrator.repository.deciding import decisions
from orchestrator.repository.schedule import invitations
from orchestrator.service import events
from orchestrator.service.consent.people import lock_linked
from orchestrator.service.erasing.parting import part
from orchestrator.service.schedule import progress

HERE = "orchestrator"
SERVICES = tuple(sorted(BY_NAME[CONSENT].readers))  # who is told, and has to say that it is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """`services`: when each had deleted what it held; None: not yet."""

    id: UUID
    contact_id: UUID
    erased_at: datetime
    asked_by: str
    services: Mapping[str, datetime | None]
    linked: Mapping[UUID, UUID] = field(
        default_factory=dict
    )  # the person's other contacts, and theirs

    @property
    def done_at(self) -> datetime | None:
        times = [at for at in self.services.values() if at is not None]
        return max(times) if len(times) == len(self.services) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """`clock` None: the database's time. `committed` wakes the relay, and what deletes here."""

    db: Database
    clock: Callable[[], datetime] | None = None
    committed: Callable[[], None] = lambda: None

    async def erase(self, workspace: str, contact: UUID, *, by: str, known: bool = True) -> Erasure:
        """From its commit on nobody is asked and nothing older is taken in.

        The person's other addresses are erased with it; who does not want that unlinks them first.
        `known`: only if anything is known of that id; raises `Problem` 404.
        """
        async with self.db.scoped(workspace) as connection:
            if known and not await _is_known(connection, workspace, contact):
                raise Problem(404, "No such contact")
            # Alone: who decides about a call of theirs has committed it, or will see that they are
            # erased. Who has no row cannot be locked otherwise.
            now = await lock.take(connection)
            erased_at = self.clock() if self.clock else now
            key = workspace, contact
            people = await lock_linked(connection, [key], told={}, wanted={key: None})
            whole = [contact, *(one for _, one in people.others.get(key, ()))]
            await part(connection, workspace, people, erased_at)
            made = {one: erasure_id(one, erased_at) for one in whole}
            for one, erasure in made.items():
                await _forget(connection, workspace, one, erased_at)
                await erasures.insert(
                    connection, workspace, erasure, contact=one, erased_at=erased_at, by=by
                )
                told = ContactErased(contact_id=one, erased_at=erased_at)
                await outbox.write(connection, HERE, [events.contact_erased(workspace, told)])
        self.committed()
        return Erasure(
            id=made.pop(contact),
            contact_id=contact,
            erased_at=erased_at,
            asked_by=by,
            services=MappingProxyType(dict.fromkeys(SERVICES)),
            linked=MappingProxyType(made),
        )

    async def find(self, workspace: str, erasure: UUID) -> Erasure:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await erasures.find(connection, workspace, erasure)
            if row is None:
                raise Problem(404, "No such erasure")
            told = await erasures.reports(connection, workspace, erasure)
        done = {**told, HERE: row["deleted_at"]}
        return Erasure(
            id=row["id"],
            contact_id=row["contact_id"],
            erased_at=row["erased_at"],
            asked_by=row["asked_by"],
            services={name: done.get(name) for name in SERVICES},
        )

    async def on_done(self, told: Sequence[Envelope[ErasureDone]]) -> None:
        async with self.db.transaction() as connection:
            await erasures.report(connection, told)


async def _is_known(connection: Connection, workspace: str, contact: UUID) -> bool:
    if await contacts.known(connection, workspace, [contact]):
        return True
    found = await decisions.of_contact(
        connection, workspace, contact, after=erasures.BEGIN, limit=1
    )
    return bool(found)


async def _forget(
    connection: Connection, workspace: str, contact: UUID, erased_at: datetime
) -> None:
    """What is known of the contact itself, and whatever would still be asked."""
    key = workspace, contact
    facts = (await contacts.lock_or_insert(connection, {key: None}))[key]
    asks = [(workspace, ask.invitation_id) for ask in facts.asks]
    found = await invitations.lock_open(connection, asks) if asks else []
    await progress.stop(connection, found, ERASED, {}, now=erased_at)
    await contacts.erase(connection, workspace, contact, erased_at)
    await ledger.forget_evidence(connection, workspace, contact)
    await do_not_contact.forget_address(connection, workspace, contact)
    await audiences.forget(connection, workspace, contact)
