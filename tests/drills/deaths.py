"""The ways in which something dies in a drill, each when enough is in flight to be hurt."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple
from uuid import UUID

from aiokafka.errors import KafkaError

from tests.drills.flight import SENDERS, Flight, in_flight
from tests.drills.gate import Gate
from tests.drills.ground import Ground, until_it_works
from tests.drills.size import Size
from tests.drills.supervisor import FAILPOINT, Supervisor
from tests.e2e.stack import Process
from tests.e2e.topics import read_lag

OF_SENDERS = (
    *("claim.before_commit", "claim.after_commit", "post.before", "post.after"),
    *("record.before_commit", "record.after_commit", "inbox.before_commit", "inbox.after_commit"),
    *("answers.before_commit", "answers.after_commit"),
    *("relay.before_publish", "relay.after_publish"),
)
ON_THE_LINE = ("answer.before_commit", "answer.after_commit")  # while somebody waits for a prompt
FAILPOINTS: Mapping[str, Sequence[str]] = {
    "orchestrator": (
        *("decide.before_commit", "decide.after_commit", "publish.before", "publish.after"),
    ),
    **dict.fromkeys(SENDERS, OF_SENDERS),
    "ivr-gateway": (*OF_SENDERS, *ON_THE_LINE),
}
KILL, BROKER, DATABASE = "kill -9", "broker's kill -9", "database's immediate stop"
AFTER_THE_CARRIER = ("post.after", "record.before_commit", "record.after_commit")
CAUGHT_UP = 50  # records
WAVE = 1.4  # times as many replies are sent as must be in flight


class Place(NamedTuple):
    """Where a service dies."""

    service: str
    failpoint: str

    def __str__(self) -> str:
        return self.failpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """What was in flight just before and just after it."""

    what: str | Place
    who: str
    before: Flight
    after: Flight
    took: float  # seconds: until a failpoint was met, or until the broker or database was back

    def __str__(self) -> str:
        return f"{self.what}, {self.who}: {self.before}; then {self.after}; {self.took:.1f} s"


def planned(size: Size, draw: Random) -> list[str | Place]:
    """What is going to happen, in which order."""
    met = [
        Place(service, failpoint)
        for service, known in FAILPOINTS.items()
        for failpoint in draw.sample(known, min(size.failpoints, len(known)))
    ]
    deaths: list[str | Place] = [*met * size.rounds, *[KILL] * size.kills, BROKER, DATABASE]
    draw.shuffle(deaths)
    return deaths


@dataclass(slots=True, kw_only=True)
class Deaths:
    """`hurt`: sends that were in flight when their sender or the database died."""

    ground: Ground
    gate: Gate
    supervisor: Supervisor
    size: Size
    draw: Random
    hurt: set[UUID] = field(default_factory=set)

    async def die(self, what: str | Place) -> Death:
        """Returns when whatever died is being restarted."""
        victim = self.draw.choice(self.ground.stack.all())
        await self._at_work(what, victim)
        before = await self._enough()
        began = time.monotonic()
        if what == KILL:
            who = await self._kill(victim)
        elif what == BROKER:
            who = await self._outage(lambda: self.ground.broker.restart(kill=True), "Kafka")
        elif what == DATABASE:
            self.hurt |= before.sends
            who = await self._outage(self.ground.server.restart, "PostgreSQL")
        else:
            assert isinstance(what, Place)
            who, before = await self._fail_at(what, before)
        took = time.monotonic() - began
        after = await until_it_works(lambda: in_flight(self.ground.db, self.gate))
        if who == "PostgreSQL":
            self.hurt |= after.sends
        self.hurt |= after.by_service.get(who.rpartition("-")[0], frozenset())
        return Death(what=what, who=who, before=before, after=after, took=took)

    async def _at_work(self, what: str | Place, victim: Process) -> None:
        """Who is to die is back at work, and can come to that place soon."""
        at = what.failpoint if isinstance(what, Place) else ""
        named = what.service if isinstance(what, Place) else ""
        service = victim.service if what == KILL else named
        # What is posted now comes back so much later.
        age = 1.2 * self.size.latency if at in AFTER_THE_CARRIER else 0.0
        until = time.monotonic() + self.size.patience
        while True:
            waiting = [o for o in self.supervisor.not_ready(age) if o.startswith(service)]
            decides = service == "orchestrator" and not waiting
            lag = await self._lag(service) if decides else 0
            if not waiting and lag < CAUGHT_UP:
                return
            assert time.monotonic() < until, f"not ready: {waiting}, lag {lag}"
            await asyncio.sleep(0.1)

    async def _lag(self, group: str) -> int:
        try:
            return (await read_lag(self.ground.broker.servers)).get(group, 0)
        except KafkaError:
            return CAUGHT_UP

    async def _enough(self) -> Flight:
        """Waits until so much is under way, and people send what they have written."""
        until = time.monotonic() + self.size.patience
        wave = round(WAVE * self.size.replies)
        while True:
            flight = await until_it_works(lambda: in_flight(self.ground.db, self.gate))
            enough_sends = len(flight.sends) >= self.size.sends
            if enough_sends and flight.replies >= self.size.replies:
                return flight
            # Without enough sends, the answers to more replies are sends, too.
            if self.gate.held >= (wave if enough_sends else 3 * wave):
                self.gate.let_go(wave)
                await asyncio.sleep(0 if enough_sends else 2.0)
                continue
            held = f"{self.gate.held} replies written and held back"
            assert time.monotonic() < until, f"not enough happens: {flight}, {held}"
            await asyncio.sleep(0.1)

    async def _kill(self, victim: Process) -> str:
        await asyncio.sleep(self.draw.uniform(0.0, 0.1))
        self.supervisor.kill(victim)
        return victim.name

    async def _fail_at(self, place: Place, before: Flight) -> tuple[str, Flight]:
        """Whoever gets there first, and what was in flight then."""
        known = len(self.supervisor.endings)
        self.ground.fail(*place)
        flights = [before]
        keeping = asyncio.create_task(self._keep_enough(flights))
        try:
            async with asyncio.timeout(self.size.patience):
                return await self._met(known), flights[-1]
        except TimeoutError:
            raise AssertionError(f"no {place.service} came to {place}") from None
        finally:
            keeping.cancel()

    async def _keep_enough(self, flights: list[Flight]) -> None:
        """Notes what is in flight from time to time, and sees to it that it is enough."""
        while True:
            await asyncio.sleep(0.5)
            flights.append(await self._enough())

    async def _met(self, known: int) -> str:
        """Who died at a failpoint, of the endings after the `known` ones."""
        while True:
            for ending in self.supervisor.endings[known:]:
                if ending.status == FAILPOINT:
                    return ending.process
            await asyncio.sleep(0.002)
            self.supervisor.look()

    async def _outage(self, restart: Callable[[], None], what: str) -> str:
        with self.supervisor.outage():
            await asyncio.to_thread(restart)
        return what
