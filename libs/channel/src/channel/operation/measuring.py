"""Keeps the gauges of what waits in the tables: cheap counts by partial indexes, now and then."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from channel import metrics
from channel.store.open_inbox import WORKSPACES
from channel.store.schema import Schema
from common.database import Database
from common.errors import Retry
from common.time import Clock

_EVERY = 5.0  # seconds
_WAITING = """
    select
        (select count(*) from (
            select from {schema}.sends where open and state = 'queued' and due_at <= $1
            limit 10000) q
        ) as due,
        (select count(*) from {schema}.sends
         where look_up_at is not null and state = 'unknown') as unknown,
        (select count(*) from (
            select from {schema}.inbox where done_at is null limit 10000) q) as open,
        (select min(o.received_at) from those t cross join lateral (
            select i.received_at from {schema}.inbox i
            where i.workspace = t.workspace and i.done_at is null order by i.id limit 1) o
        ) as oldest
"""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Every replica tells the same about all; take the maximum."""

    db: Database
    schema: Schema
    clock: Clock

    async def run(self) -> None:
        metrics.INBOX_FAILED.labels(self.schema.name)  # from zero on: a first one is an increase
        while True:
            with suppress(Retry):
                await self.measure()
            await asyncio.sleep(_EVERY)

    async def measure(self) -> None:
        """Raises `Retry`."""
        now = self.clock()
        async with self.db.connection() as connection:
            row = await connection.fetchrow(self.schema(WORKSPACES + _WAITING), now)
        name = self.schema.name
        metrics.SENDS_DUE.labels(name).set(row["due"])
        metrics.UNKNOWN.labels(name).set(row["unknown"])
        metrics.INBOX_OPEN.labels(name).set(row["open"])
        age = (now - row["oldest"]).total_seconds() if row["oldest"] else 0.0
        metrics.INBOX_AGE.labels(name).set(max(0.0, age))
