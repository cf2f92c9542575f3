"""Whether a consumer moves: how far it is behind, which partitions wait, how long it was silent."""

import asyncio
from collections.abc import Mapping, Sequence

from common.bus import Partition, Record
from common.time import utc_now


class Pulse:
    """Of one consumer."""

    def __init__(self) -> None:
        self._beat = float("inf")
        self._paused: dict[Partition, float] = {}
        self._current_to = float("-inf")

    @property
    def seconds_behind(self) -> float:
        """How old what is not handled may be; infinite before the first poll."""
        return _now() - self._current_to

    @property
    def paused(self) -> int:
        """Partitions that wait for our own database or broker."""
        now = _now()
        self._paused = {p: until for p, until in self._paused.items() if until > now}
        return len(self._paused)

    @property
    def silence(self) -> float:
        """Seconds since anything moved here; nothing did before the first `beat`."""
        return max(0.0, _now() - self._beat)

    def beat(self) -> None:
        """Something moved."""
        self._beat = _now()

    def pause(self, partition: Partition, *, until: float) -> None:
        """`until` by the loop's clock."""
        self._paused[partition] = until

    def handled(self, polled: Mapping[Partition, Sequence[Record]]) -> None:
        """All of one poll."""
        if self.paused:
            return
        now = utc_now()
        oldest = min((records[-1].timestamp for records in polled.values()), default=now)
        self._current_to = _now() - max(0.0, (now - oldest).total_seconds())


def _now() -> float:
    return asyncio.get_running_loop().time()
