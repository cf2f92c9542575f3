"""Up to when a group has handled everything of a topic, all its partitions and members together.

Nothing read is not "nothing there": a broker may be away, a partition without leader, a member of
the group stuck with what it holds. So every partition's leader is asked how far it is, and then
the group's coordinator how far the group is. What was the end at some time and is handled now,
makes the topic fresh as of that time. Who does not answer makes nothing fresh, and time passes.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
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
    """Of what `group` has handled of `topic`; one per process that acts on it.

    `limit`: seconds. `service` labels the gauges. `asking`: nobody is asked while it is not fresh.
    Before `run` and its first look nothing is fresh.
    """

    def __init__(
        self,
        bus: Bus,
        group: str,
        topic: str,
        *,
        service: str,
        limit: float = LIMIT,
        asking: bool = True,
    ) -> None:
        self._bus = bus
        self._group = group
        self._topic = topic
        self._service = service
        self._limit = limit
        self._asking = asking
        self._marks = Marks()
        self._looked = asyncio.Event()
        self._said = True  # the log begins when it becomes fresh for the first time

    @property
    def seconds_behind(self) -> float:
        """What was published longer ago is handled; infinite while that is not known."""
        return asyncio.get_running_loop().time() - self._marks.fresh_at

    def is_fresh(self) -> bool:
        return self.seconds_behind <= self._limit

    async def looked(self) -> None:
        """Returns once all partitions and the group have answered for the first time."""
        await self._looked.wait()

    async def run(self) -> None:
        """Until cancelled."""
        telling = asyncio.create_task(self._keep_telling(), name=f"freshness.{self._group}")
        try:
            while True:
                with suppress(Retry, TimeoutError):
                    async with asyncio.timeout(_DEADLINE):
                        await self.look()
                await asyncio.sleep(_EVERY)
        finally:
            telling.cancel()

    async def look(self) -> None:
        """Raises `Retry` when one partition's leader, or the group's coordinator, is silent."""
        at = asyncio.get_running_loop().time()
        self._marks.note(at, await self._bus.ends(self._topic))
        self._marks.compare(await self._bus.handled(self._group, self._topic))
        self._looked.set()

    async def _keep_telling(self) -> None:
        """Also while nobody answers: that is when it matters."""
        while True:
            self._tell()
            await asyncio.sleep(_TELL)

    def _tell(self) -> None:
        behind, stands = self.seconds_behind, not self.is_fresh()
        metrics.FRESHNESS.labels(self._service, self._topic).set(behind)
        if not self._asking:
            return
        metrics.STANDSTILL.labels(self._service).set(stands)
        if stands != self._said:
            self._said = stands
            say = log.warning if stands else log.info
            event = "asking_stands_still" if stands else "asking_goes_on"
            say(event, service=self._service, topic=self._topic, seconds=round(behind, 1))
