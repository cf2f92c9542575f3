"""Invitations go on: what the channel plan says follows, written and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.bus import Message
from common.database import Connection
from common.streams import outbox
from orchestrator import metrics
from orchestrator.domain.channel_plan import (
    NOT_TAKEN,
    Effect,
    Happening,
    InvitationStatus,
    Stopped,
    after,
)
from orchestrator.domain.contact import Contact, released
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts
from orchestrator.repository.schedule import invitations
from orchestrator.service import events


@dataclass(frozen=True, slots=True)
class Progress:
    """An invitation, locked, as it was; and what followed."""

    planned: Planned
    effect: Effect


def follow(
    planned: Sequence[Planned], happenings: Mapping[Key, Sequence[Happening]], now: datetime
) -> list[Progress]:
    """Each with what happened to it, in that order; those to which something followed."""
    found: list[Progress] = []
    for one in planned:
        effect = Effect(course=one.course)
        for happening in happenings.get(one.invitation.key, ()):
            effect = _joined(effect, after(effect.course, happening, now))
        if effect.course != one.course or effect.report or effect.call_back:
            found.append(Progress(one, effect))
    return found


def _joined(first: Effect, then: Effect) -> Effect:
    return Effect(
        course=then.course,
        call_back=(*first.call_back, *then.call_back),
        report=(*first.report, *then.report),
        frees_slot=first.frees_slot or then.frees_slot,
    )


async def write(
    connection: Connection,
    progress: Sequence[Progress],
    people: Mapping[Key, Contact],
    *,
    now: datetime,
) -> bool:
    """Stores it; whether there is something for the relay. `people`: the locked contacts."""
    if not progress:
        return False
    await invitations.save(connection, [(one.planned, one.effect.course) for one in progress])
    await _free_slots(connection, progress, people)
    _count(progress)
    return await tell(connection, progress, now=now)


async def stop(
    connection: Connection,
    planned: Sequence[Planned],
    reason: str,
    people: Mapping[Key, Contact],
    *,
    now: datetime,
) -> bool:
    """No further step for any of them."""
    stopped = {one.invitation.key: [Stopped(reason)] for one in planned}
    return await write(connection, follow(planned, stopped, now), people, now=now)


async def tell(connection: Connection, progress: Sequence[Progress], *, now: datetime) -> bool:
    """Senders of what they must not send, and the others of what only we know. Whether any."""
    told: list[Message] = []
    for one in progress:
        planned, effect = one.planned, one.effect
        for number in effect.call_back:
            step = effect.course.step(number)
            reason = effect.course.stopped or NOT_TAKEN
            assert step is not None
            told.append(events.called_back(planned.invitation, step, reason, now))
        for number in effect.report:
            step = effect.course.step(number)
            assert step is not None
            told.append(events.ended_here(planned.invitation, step, now))
    if told:
        await outbox.write(connection, "orchestrator", told)
    return bool(told)


async def _free_slots(
    connection: Connection, progress: Sequence[Progress], people: Mapping[Key, Contact]
) -> None:
    free: dict[Key, Contact] = {}
    for one in progress:
        contact = one.planned.invitation.contact
        if one.effect.frees_slot and contact in people:
            before = free.get(contact, people[contact])
            free[contact] = released(before, frozenset({one.planned.invitation.id}))
    changed = {key: (None, facts) for key, facts in free.items() if facts != people[key]}
    if changed:
        await contacts.store_asks(connection, changed)


def _count(progress: Sequence[Progress]) -> None:
    for one in progress:
        course = one.effect.course
        if course.status == InvitationStatus.CANCELLED != one.planned.course.status:
            metrics.CANCELLED.labels(course.reason or "").inc()
