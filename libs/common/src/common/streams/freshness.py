"""Up to when groups have handled everything of their topics, all partitions and members together.

Nothing read is not "nothing there": a broker may be away, a partition without leader, a member of
the group stuck with what it holds. So every partition's leader is asked how far it is, and then
the group's coordinator how far the group is. What was the end at some time and is handled now,
makes the topic fresh as of that time. Who does not answer makes nothing fresh, and time passes.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from common.bus import Bus, Partition
from common.errors import Retry
from common.telemetry import logging, metrics

log = logging.get(__name__)
LIMIT = 10.0  # seconds; nobody is asked while an opt-out may have waited unread for longer
PROMPTLY = 0.2  # seconds: `commit_every` of a group whose freshness matters
_EVERY = 1.0  # seconds between two looks
_DEADLINE = 3.0  # seconds that a look may take
_TELL = 0.5  # seconds between two updates of the gauges
_KEPT = 64  # looks whose ends are remembered: a minute


@dataclass(slots=True)
class Marks:
    """How far one topic was and when, until it is handled. Times are of one clock, in seconds."""

    _ends: deque[tuple[float, Mapping[Partition, int]]] = field(
        default_factory=lambda: deque(maxlen=_KEPT)
    )
    fresh_at: float = float("-inf")  # everything published before it is handled

    @property
    def waits(self) -> bool:
        """Something was there at the last look that is not handled."""
        return bool(self._ends)

    def note(self, at: float, ends: Mapping[Partition, int]) -> None:
        """`at`: not later than any of the leaders was asked."""
        self._ends.append((at, ends))

    def compare(self, handled: Mapping[Partition, int]) -> None:
        """`handled`: the group's next offset, of every partition."""
        while self._ends and _covers(handled, self._ends[0][1]):
            self.fresh_at, _ = self._ends.popleft()


def _covers(handled: Mapping[Partition, int], ends: Mapping[Partition, int]) -> bool:
    return bool(ends) and all(handled.get(p, -1) >= end for p, end in ends.items())


class Freshness:
    """Of what has been handled of some topics; one per process that acts on it.

    `groups`: who handles which topic. `limit`: seconds. `service` labels the gauges. `asking`:
    nobody is asked while it is not fresh. `empty`: topics that hold something in times of trouble
    only: nothing of them may wait at all. Before `run` and its first look nothing is fresh.
    """

    def __init__(
        self,
        bus: Bus,
        groups: Mapping[str, str],
        *,
        service: str,
        limit: float = LIMIT,
        asking: bool = True,
        empty: Collection[str] = (),
    ) -> None:
        self._bus = bus
        self._groups = groups
        self._service = service
        self._limit = limit
        self._asking = asking
        self._empty = empty
        self._marks = {topic: Marks() for topic in groups}
        self._looked = asyncio.Event()
        self._said = True  # the log begins when it becomes fresh for the first time

    @property
    def seconds_behind(self) -> float:
        """What was published longer ago is handled; infinite while that is not known."""
        return max(self._behind(topic) for topic in self._groups)

    def _behind(self, topic: str) -> float:
        return asyncio.get_running_loop().time() - self._marks[topic].fresh_at

    def is_fresh(self) -> bool:
        if any(self._marks[topic].waits for topic in self._empty):
            return False
        return self.seconds_behind <= self._limit

    async def looked(self) -> None:
        """Returns once all partitions and the groups have answered for the first time."""
        await self._looked.wait()

    async def run(self) -> None:
        """Until cancelled."""
        telling = asyncio.create_task(self._keep_telling(), name=f"freshness.{self._service}")
        try:
            while True:
                with suppress(Retry, TimeoutError):
                    async with asyncio.timeout(_DEADLINE):
                        await self.look()
                await asyncio.sleep(_EVERY)
        finally:
            telling.cancel()

    async def look(self) -> None:
        """Raises `Retry` when one partition's leader, or a group's coordinator, is silent."""
        for topic, group in self._groups.items():
            at = asyncio.get_running_loop().time()
            ends = await self._bus.ends(topic)
            handled = await self._bus.handled(group, topic)
            self._marks[topic].note(at, ends)
            self._marks[topic].compare(handled)
        self._looked.set()

    async def _keep_telling(self) -> None:
        """Also while nobody answers: that is when it matters."""
        while True:
            self._tell()
            await asyncio.sleep(_TELL)

    def _tell(self) -> None:
        for topic in self._groups:
            metrics.FRESHNESS.labels(self._service, topic).set(self._behind(topic))
        if not self._asking:
            return
        stands = not self.is_fresh()
        metrics.STANDSTILL.labels(self._service).set(stands)
        if stands != self._said:
            self._said = stands
            say = log.warning if stands else log.info
            event = "asking_stands_still" if stands else "asking_goes_on"
            behind = {topic: round(self._behind(topic), 1) for topic in self._groups}
            say(event, service=self._service, seconds=behind)
