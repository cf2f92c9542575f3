"""Opt-outs and opt-ins, from wherever they come."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import structs

from common.config import Config, ConfigReader, OptOutScope
from common.database import Connection, Database
from common.events import Envelope
from common.events.consent import ConsentChanged
from common.events.decisions import Reason
from common.streams import outbox
from common.time import Clock, utc_now
from orchestrator.domain.channel_plan import StepState
from orchestrator.domain.consent import bits_held, forbidden, in_doubt, newly_refused
from orchestrator.domain.contact import Contact
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts, ledger
from orchestrator.repository.schedule import invitations
from orchestrator.service import events as outgoing
from orchestrator.service.consent.people import People, lock_linked
from orchestrator.service.schedule import progress

Change = tuple[str, ConsentChanged]  # workspace, what changed


@dataclass(frozen=True, slots=True)
class Consent:
    """Owns the ledger and the consent bits of contacts."""

    db: Database
    config: ConfigReader
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def on_changes(self, events: Sequence[Envelope[ConsentChanged]]) -> None:
        """What senders were told. What we published ourselves is known already."""
        changes = [(event.workspace, event.data) for event in events]
        to_all = opt_outs_of_all(await self.config.current(), {name for name, _ in changes})
        async with self.db.transaction() as connection:
            await apply(connection, changes, addresses={}, to_all=to_all, now=self.clock())
        self.committed()

    async def record(
        self, workspace: str, changes: Sequence[ConsentChanged], *, addresses: Mapping[UUID, str]
    ) -> set[UUID]:
        """From the API: stored, and told to the senders. `addresses` of contacts, where told.

        An id without address must be that of a contact of this workspace; returns those that are
        not: of them nothing is stored.
        """
        ids = {change.contact_id for change in changes} - addresses.keys()
        to_all = opt_outs_of_all(await self.config.current(), {workspace})
        async with self.db.scoped(workspace) as connection:
            strangers = ids - await contacts.known(connection, workspace, ids) if ids else set()
            stored = [change for change in changes if change.contact_id not in strangers]
            if not stored:
                return strangers
            await apply(
                connection,
                [(workspace, change) for change in stored],
                addresses={(workspace, one): address for one, address in addresses.items()},
                to_all=to_all,
                now=self.clock(),
            )
            await outbox.write(
                connection,
                "orchestrator",
                [outgoing.consent_changed(workspace, change) for change in stored],
            )
        self.committed()
        return strangers


def opt_outs_of_all(config: Config, workspaces: Set[str]) -> Set[str]:
    """Those of `workspaces` where a no on one channel is one to all."""
    found = {name: config.workspaces.get(name) for name in workspaces}
    return {
        name
        for name, one in found.items()
        if one and one.workspace.opt_out_scope is not OptOutScope.CHANNEL
    }


async def apply(
    connection: Connection,
    changes: Sequence[Change],
    *,
    addresses: Mapping[Key, str],
    to_all: Set[str] = frozenset(),
    now: datetime,
) -> None:
    """The ledger takes every change; the bits are read from all of it, so order does not matter.

    `to_all`: workspaces where a no is one to all channels.
    """
    keys = {(workspace, change.contact_id) for workspace, change in changes}
    wanted = {key: addresses.get(key) for key in keys}
    people = await lock_linked(connection, keys, told={}, wanted=wanted)
    locked = people.contacts
    await ledger.append(connection, [_without_erased(one, locked) for one in changes])
    newest = await ledger.newest(connection, keys)
    bits = {one: bits_held(told) for one, told in newest.items()}
    moved = {one: b for one, b in bits.items() if b != _bits(locked[one])}
    if moved:
        await contacts.store_consent(connection, moved)
    refusing = {
        one: refused
        for one, now_held in moved.items()
        if (refused := newly_refused(_bits(locked[one]), now_held, to_all=one[0] in to_all))
    }
    if refusing:
        await stop_asking(connection, refusing, people, to_all=to_all, now=now)


def _without_erased(change: Change, people: Mapping[Key, Contact]) -> Change:
    """A no of before an erasure counts, whenever it comes; the words that it was said in do not."""
    workspace, told = change
    erased_at = people[workspace, told.contact_id].erased_at
    if erased_at is None or told.occurred_at > erased_at:
        return change
    return workspace, structs.replace(told, evidence="")


def _bits(contact: Contact) -> tuple[int, int]:
    return contact.withdrawn, contact.granted


async def stop_asking(
    connection: Connection,
    refusing: Mapping[Key, int],
    people: People,
    *,
    to_all: Set[str],
    now: datetime,
) -> None:
    """`refusing`: what is withdrawn now, by whichever address of the person.

    A no on one of its channels ends an invitation's plan; in workspaces `to_all` on any channel.
    """
    no: dict[Key, int] = {}
    for key, withdrawn in refusing.items():
        for one in (key, *people.others.get(key, ())):
            no[one] = no.get(one, 0) | withdrawn
    asks = [(key[0], ask.invitation_id) for key in no for ask in people.contacts[key].asks]
    found = await invitations.lock_open(connection, asks) if asks else []
    stopped = [
        one
        for one in found
        if one.invitation.contact[0] in to_all or _concerns(one, no[one.invitation.contact])
    ]
    await progress.stop(connection, stopped, Reason.OPTED_OUT, people.contacts, now=now)


def _concerns(planned: Planned, withdrawn: int) -> bool:
    """Whether one of the channels is refused on which this person is asked, or was; or all are."""
    return in_doubt(withdrawn) or any(
        step.state != StepState.PASSED_OVER and forbidden(withdrawn, step.channel)
        for step in planned.course.steps
    )
