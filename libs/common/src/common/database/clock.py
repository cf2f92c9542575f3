"""The database's time on every replica: what several of them write is ordered by one clock."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from common.database.pool import Database
from common.errors import Retry
from common.time import utc_now

_EVERY = 30.0  # seconds between two comparisons


class DatabaseClock:
    """Our own clock, set by the database's as of the last comparison; ours before the first."""

    def __init__(self, db: Database, own: Callable[[], datetime] = utc_now) -> None:
        self._db = db
        self._own = own
        self._ahead = timedelta(0)  # of ours is the database's

    def __call__(self) -> datetime:
        return self._own() + self._ahead

    async def compare(self) -> None:
        """To within half of what the question took. Raises `Retry`."""
        async with self._db.connection() as connection:
            before = self._own()
            theirs: datetime = await connection.fetchval("select clock_timestamp()")
            after = self._own()
        self._ahead = theirs - (before + (after - before) / 2)

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(Retry):
                await self.compare()
            await asyncio.sleep(_EVERY)
