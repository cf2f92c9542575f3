"""A drill: load, then one death after the other, then quiet, then the auditor."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from common import http
from common.bus.kafka import KafkaBus
from orchestrator.service.configuration.keys import create_key
from tests.drills import world
from tests.drills.deaths import Death, Deaths, Place, planned
from tests.drills.flight import SENDERS, queued
from tests.drills.ground import Ground, ground, until_it_works
from tests.drills.load import Load
from tests.drills.outside import Outside, outside
from tests.drills.size import Size
from tests.drills.supervisor import Ending, Supervisor
from tests.e2e.auditor import Report, audit, pending
from tests.e2e.topics import read_lag, read_topics
from tests.e2e.world import until

STILL = 3.0  # seconds without anything under way after which all is over
STUCK = 120.0  # seconds in which nothing at all moves
LONGEST_DRAIN = 900.0  # seconds, however slow the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What happened. `hurt`: sends that were in flight when their sender or the database died."""

    report: Report
    deaths: Sequence[Death]
    unasked: Sequence[Ending]
    hurt: frozenset[UUID]

    @property
    def unexplained(self) -> frozenset[UUID]:
        """Unknown, and hurt by no death."""
        return (self.report.unknown | self.report.unknown_replies) - self.hurt

    @property
    def fewest_sends(self) -> int:
        """In flight at a death."""
        return min(len(death.before.sends) for death in self.deaths)

    @property
    def fewest_replies(self) -> int:
        return min(death.before.replies for death in self.deaths)

    def __str__(self) -> str:
        at_least = f"{self.fewest_sends} sends and {self.fewest_replies} replies"
        return (
            f"{len(self.deaths)} deaths with at least {at_least} in flight; {len(self.hurt)} sends"
            f" were in flight when their sender died\n{self.report}"
        )


@dataclass(slots=True, kw_only=True)
class Drill:
    """Everything runs and is configured."""

    ground: Ground
    outside: Outside
    supervisor: Supervisor
    key: str
    size: Size
    say: Callable[[str], None]
    _began: float = field(default_factory=time.monotonic)
    _go: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, seed: int) -> Drilled:
        bus = KafkaBus(self.ground.broker.servers, client_id="pbx", deadline=5.0)
        try:
            return await self._run(seed, self._load(seed, bus))
        finally:
            await bus.close()

    async def _run(self, seed: int, load: Load) -> Drilled:
        stop = asyncio.Event()
        self.outside.answer(seed=seed, habits=world.HABITS)
        deaths = Deaths(
            ground=self.ground,
            gate=self.outside.gate,
            supervisor=self.supervisor,
            size=self.size,
            draw=Random(seed),
        )
        async with asyncio.TaskGroup() as tasks:
            loading = tasks.create_task(load.run(self.size.calls, seed=seed, stop=stop))
            watching = tasks.create_task(self._watch())
            happened = await self._happen(deaths, planned(self.size, Random(seed)))
            watching.cancel()
            stop.set()
            self._go.set()
            self.outside.fails_by(world.slow(0.05))
            self.outside.gate.let_go()
            await loading
            self._say(f"load over: {load.statuses}")
            await self._drained()
        self._say("drained")
        topics = await read_topics(self.ground.broker.servers)
        report = await audit(self.ground.db, self.outside.seen(), topics=topics, cap=world.CAP)
        return Drilled(
            report=report,
            deaths=happened,
            unasked=self.supervisor.unasked,
            hurt=frozenset(deaths.hurt),
        )

    async def _happen(self, deaths: Deaths, plan: list[str | Place]) -> list[Death]:
        happened = []
        for number, what in enumerate(plan, 1):
            happened.append(await deaths.die(what))
            self._say(f"{number}/{len(plan)} {happened[-1]}")
        return happened

    def _say(self, what: str) -> None:
        self.say(f"[{time.monotonic() - self._began:5.0f} s] {what}")

    def _load(self, seed: int, bus: KafkaBus) -> Load:
        return Load(
            outside=self.outside,
            bus=bus,
            ingests=[process.url for process in self.ground.stack.processes["ingest"]],
            secret=world.SECRETS[world.SOURCE],
            key=self.key,
            rate=self.size.calls_per_second,
            go=self._go,
        )

    async def _watch(self) -> None:
        while True:
            if await until_it_works(lambda: queued(self.ground.db)) < self.size.queued:
                self._go.set()
            else:
                self._go.clear()
            await asyncio.sleep(0.5)

    async def _drained(self) -> None:
        """Nothing is on its way outside, nothing waits inside, and no topic is behind."""
        began = since = moved = time.monotonic()
        before = ""
        while time.monotonic() - since < STILL:
            await asyncio.sleep(0.5)
            waiting = await until_it_works(lambda: pending(self.ground.db))
            lag = await read_lag(self.ground.broker.servers)
            now = time.monotonic()
            if self.outside.busy or any(waiting.values()) or any(lag.values()):
                since = now
            still = f"still {waiting}, lag {lag}, {self.outside.busy} under way outside"
            if still != before:
                before, moved = still, now
            assert now < min(moved + STUCK, began + LONGEST_DRAIN), still


@asynccontextmanager
async def drill(size: Size, say: Callable[[str], None]) -> AsyncIterator[Drill]:
    """Starts and configures everything."""
    async with ground() as own:
        say(f"logs in {own.folder}")
        await asyncio.gather(
            own.stack.start("orchestrator", replicas=size.orchestrator),
            *(own.stack.start(service) for service in ("analytics", *SENDERS)),
            own.stack.start("ingest", replicas=size.ingest),
        )
        async with outside(
            texts_url=own.stack.url("sms-sender"),
            chats_url=own.stack.url("whatsapp-sender"),
            faults=world.slow(size.latency),
            tries=0,
        ) as around:
            key = await _configured(own, around)
            supervisor = Supervisor(own.stack, say)
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(supervisor.run())
                yield Drill(
                    ground=own,
                    outside=around,
                    supervisor=supervisor,
                    key=key,
                    size=size,
                    say=say,
                )
                keeping.cancel()


async def _configured(own: Ground, around: Outside) -> str:
    """An operator's key, when the templates of chats are approved."""
    async with own.db.transaction() as connection:
        key = await create_key(connection, name="drill", scopes=["admin"], workspace=None)
    async with http.client(answer=2**26) as client:
        answer = await client.put(
            f"{own.stack.url('orchestrator')}/v1/config",
            params={"workspace": world.WORKSPACE},
            json=world.configuration(around.carrier.base_url, around.meta.base_url),
            headers={"Authorization": f"Bearer {key}"},
        )
    assert answer.is_success, answer.text
    await until(lambda: world.chats_are_approved(own.db))
    return key
