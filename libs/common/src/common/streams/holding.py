"""Somebody's lock on one row keeps waiting what is about that row, and nothing else (0292).

A session that is forgotten with a row locked would else hold up every workspace whose events come
by the same batches. What is about the row comes again, in its order, until the lock is gone.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import asyncpg

from common.errors import HeldRecords, Retry
from common.streams.consumer import Finish
from common.telemetry import logging

log = logging.get(__name__)
E = TypeVar("E")
K = TypeVar("K", bound=Hashable)


def is_locked(error: Retry) -> bool:
    """A lock was waited for in vain."""
    return isinstance(error.__cause__, asyncpg.LockNotAvailableError)


@dataclass(frozen=True, slots=True)
class Beside(Generic[K]):
    """One per handler. It remembers which rows were held, so that none is waited for twice.

    `held`: those of the keys whose rows cannot be locked at this moment; raises `Retry`. `what`: a
    row, in a word.
    """

    held: Callable[[Collection[K]], Awaitable[set[K]]]
    what: str
    _held: set[K] = field(default_factory=set)

    async def handle(
        self,
        handler: Callable[[Sequence[E]], Awaitable[Finish | None]],
        events: Sequence[E],
        key: Callable[[E], K | None],
    ) -> Finish | None:
        """Raises `HeldRecords` for those about a row that somebody has locked."""
        if self._held:
            self._held.intersection_update(await self.held(self._held))
        left = self._without_held(events, key)
        try:
            finish = await handler(left) if left else None
        except Retry as error:
            if not is_locked(error):
                raise
            keys = {found for one in left if (found := key(one)) is not None}
            held = await self.held(keys)
            if not held:
                raise
            self._held.update(held)
            log.warning("rows_held", row=self.what, count=len(held))
            left = self._without_held(events, key)
            finish = await handler(left) if left else None
        if len(left) == len(events):
            return finish
        places = [n for n, one in enumerate(events) if key(one) in self._held]
        raise HeldRecords(places, f"the {self.what} is locked", finish)

    def _without_held(self, events: Sequence[E], key: Callable[[E], K | None]) -> Sequence[E]:
        if not self._held:
            return events
        return [one for one in events if key(one) not in self._held]
