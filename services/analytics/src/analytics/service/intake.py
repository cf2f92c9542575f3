"""What happened becomes facts and counts, a batch of events at a time."""

from asyncio import gather
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics import metrics
from analytics.domain.cells import Tally
from analytics.domain.contributions import Contribution, contribution
from analytics.domain.erasure import late, when, without_words
from analytics.domain.facts import (
    Fact,
    Step,
    counted,
    newly_sent,
    with_decision,
    with_delivery,
    with_response,
    with_withdrawal,
)
from analytics.domain.instruments import uncounted
from analytics.repository import agents, facts, first_contacts, packed, rollups
from analytics.repository.agents import Agent
from analytics.repository.facts import Change, Key
from common.config import Config, ConfigReader
from common.database import Connection, Database
from common.errors import Retry
from common.events import Envelope
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery
from common.streams import erasure
from common.telemetry import logging

log = logging.get(__name__)
ATTEMPTS = 10  # a race needs two consumers that make the same fact in the same moment
LANES = 2  # transactions at a time: one computes while the database works for the other
SMALL = 200  # events that are not worth two transactions

E = TypeVar("E", Decision, Delivery, Response, ConsentChanged)
Merge = Callable[[Fact, E, ZoneInfo], Fact]
Who = Callable[[E], UUID | None]
Groups = dict[Key, list[Envelope[E]]]
MOST_NAMES = 50_000  # of agents that are remembered
SCHEMA = "analytics"
NOBODY = UUID(int=0)


SAID = frozenset({"reply", "carrier", "link"})  # by the person, and to us


def _is_opt_out(change: ConsentChanged) -> bool:
    return change.state is ConsentState.WITHDRAWN and change.source in SAID


def _nobody(told: Delivery) -> None:
    """Of a delivery nothing is kept that leads to anybody."""


class _Raced(Exception):
    """A fact we took for new was made by another consumer."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Handlers of batches. A copy, an older revision, another order: the same facts and counts."""

    db: Database
    config: ConfigReader
    names: dict[Agent, str] = field(default_factory=dict)  # that are stored, as far as we know

    async def on_decisions(self, events: Sequence[Envelope[Decision]]) -> None:
        await self._take(
            events,
            lambda decision: decision.interaction.id,
            with_decision,
            who=lambda decision: decision.interaction.contact_id,
        )

    async def on_deliveries(self, events: Sequence[Envelope[Delivery]]) -> None:
        await self._take(
            events,
            lambda delivery: delivery.interaction_id,
            lambda fact, delivery, _: with_delivery(fact, delivery),
            who=_nobody,
        )

    async def on_responses(self, events: Sequence[Envelope[Response]]) -> None:
        await self._take(
            events,
            lambda response: response.interaction_id,
            lambda fact, response, _: with_response(fact, response),
            who=lambda response: response.contact_id,
        )

    async def on_consents(self, events: Sequence[Envelope[ConsentChanged]]) -> None:
        """An opt-out counts with the ask before it; other changes of consent count nowhere."""
        opted_out = [event for event in events if _is_opt_out(event.data)]
        async with self.db.connection() as connection:
            told = [(one.workspace, one.data.contact_id, one.data.occurred_at) for one in opted_out]
            asked = await facts.asked_last(connection, told)
        about = {opted_out[place].data.id: key[1] for place, key in asked.items()}
        await self._take(
            [event for event in opted_out if event.data.id in about],
            lambda change: about[change.id],
            lambda fact, change, _: with_withdrawal(fact, change.occurred_at),
            who=lambda change: change.contact_id,
        )

    async def _take(
        self,
        events: Sequence[Envelope[E]],
        about: Callable[[E], UUID],
        merge: Merge[E],
        *,
        who: Who[E],
    ) -> None:
        found: list[Groups[E]] = [{} for _ in range(LANES)]
        for event in events:
            interaction = about(event.data)
            lane = found[interaction.int % LANES] if len(events) > SMALL else found[0]
            lane.setdefault((event.workspace, interaction), []).append(event)
        done = await gather(
            *[self._lane(lane, merge, who) for lane in found if lane], return_exceptions=True
        )
        for result in done:
            if isinstance(result, BaseException):
                raise result  # the other lane's commit stays: repeating the batch changes nothing
            metrics.EVENTS.labels(events[0].type, "changed").inc(result[0])
            metrics.EVENTS.labels(events[0].type, "unchanged").inc(result[1])

    async def _lane(self, found: Groups[E], merge: Merge[E], who: Who[E]) -> tuple[int, int]:
        """One transaction; returns how many facts changed and how many did not."""
        for _ in range(ATTEMPTS):
            try:
                async with self.db.transaction() as connection:
                    changed, names = await self._once(connection, found, merge, who)
            except _Raced:
                metrics.RACED.inc()
                continue
            self._remember(names)
            return changed, len(found) - changed
        raise Retry("analytics: facts are being made elsewhere")

    async def _once(
        self, connection: Connection, found: Groups[E], merge: Merge[E], who: Who[E]
    ) -> tuple[int, Mapping[Agent, str]]:
        """How many facts changed, and names that were stored. Locks: facts by id, cells by key."""
        config = await self.config.current(connection)
        zones = zones_of(config, {workspace for workspace, _ in found})
        is_late = await _is_late(connection, found, who)
        known = await facts.lock(connection, found)
        tally = Tally()
        changes: list[Change] = []
        touched: set[tuple[str, date]] = set()
        called: set[tuple[str, date]] = set()
        sent: list[tuple[Key, Step]] = []
        for key, events in found.items():
            old, writes = known.get(key) or (Fact(workspace=key[0], interaction=key[1]), 0)
            new, decision = _merged(old, events, merge, zones, is_late)
            if new != old:
                changed = contribution(new)
                changes.append(Change(changed, writes, decision))
                tally.change(contribution(old), changed)
                touched |= days_of(old, new)
                if new.call is not old.call or new.test != old.test:
                    called |= days_of(old, new)
                _tell_uncounted(old, changed)
            sent += [(key, step) for step in newly_sent(old, new)]
        if not await facts.write(connection, changes, zones):
            raise _Raced
        await packed.unpack(connection, touched)
        await first_contacts.unsettle(connection, called)
        await self._tell_delays(connection, sent)
        await rollups.add(connection, tally.counts())
        names = self._new_names(changes)
        await agents.tell(connection, names)
        return len(changes), {agent: name for agent, (name, _) in names.items()}

    def _new_names(self, changes: Sequence[Change]) -> dict[Agent, tuple[str, datetime]]:
        """Of agents whose calls tell another name than is stored, the last of each."""
        found: dict[Agent, tuple[str, datetime]] = {}
        for change in changes:
            interaction = change.decision.interaction if change.decision else None
            for leg in interaction.legs if interaction else ():
                agent = (change.new.fact.workspace, leg.agent_id or "")
                if leg.agent_id and leg.agent_name and self.names.get(agent) != leg.agent_name:
                    assert interaction is not None
                    known = found.get(agent)
                    if known is None or known[1] <= interaction.ended_at:
                        found[agent] = (leg.agent_name, interaction.ended_at)
        return found

    def _remember(self, names: Mapping[Agent, str]) -> None:
        if len(self.names) > MOST_NAMES:
            self.names.clear()
        self.names.update(names)

    async def _tell_delays(self, connection: Connection, sent: Sequence[tuple[Key, Step]]) -> None:
        """How long the first asks that have just gone out took since their calls ended."""
        if not sent:
            return
        ended = await facts.ended(connection, [key for key, _ in sent])
        for key, step in sent:
            if step.sent_at is not None and (at := ended.get(key)) is not None:
                seconds = max(0.0, (step.sent_at - at).total_seconds())
                metrics.SEND_DELAY.labels(step.channel.value).observe(seconds)


