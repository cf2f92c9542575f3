"""Hands over what is due: delayed asks, later steps, and what a crash left behind."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from common.bus import Bus, Message
from common.database import Connection, Database
from common.errors import BadInput, Retry
from common.events import Trace, decode
from common.events.decisions import Decision, Reason
from common.hours import next_open
from common.streams.holding import is_locked
from common.telemetry import logging
from orchestrator import metrics
from orchestrator.domain.channel_plan import (
    EXPIRED,
    HandedOver,
    Happening,
    PutOff,
    Step,
    StepState,
    Stopped,
    Unusable,
)
from orchestrator.domain.compiled import CompiledConfig
from orchestrator.domain.contact import Contact
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.guards import OF_CHANNEL
from orchestrator.domain.invitation import LEASE, Planned, step_event
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import said_of
from orchestrator.domain.recheck import UNCLEAR, agreed_until, refusal
from orchestrator.repository.configuration import lock
from orchestrator.repository.deciding import decisions
from orchestrator.repository.schedule import handovers, invitations
from orchestrator.service import events
from orchestrator.service.consent import people as people_of
from orchestrator.service.consent.listed import listed
from orchestrator.service.consent.people import People
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.holding import held_by_others
from orchestrator.service.publishing import Outcome
from orchestrator.service.schedule import progress

log = logging.get(__name__)
LIMIT = 500  # due ones in one transaction; of handovers it is one
UNREADABLE = "unreadable"  # why an ask is dropped whose decision cannot be read
WAIT = timedelta(minutes=1)  # until what is unclear is looked at again
PAUSE = 0.25  # seconds between looks


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step, the decision that planned its invitation, and what the contact allows now."""

    planned: Planned
    step: Step
    decision: Decision
    contact: Contact
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatching:
    """`may_ask`: consent is fresh enough. `clock` None: the database's time.

    `committed` wakes the relay of the outbox.
    """

    db: Database
    bus: Bus
    config: CurrentConfig
    may_ask: Callable[[], bool]
    clock: Callable[[], datetime] | None = None
    committed: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                found = await self.dispatch()
            except Retry as error:
                log.warning("dispatch_later", reason=error.reason)
                found = 0
            if found < LIMIT:
                await asyncio.sleep(PAUSE)

    async def dispatch(self) -> int:
        """One look; returns how many were due or left behind. Raises `Retry`."""
        if not self.may_ask():
            return 0
        async with self.db.connection() as connection:
            now = await self._now(connection)
            due = await invitations.due(connection, now, limit=LIMIT)
            lapsed = await handovers.any_lapsed(connection, now)
        if due:
            await self._hand_over(due)
        return len(due) + (await self._take_over() if lapsed else 0)

    async def _hand_over(self, due: Mapping[Key, Key]) -> None:
        """`due`: invitation -> contact. Who is locked by somebody keeps nobody else waiting."""
        try:
            await self._hand_over_all(due)
        except Retry as error:
            held = await held_by_others(self.db, set(due.values())) if is_locked(error) else set()
            if not held:
                raise
            log.warning("contacts_held", count=len(held))
            if free := {one: contact for one, contact in due.items() if contact not in held}:
                await self._hand_over_all(free)

    async def _hand_over_all(self, due: Mapping[Key, Key]) -> None:
        async with self.db.transaction() as connection:
            config, now = await self._enter(connection)
            people = await people_of.lock(connection, set(due.values()), config)
            taken = await invitations.lock(connection, due.keys())
            waiting = [(one, one.course.waiting()) for one in taken]
            steps = [(one, step) for one, step in waiting if step and step.due_at <= now]
            outcome = await self._look(connection, steps, people, config=config, now=now)
        await self._publish(outcome)

    async def _take_over(self) -> int:
        """What somebody handed over and did not live to publish, or to say that it is published.

        One that must not go out is called back; unless its sender has it, it is not taken.
        """
        async with self.db.transaction() as connection:
            config, now = await self._enter(connection)
            left = await handovers.take_lapsed(connection, now)
            if not left:  # another replica was faster
                return 0
            whose = await invitations.contacts_of(connection, left.keys())
            people = await people_of.lock(connection, set(whose.values()), config)
            taken = await invitations.lock(connection, whose.keys())
            named = [(one, one.course.step(left[one.invitation.key])) for one in taken]
            steps = [
                (one, step)
                for one, step in named
                if step and step.state == StepState.WITH_SENDER and not one.course.stopped
            ]
            outcome = await self._look(connection, steps, people, config=config, now=now)
        log.warning("handover_taken_over", steps=len(left), again=len(outcome.messages))
        metrics.TAKEN_OVER.inc()
        await self._publish(outcome)
        return len(left)

    async def _publish(self, outcome: Outcome) -> None:
        self.committed()
        await outcome.publish(self.db, self.bus)
        metrics.DISPATCHED.inc(len(outcome.messages))

    async def _enter(self, connection: Connection) -> tuple[CompiledConfig, datetime]:
        now = await lock.share(connection)
        return await self.config.get(connection), self.clock() if self.clock else now

    async def _now(self, connection: Connection) -> datetime:
        if self.clock:
            return self.clock()
        return cast(datetime, await connection.fetchval("select now()"))

    async def _look(
        self,
        connection: Connection,
        steps: Sequence[tuple[Planned, Step]],
        people: People,
        *,
        config: CompiledConfig,
        now: datetime,
    ) -> Outcome:
        """Once more before they go: what may is handed over, the others are stopped."""
        if not steps:
            return Outcome([])
        stored = await decisions.events(connection, {one.invitation.decision for one, _ in steps})
        unwanted = await listed(connection, people.contacts, config)
        going: list[DueStep] = []
        happenings: dict[Key, list[Happening]] = {}
        for one, step in steps:
            due, happening = _judged(one, step, stored, people, unwanted, config=config, now=now)
            happenings[one.invitation.key] = [happening]
            if due is not None:
                going.append(due)
        if unclear := _handed_over(steps, happenings):
            await handovers.insert(connection, unclear, now + WAIT)
        moved = progress.follow([one for one, _ in steps], happenings, now)
        await progress.write(connection, moved, people.contacts, now=now)
        return await _outcome(connection, going, config=config, now=now)


