"""Which offsets of a group are done, and when they are committed: now and then, not each round.

A commit costs the broker as much as a round of few records; after a crash what was done since the
last one is handled again.
"""

import asyncio
from collections.abc import Mapping

from common.bus import Partition, Subscription
from common.errors import Retry
from common.telemetry import logging

log = logging.get(__name__)
COMMIT_EVERY = 1.0  # seconds; after a crash so much is handled again


class Commits:
    """What is done and published, and not committed yet: the next offset of each partition."""

    def __init__(self, group: str, every: float) -> None:
        """`every`: seconds."""
        self._group = group
        self._every = every
        self._done: dict[Partition, int] = {}
        self._last = float("-inf")

    @property
    def due_in(self) -> float:
        """Seconds until what is done should be committed; infinite when nothing waits for it."""
        if not self._done:
            return float("inf")
        return max(0.0, self._last + self._every - asyncio.get_running_loop().time())

    def add(self, done: Mapping[Partition, int]) -> None:
        self._done |= done

    def forget(self) -> None:
        """Whoever has the partitions next begins at what is committed."""
        self._done = {}

    async def when_due(self, subscription: Subscription) -> None:
        if self.due_in <= 0:
            await self.now(subscription)

    async def now(self, subscription: Subscription) -> None:
        if not self._done:
            return
        done, self._done = self._done, {}
        self._last = asyncio.get_running_loop().time()
        try:
            await subscription.commit(done)
        except Retry as retry:  # the work is done; the next commit says so too
            self._done = done | self._done
            log.warning("commit_failed", group=self._group, reason=retry.reason)