def _tell_uncounted(old: Fact, new: Contribution) -> None:
    if old.replies is new.fact.replies or not new.slots:
        return
    reply = counted(new.fact)
    if reply is not None and len(reply.answers) != len(new.answers):  # most have a score alone
        metrics.ANSWERS_UNCOUNTED.inc(uncounted(reply, new.answers))


async def _is_late(connection: Connection, found: Groups[E], who: Who[E]) -> Callable[[E], bool]:
    """Tells what is from before its contact was erased. Ids of contacts hold their workspace."""
    people = {
        (event.workspace, contact)
        for events in found.values()
        for event in events
        if (contact := who(event.data)) is not None
    }
    erased = await erasure.erased(connection, SCHEMA, people) if people else {}
    until = {contact: at for (_, contact), at in erased.items()}

    def is_late(told: E) -> bool:
        if not until or isinstance(told, Delivery):
            return False
        at = until.get(who(told) or NOBODY)
        return at is not None and when(told) <= at

    return is_late


def _merged(
    fact: Fact,
    events: Iterable[Envelope[E]],
    merge: Merge[E],
    zones: dict[str, ZoneInfo],
    is_late: Callable[[E], bool],
) -> tuple[Fact, Decision | None]:
    """The fact after these events, and the decision it now stands on if that is one of them."""
    decision: Decision | None = None
    for event in events:
        told: Any = event.data
        forgotten = is_late(told)
        if forgotten and (told := late(fact, told)) is None:
            continue
        new = merge(fact, told, zones[fact.workspace])
        if forgotten:
            new = without_words(new)
        if new.call is not fact.call and isinstance(told, Decision):
            decision = told
        fact = new
    return fact, decision


def days_of(*found: Fact) -> set[tuple[str, date]]:
    """In which workspace and day they count."""
    return {(fact.workspace, fact.call.day) for fact in found if fact.call is not None}


def zones_of(config: Config, workspaces: Iterable[str]) -> dict[str, ZoneInfo]:
    """Time zones; of a workspace that is gone, UTC."""
    known = config.workspaces
    return {
        name: ZoneInfo(known[name].workspace.zone if name in known else "UTC")
        for name in workspaces
    }
