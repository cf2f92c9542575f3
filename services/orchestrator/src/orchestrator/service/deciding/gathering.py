"""Locks first, facts after: what is read under the contacts' locks stays true until commit.

Who has no row yet cannot be locked. Asking them inserts one, and fails when somebody else did so
meanwhile: the batch is then decided again. So who is not asked leaves no row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec import structs

from common.database import Connection
from orchestrator import metrics
from orchestrator.domain.aiming import Aims
from orchestrator.domain.aiming import keys as aim_keys
from orchestrator.domain.batch import Batch
from orchestrator.domain.channel_plan import InvitationStatus
from orchestrator.domain.compiled import CompiledConfig
from orchestrator.domain.contact import Contact
from orchestrator.domain.erasure import is_erased
from orchestrator.domain.interaction_view import InteractionView
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.domain.prefixes import hour_of, prefix_of
from orchestrator.domain.repeated import Known, is_better
from orchestrator.domain.tally import Tally, keys
from orchestrator.repository.deciding import aims, days, decisions, prefixes, shared_limits
from orchestrator.repository.schedule import invitations
from orchestrator.service.consent import people as people_of
from orchestrator.service.consent.listed import listed

RECENT = timedelta(days=1)  # an ask that was due longer ago waits no more, a later step may


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a batch is decided from. `first` has each interaction once, `copies` counts the rest,
    `differing` those of them that tell something else.

    `stored`: the contacts that had a row.
    """

    config: CompiledConfig
    now: datetime
    batch: Batch
    stored: frozenset[Key]
    first: Mapping[Key, InteractionView]
    copies: Mapping[Key, int]
    differing: Mapping[Key, int]
    # Published events of what was decided before, and stays so; None: it does not open.
    known: Mapping[Key, bytes | None]
    earlier: Mapping[Key, Known]  # decided before, and to be decided again
    pending: Mapping[Key, Planned]  # of earlier batches, certainly not out yet
    further: Sequence[Planned]  # likewise: asked, with a further step to come
    objected: Sequence[Planned]  # likewise: it is told again that they are not to be asked
    today: Mapping[str, date]

    def undecided(self) -> list[InteractionView]:
        if not self.known:  # as nearly always
            return list(self.first.values())
        return [one for key, one in self.first.items() if key not in self.known]


async def gather(
    connection: Connection,
    interactions: Sequence[InteractionView],
    *,
    config: CompiledConfig,
    now: datetime,
) -> Gathered:
    people = {(o.workspace, o.contact_id) for o in interactions if o.contact_id is not None}
    of_person = await people_of.lock(connection, people, config, interactions)
    locked = of_person.contacts
    if any(contact.erased_at for contact in locked.values()):
        interactions = _without_erased(interactions, locked)
    first: dict[Key, InteractionView] = {}
    copies: Counter[Key] = Counter()
    differing: Counter[Key] = Counter()
    for one in interactions:
        key = one.workspace, one.id
        other = first.setdefault(key, one)
        if other is not one:
            copies[key] += 1
            differing[key] += other.whole != one.whole
            if is_better(one, other):
                first[key] = one
    # Statements of their own: each sees what was committed before the locks were ours.
    known = await decisions.events(connection, first)
    earlier: dict[Key, Known] = {}
    for key, event in known.items():
        copies[key] += 1
        if event is None:
            continue
        before = Known.of(event)
        differing[key] += before.differs(first[key])
        if before.is_open(first[key]):
            earlier[key] = before
    waiting = await _waiting(connection, locked, config, now)
    objected = [
        one for one in waiting if _is_objected(one, first) and one.invitation.decision in known
    ]
    waiting = [one for one in waiting if one not in objected] if objected else waiting
    pending = {one.invitation.key: one for one in waiting if _is_pending(one)}
    alike = {(o.workspace, p) for o in first.values() if (p := prefix_of(o.address))}
    today = {name: _day(config, name, now) for name in {name for name, _ in first}}
    return Gathered(
        config=config,
        now=now,
        stored=frozenset(locked),
        batch=Batch(
            _with_pending(locked, pending),
            await days.asks(connection, today),
            await prefixes.asks(connection, alike, hour_of(now)) if alike else {},
            await _tally(connection, first.values(), config, now),
            await listed(connection, people | locked.keys(), config),
            of_person.others,
        ),
        first=first,
        copies=copies,
        differing=+differing,
        known={key: event for key, event in known.items() if key not in earlier},
        earlier=earlier,
        pending=pending,
        further=[one for one in waiting if not _is_pending(one)],
        objected=objected,
        today=today,
    )


def _without_erased(
    interactions: Sequence[InteractionView], people: Mapping[Key, Contact]
) -> list[InteractionView]:
    """What is told again of somebody who was forgotten since."""
    left = [
        one
        for one in interactions
        if one.contact_id is None or not is_erased(one, people.get((one.workspace, one.contact_id)))
    ]
    metrics.ERASED_AGAIN.inc(len(interactions) - len(left))
    return left


def _is_objected(planned: Planned, told: Mapping[Key, InteractionView]) -> bool:
    again = told.get(planned.invitation.decision)
    return again is not None and again.do_not_survey


def _is_pending(planned: Planned) -> bool:
    return planned.course.status == InvitationStatus.PENDING


def _day(config: CompiledConfig, workspace: str, now: datetime) -> date:
    found = config.workspaces.get(workspace)
    return now.astimezone(found.zone).date() if found else now.date()


async def _waiting(
    connection: Connection, locked: Mapping[Key, Contact], config: CompiledConfig, now: datetime
) -> list[Planned]:
    """Only delayed flows and later steps leave any, so most batches ask nothing here."""
    since = {
        name: now - max(RECENT, found.longest) if (found := config.workspaces.get(name)) else now
        for name in {workspace for workspace, _ in locked}
    }
    recent = [
        (workspace, ask.invitation_id)
        for (workspace, _), contact in locked.items()
        for ask in contact.asks
        if ask.at > since[workspace]
    ]
    return await invitations.waiting(connection, recent) if recent else []


async def _tally(
    connection: Connection,
    interactions: Iterable[InteractionView],
    config: CompiledConfig,
    now: datetime,
) -> Tally:
    """Statements only where a flow has such limits."""
    limited = {name: one for name, one in config.workspaces.items() if one.limited}
    aimed = await _aims(connection, interactions, config, now)
    if not limited:
        return Tally(now, aims=aimed)
    quotas, caps = keys(
        ((limited[one.workspace], one) for one in interactions if one.workspace in limited), now
    )
    return Tally(
        now,
        await shared_limits.counted(connection, quotas) if quotas else {},
        await shared_limits.asked(connection, caps) if caps else {},
        aims=aimed,
    )


async def _aims(
    connection: Connection,
    interactions: Iterable[InteractionView],
    config: CompiledConfig,
    now: datetime,
) -> Aims:
    aiming = {name: one.aiming for name, one in config.workspaces.items() if one.aiming}
    if not aiming:
        return Aims()
    wanted = aim_keys(
        (
            (flow.aim, one)
            for one in interactions
            for flow in aiming.get(one.workspace, ())
            if flow.aim is not None
        ),
        now,
    )
    if not wanted:
        return Aims()
    return Aims(await aims.standings(connection, {*wanted, *wanted.values()}), wanted)


def _with_pending(locked: dict[Key, Contact], pending: Mapping[Key, Planned]) -> dict[Key, Contact]:
    for (_, identity), one in pending.items():
        contact = locked[one.invitation.contact]
        locked[one.invitation.contact] = structs.replace(
            contact, waiting=contact.waiting | {identity}
        )
    return locked
