"""Publishes what is due and unleased: delayed asks, reminders, and what a crash left behind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common import logging
from common.bus import Bus, Message
from common.db import Connection, Database
from common.errors import Retry
from common.events import Trace, decode
from common.events.decisions import Decision
from orchestrator import metrics
from orchestrator.domain.again import refusal
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.invitation import LEASE, Invitation, first_step
from orchestrator.domain.plan import Plan
from orchestrator.domain.reminding import reminder_step
from orchestrator.repository import contacts, decisions, gate, invitations
from orchestrator.service import messages
from orchestrator.service.cancelling import cancel
from orchestrator.service.plans import Plans
from orchestrator.service.publishing import Outcome

log = logging.get(__name__)
LIMIT = 500  # invitations in one transaction
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
        """One look; returns how many were due. Raises `Retry`."""
        may_ask = self.may_ask()
        metrics.STANDSTILL.set(not may_ask)
        if not may_ask:
            return 0
        async with self.db.connection() as connection:
            now = await self._now(connection)
            due = await invitations.due(connection, now, limit=LIMIT)
        if not due:
            return 0
        async with self.db.transaction() as connection:
            outcome = await self._take(connection, dict(due))
        await outcome.publish(self.db, self.bus)
        metrics.DISPATCHED.inc(len(outcome.asked) + len(outcome.reminded))
        return len(due)

    async def _take(self, connection: Connection, due: Mapping[UUID, UUID]) -> Outcome:
        entered = await gate.enter(connection)
        now = self.clock() if self.clock else entered
        plan = await self.plans.current(connection)
        found = await _locked(connection, due, now)
        reasons = {one.invitation.id: _refusal(one, plan, now) for one in found}
        for reason in sorted({reason for reason in reasons.values() if reason}):
            stopped = [o.invitation for o in found if reasons[o.invitation.id] == reason]
            await cancel(connection, stopped, reason, now=now)
        going = [one for one in found if reasons[one.invitation.id] is None]
        asked = [one.invitation.id for one in going if not one.invitation.reminder]
        reminded = [one.invitation.id for one in going if one.invitation.reminder]
        await invitations.lease(connection, [*asked, *reminded], now + LEASE)
        return Outcome(await _steps(connection, going, plan), asked, reminded)

    async def _now(self, connection: Connection) -> datetime:
        if self.clock:
            return self.clock()
        now: datetime = await connection.fetchval("select now()")
        return now


async def _locked(connection: Connection, due: Mapping[UUID, UUID], now: datetime) -> list[Due]:
    people = await contacts.lock(connection, set(due.values()))
    taken = await invitations.lock_due(connection, due, now)
    events = await decisions.events(connection, {one.interaction_id for one in taken})
    found = []
    for one in taken:
        event = decode(events[one.interaction_id], Decision)
        contact = people.get(one.contact_id, NOBODY)
        found.append(Due(one, event.data, contact, event.traceparent))
    return found


def _refusal(due: Due, plan: Plan, now: datetime) -> str | None:
    of_workspace = plan.workspaces.get(due.invitation.workspace)
    return refusal(due.invitation, due.decision, contact=due.contact, plan=of_workspace, now=now)


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
