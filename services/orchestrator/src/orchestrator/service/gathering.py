"""Locks first, facts after: what is read under the contacts' locks stays true until commit.

Who has no row yet cannot be locked. Asking them inserts one, and fails when somebody else did so
meanwhile: the batch is then decided again. So who is not asked leaves no row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from common.database import Connection
from orchestrator.domain.batch import Batch
from orchestrator.domain.contact import Contact
from orchestrator.domain.heard import Heard
from orchestrator.domain.invitation import Invitation
from orchestrator.domain.plan import Plan
from orchestrator.repository import contacts, days, decisions, invitations

RECENT = timedelta(days=1)  # an ask that was due longer ago waits no more, its reminder may


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a batch is decided from. `first` has each interaction once, `copies` counts the rest.

    `stored`: the contacts that had a row.
    """

    plan: Plan
    now: datetime
    batch: Batch
    stored: frozenset[UUID]
    first: Mapping[UUID, Heard]
    copies: Mapping[UUID, int]
    known: Mapping[UUID, bytes]  # published events of what was decided before
    waiting: Mapping[UUID, Invitation]  # of earlier batches, certainly not out yet
    reminding: Mapping[UUID, Invitation]  # likewise: asked, with a reminder to come
    today: Mapping[str, date]

    def undecided(self) -> list[Heard]:
        if not self.known:  # as nearly always
            return list(self.first.values())
        return [one for identity, one in self.first.items() if identity not in self.known]


async def gather(
    connection: Connection,
    interactions: Sequence[Heard],
    *,
    plan: Plan,
    now: datetime,
) -> Gathered:
    first: dict[UUID, Heard] = {}
    copies: dict[UUID, int] = {}
    for one in interactions:
        if first.setdefault(one.id, one) is not one:
            copies[one.id] = copies.get(one.id, 0) + 1
    people = {one.contact_id for one in first.values() if one.contact_id is not None}
    locked = await contacts.lock(connection, people)
    # Statements of their own: each sees what was committed before the locks were ours.
    known = await decisions.events(connection, first)
    for identity in known:
        copies[identity] = copies.get(identity, 0) + 1
    open_ones = await _waiting(connection, locked, now - max(RECENT, plan.reminding))
    waiting = {one.id: one for one in open_ones if not one.reminder}
    workspaces = {one.workspace for one in first.values()}
    today = {workspace: _day(plan, workspace, now) for workspace in workspaces}
    return Gathered(
        plan=plan,
        now=now,
        stored=frozenset(locked),
        batch=Batch(_with_waiting(locked, waiting), await days.asks(connection, today)),
        first=first,
        copies=copies,
        known=known,
        waiting=waiting,
        reminding={one.id: one for one in open_ones if one.reminder},
        today=today,
    )


def _day(plan: Plan, workspace: str, now: datetime) -> date:
    found = plan.workspaces.get(workspace)
    return now.astimezone(found.zone).date() if found else now.date()


async def _waiting(
    connection: Connection, locked: Mapping[UUID, Contact], since: datetime
) -> list[Invitation]:
    """Only delayed flows and reminders leave any, so most batches ask nothing here."""
    recent = [
        ask.invitation_id for contact in locked.values() for ask in contact.asks if ask.at > since
    ]
    return await invitations.waiting(connection, recent) if recent else []


def _with_waiting(
    locked: dict[UUID, Contact], waiting: Mapping[UUID, Invitation]
) -> dict[UUID, Contact]:
    for one in waiting.values():
        contact = locked[one.contact_id]
        locked[one.contact_id] = contact._replace(waiting=contact.waiting | {one.id})
    return locked
