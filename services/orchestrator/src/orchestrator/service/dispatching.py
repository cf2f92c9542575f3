"""Publishes what is due: delayed asks, reminders, and what a crash left behind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.bus import Bus, Message
from common.database import Connection, Database
from common.errors import BadInput, Retry
from common.events import Trace, decode
from common.events.decisions import Decision
from common.telemetry import logging
from orchestrator import metrics
from orchestrator.domain.again import UNCLEAR, refusal
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.invitation import LEASE, Invitation, first_step
from orchestrator.domain.plan import Plan
from orchestrator.domain.reminding import reminder_step
from orchestrator.repository import (
    contacts,
    decisions,
    gate,
    handovers,
    invitations,
    reminders,
)
from orchestrator.service import messages
from orchestrator.service.cancelling import Stop, abandon, cancel
from orchestrator.service.plans import Plans
from orchestrator.service.publishing import Outcome

log = logging.get(__name__)
LIMIT = 500  # due ones in one transaction; of handovers it is one
UNREADABLE = "unreadable"  # why an ask is dropped whose decision cannot be read
WAIT = timedelta(minutes=1)  # until what is unclear is looked at again
PAUSE = 0.25  # seconds between looks


@dataclass(frozen=True, slots=True)
class Due:
    """An invitation, the decision that planned it, and what its contact allows now."""

    invitation: Invitation
    decision: Decision
    contact: Contact
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatching:
    """`may_ask`: consent is fresh enough. `clock` None: the database's time."""

    db: Database
    bus: Bus
    plans: Plans
    may_ask: Callable[[], bool]
    clock: Callable[[], datetime] | None = None

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
            await self._hand_over(dict(due))
        return len(due) + (await self._take_over() if lapsed else 0)

    async def _hand_over(self, due: Mapping[UUID, UUID]) -> None:
        """`due`: invitation -> contact."""
        async with self.db.transaction() as connection:
            plan, now = await self._enter(connection)
            people = await contacts.lock(connection, set(due.values()))
            taken = await invitations.lock_due(connection, due, now)
            going, waiting = await _look(connection, taken, people, plan=plan, now=now, stop=cancel)
            await invitations.put_off(connection, [one.id for one in waiting], now + WAIT)
            asks = [one.invitation.id for one in going if not one.invitation.reminder]
            again = [one.invitation.id for one in going if one.invitation.reminder]
            await invitations.mark_asked(connection, asks)
            await reminders.mark_asked(connection, again)
            outcome = await _outcome(connection, going, plan=plan, now=now)
        await self._publish(outcome)

    async def _take_over(self) -> int:
        """What somebody handed over and did not live to publish, or to say that it is published."""
        async with self.db.transaction() as connection:
            plan, now = await self._enter(connection)
            left = await handovers.take_lapsed(connection, now)
            if not left:  # another replica was faster
                return 0
            whose = await invitations.contacts_of(connection, left)
            people = await contacts.lock(connection, set(whose.values()))
            taken = await invitations.lock_handed_over(connection, left)
            going, waiting = await _look(
                connection, taken, people, plan=plan, now=now, stop=abandon
            )
            if waiting:
                await handovers.insert(connection, [one.id for one in waiting], now + WAIT)
            outcome = await _outcome(connection, going, plan=plan, now=now)
        log.warning("handover_taken_over", invitations=len(left), again=len(going))
        metrics.TAKEN_OVER.inc()
        await self._publish(outcome)
        return len(left)

    async def _publish(self, outcome: Outcome) -> None:
        await outcome.publish(self.db, self.bus)
        metrics.DISPATCHED.inc(len(outcome.messages))

    async def _enter(self, connection: Connection) -> tuple[Plan, datetime]:
        now = await gate.enter(connection)
        return await self.plans.current(connection), self.clock() if self.clock else now

    async def _now(self, connection: Connection) -> datetime:
        if self.clock:
            return self.clock()
        now: datetime = await connection.fetchval("select now()")
        return now


async def _look(
    connection: Connection,
    taken: Sequence[Invitation],
    people: Mapping[UUID, Contact],
    *,
    plan: Plan,
    now: datetime,
    stop: Stop,
) -> tuple[list[Due], list[Invitation]]:
    """What may go out, and what has to wait; the others are stopped."""
    events = await decisions.events(connection, {one.interaction_id for one in taken})
    going: list[Due] = []
    waiting: list[Invitation] = []
    refused: dict[str, list[Invitation]] = {}
    for one in taken:
        contact = people.get(one.contact_id, NOBODY)
        try:
            event = decode(events[one.interaction_id], Decision)
        except BadInput as error:  # of what is only passed on, nobody has read it before
            log.error("decision_unreadable", interaction_id=str(one.interaction_id), why=str(error))
            refused.setdefault(UNREADABLE, []).append(one)
            continue
        due = Due(one, event.data, contact, event.traceparent)
        reason = _refusal(due, plan, now)
        if reason is None:
            going.append(due)
        elif reason == UNCLEAR:
            waiting.append(one)
        else:
            refused.setdefault(reason, []).append(one)
    for reason, stopped in refused.items():
        await stop(connection, stopped, reason, now=now)
    return going, waiting


def _refusal(due: Due, plan: Plan, now: datetime) -> str | None:
    of_workspace = plan.workspaces.get(due.invitation.workspace)
    return refusal(due.invitation, due.decision, contact=due.contact, plan=of_workspace, now=now)


async def _outcome(
    connection: Connection, going: Sequence[Due], *, plan: Plan, now: datetime
) -> Outcome:
    if not going:
        return Outcome([])
    ids = [one.invitation.id for one in going]
    handover = await handovers.insert(connection, ids, now + LEASE)
    return Outcome(await _steps(connection, going, plan), [handover])


async def _steps(connection: Connection, going: Sequence[Due], plan: Plan) -> list[Message]:
    bodies = await invitations.questionnaires(
        connection, {one.invitation.questionnaire for one in going}
    )
    steps = []
    for one in going:
        frozen = Frozen(one.invitation.questionnaire, bodies[one.invitation.questionnaire])
        brand = plan.workspaces[one.invitation.workspace].config.workspace.name
        made = reminder_step if one.invitation.reminder else first_step
        step = made(one.invitation, one.decision, frozen=frozen, brand=brand, trace=one.trace)
        steps.append(messages.due(step))
    return steps