def _judged(
    planned: Planned,
    step: Step,
    stored: Mapping[Key, bytes | None],
    people: People,
    unwanted: Mapping[Key, str],
    *,
    config: CompiledConfig,
    now: datetime,
) -> tuple[DueStep | None, Happening]:
    invitation = planned.invitation
    contact = people.whole(invitation.contact)
    told = stored[invitation.decision]
    if told is None:  # it does not open: nobody is asked until it does
        return None, PutOff(step.number, now + WAIT)
    try:
        event = decode(told, Decision)
    except BadInput as error:  # of what is only passed on, nobody has read it before
        interaction = str(invitation.interaction_id)
        log.error("decision_unreadable", interaction_id=interaction, why=str(error))
        return None, Stopped(UNREADABLE)
    reason = refusal(
        invitation,
        step,
        event.data,
        contact=contact,
        listed=said_of(invitation.contact, unwanted, people.others),
        workspace=config.workspaces.get(invitation.workspace),
        now=now,
    )
    if reason is None and (putting := _closed(planned, step, event.data, config, now)) is not None:
        return None, putting
    if reason is None:
        due = DueStep(planned, step, event.data, contact, event.traceparent)
        return due, HandedOver(step.number)
    if reason == UNCLEAR:
        return None, PutOff(step.number, now + WAIT)
    if reason in OF_CHANNEL and step.state == StepState.WAITING:
        return None, Unusable(step.number, reason)
    return None, Stopped(reason)


def _closed(
    planned: Planned, step: Step, decision: Decision, config: CompiledConfig, now: datetime
) -> Happening | None:
    """A step that waits until it is open. What a sender has, it looks at itself."""
    invitation = planned.invitation
    flow = config.workspaces[invitation.workspace].flow(invitation.flow_id)
    opening = flow.openings.get(step.channel) if flow else None
    address = decision.interaction.address
    if opening is None or invitation.test or step.state != StepState.WAITING or not address:
        return None
    opens = next_open(address, opening, now)
    if opens is None:
        return Unusable(step.number, Reason.CLOSED)
    if opens <= now:
        return None
    if opens >= invitation.answers_until:
        return Stopped(EXPIRED)
    validity = timedelta(seconds=planned.course.plan.validity) or step.send_by - step.due_at
    return PutOff(step.number, opens, min(opens + validity, invitation.answers_until))


def _handed_over(
    steps: Sequence[tuple[Planned, Step]], happenings: Mapping[Key, Sequence[Happening]]
) -> list[tuple[Key, int]]:
    """Those to be looked at again that were handed over already: no schedule has them."""
    return [
        (one.invitation.key, step.number)
        for one, step in steps
        if step.state == StepState.WITH_SENDER
        and any(isinstance(each, PutOff) for each in happenings[one.invitation.key])
    ]


async def _outcome(
    connection: Connection, going: Sequence[DueStep], *, config: CompiledConfig, now: datetime
) -> Outcome:
    if not going:
        return Outcome([])
    named = [(one.planned.invitation.key, one.step.number) for one in going]
    handover = await handovers.insert(connection, named, now + LEASE)
    keys = {
        (one.planned.invitation.workspace, one.planned.invitation.questionnaire) for one in going
    }
    bodies = await invitations.questionnaires(connection, keys)
    return Outcome(list(_steps(going, bodies, config)), [handover])


def _steps(
    going: Sequence[DueStep], bodies: Mapping[Key, bytes], config: CompiledConfig
) -> Iterator[Message]:
    for one in going:
        invitation = one.planned.invitation
        body = bodies[invitation.workspace, invitation.questionnaire]
        workspace = config.workspaces[invitation.workspace]
        step = step_event(
            one.planned,
            one.step,
            one.decision,
            frozen=Frozen(invitation.questionnaire, body),
            brand=workspace.config.workspace.name,
            until=agreed_until(
                one.step.channel,
                one.decision.interaction,
                contact=one.contact,
                workspace=workspace,
            ),
            trace=one.trace,
        )
        yield events.due(step)
