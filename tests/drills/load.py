"""PBXs whose calls end one after the other, each posted until somebody has acknowledged it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp

from common.bus import Bus, Message
from common.errors import Retry
from common.topics import intake
from sandbox.ledger import CallEnded, utc_now
from sandbox.pbx.calls import PbxCall
from sandbox.pbx.play import Delivery, deliveries
from sandbox.pbx.scenario import Style, scenario
from tests.drills.outside import Outside, says_stop
from tests.drills.world import KINDS, SOURCES, WORKSPACE

AT_ONCE = 64  # bodies on their way
BY_TOPIC = "mapped-json"  # this PBX writes to Kafka


@dataclass(slots=True, kw_only=True)
class Load:
    """`go`, when clear, holds the next call back. What was begun is posted to the end."""

    outside: Outside
    bus: Bus
    ingests: Sequence[str]  # URLs of replicas
    secret: str
    key: str
    rate: float  # calls a second
    go: asyncio.Event
    statuses: Counter[int | str] = field(default_factory=Counter)
    _next: float = 0.0
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    async def run(self, count: int, *, seed: int, stop: asyncio.Event) -> None:
        """Returns when `stop` is set and all that was begun is acknowledged."""
        planned = await asyncio.to_thread(_planned, count, seed)
        begun: set[str] = set()
        room = asyncio.Semaphore(AT_ONCE)
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
            asyncio.TaskGroup() as work,
        ):
            for delivery in planned:
                if stop.is_set() and delivery.call.call_id not in begun:
                    continue  # copies and extras of what was begun still come
                if delivery.first:
                    await self._pace(stop)
                    begun.add(delivery.call.call_id)
                    self._happens(delivery.call, work)
                await room.acquire()
                work.create_task(self._deliver(session, delivery)).add_done_callback(
                    lambda _: room.release()
                )

    async def _pace(self, stop: asyncio.Event) -> None:
        """What was late by up to a second is made up for."""
        await self.go.wait()
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - 1.0) + 1 / self.rate
        if not stop.is_set():
            await asyncio.sleep(max(0.0, self._next - now))

    def _happens(self, call: PbxCall, work: asyncio.TaskGroup) -> None:
        self.outside.carrier.ledger.add(
            CallEnded(
                at=utc_now(),
                source=call.vendor,
                call_id=call.call_id,
                number=call.customer,
                queue=call.queue,
                agent=call.agent.id if call.agent else None,
                ending=call.ending,
            )
        )
        if call.customer is None:
            return
        self.outside.had_call(call.customer, call.quality)
        if says_stop(call.customer):
            work.create_task(self.outside.stop(call.customer))

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        for attempt in itertools.count():
            await asyncio.sleep(min(1.0, 0.05 * attempt))
            status = await self._post(session, delivery)
            self.statuses[status] += 1
            if isinstance(status, int) and status < 500:
                assert status in (200, 202), f"{delivery.call.vendor}: {status}"
                return

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> int | str:
        """The HTTP status, or what went wrong."""
        vendor = delivery.call.vendor
        try:
            if vendor == BY_TOPIC:
                topic = intake(SOURCES[vendor])
                await self.bus.publish([Message(topic, b"any", delivery.post.body)])
                return 202
            async with session.post(
                self._url(vendor),
                data=delivery.post.body,
                headers={
                    "Content-Type": delivery.post.content_type,
                    "Authorization": f"Bearer {self.key}",
                },
            ) as answer:
                await answer.read()
                return answer.status
        except (Retry, aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    def _url(self, vendor: str) -> str:
        """Another replica each time, as a load balancer does it."""
        base = self.ingests[next(self._turn) % len(self.ingests)]
        if vendor in SOURCES:
            return f"{base}/v1/sources/{SOURCES[vendor]}/calls/{self.secret}"
        return f"{base}/v1/events?workspace={WORKSPACE}"


def _planned(count: int, seed: int) -> list[Delivery]:
    """The calls all end within a minute, however long telling them takes."""
    calls = scenario(
        count,
        now=datetime.now(UTC) + timedelta(minutes=1),
        within=timedelta(minutes=1),
        seed=seed,
        shares=KINDS,
        style=Style(workspace=WORKSPACE, extras=True),
    ).calls
    return deliveries(calls, seed=seed)
