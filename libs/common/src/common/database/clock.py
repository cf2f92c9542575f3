"""The database's time on every replica: what several of them write is ordered by one clock."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from common.database.pool import Database
from common.errors import Retry
from common.time import utc_now

_EVERY = 30.0  # seconds between two comparisons
_AGAIN = 1.0  # seconds, while the last one was not close
_CLOSE = timedelta(milliseconds=50)  # half of what a question may take
_DRIFT = 0.0002  # of two clocks, at most


class DatabaseClock:
    """Our own clock, set by the database's as of the last comparison; ours before the first."""

    def __init__(self, db: Database, own: Callable[[], datetime] = utc_now) -> None:
        self._db = db
        self._own = own
        self._ahead = timedelta(0)  # of ours is the database's
        self._within: timedelta | None = None  # how far that may be off; None: nothing is known
        self._compared_at = own()

    def __call__(self) -> datetime:
        return self._own() + self._ahead

    async def compare(self) -> None:
        """To within half of what the question took; an answer that says less than what is known
        already, such as that of a database that hung meanwhile, changes nothing. Raises `Retry`.
        """
        async with self._db.connection() as connection:
            before = self._own()
            theirs: datetime = await connection.fetchval("select clock_timestamp()")
            after = self._own()
        within = (after - before) / 2
        if self._within is not None and within > max(_CLOSE, self._grown(after)):
            return
        self._ahead, self._within, self._compared_at = theirs - (before + within), within, after

    def _grown(self, now: datetime) -> timedelta:
        """How far what was found may be off by now."""
        assert self._within is not None
        return self._within + _DRIFT * abs(now - self._compared_at)

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(Retry):
                await self.compare()
            close = self._within is not None and self._within <= _CLOSE
            await asyncio.sleep(_EVERY if close else _AGAIN)
