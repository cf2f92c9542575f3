"""What is too old to be kept goes a stretch of time at a time: how far that came, is a row.

A service pastes this into a migration of its own, in its own schema:

    create table SCHEMA.retention (
        workspace text not null,
        kind text not null,
        done_until timestamptz not null,    -- nothing older of this kind is left
        primary key (workspace, kind)
    );
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from common.database import Connection, Database
from common.errors import Retry
from common.telemetry import logging, metrics
from common.time import Clock

log = logging.get(__name__)
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=366)  # of a stretch
BEGINNING = timedelta(days=3_660)  # nothing is kept longer, so it begins there
# Seconds. Waiting for its turn on a busy machine is no work: a stretch without a row takes a tenth
# of this there, and has to grow nevertheless, or nobody comes to the end of ten years of them.
QUICK = 0.5
GROWTH = 4  # a stretch that was quick, and had little, is followed by a longer one
EVERY = 600.0  # seconds between two rounds
REST = 0.05  # seconds between two stretches, so that others come first
STRETCHES = 600  # of a kind, in one round
# What is from a stretch of time goes, of a workspace; it returns until when all of it is gone, for
# it takes only so many rows at once.
Clear: TypeAlias = Callable[[Connection, str, datetime, datetime], Awaitable[datetime]]
# Whether there is anything to go from a stretch of time, however long.
Some: TypeAlias = Callable[[Connection, str, datetime, datetime], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is kept for a time of its own. `some` looks for one row, `clear` for the oldest."""

    clear: Clear
    some: Some


@dataclass(slots=True, kw_only=True)
class Retaining:
    """Any number of replicas: each takes what no other one is at. Nobody waits for it.

    `wanted`: (workspace, kind, how long it is kept), of now.
    """

    db: Database
    schema: str
    kinds: Mapping[str, Kind]
    wanted: Callable[[], Awaitable[Iterable[tuple[str, str, timedelta]]]]
    clock: Clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.round()
            except Retry as error:
                log.warning("retention_later", schema=self.schema, reason=error.reason)
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """A bounded part of what there is. Raises `Retry`."""
        behind = dict.fromkeys(self.kinds, 0.0)
        for workspace, kind, kept in await self.wanted():
            cutoff = self.clock() - kept
            try:
                done = await self._kind(workspace, kind, cutoff)
            except Retry as error:  # too much at once, perhaps: the next round begins with less
                log.warning("retention_later", schema=self.schema, reason=error.reason)
                continue
            if done is not None:
                behind[kind] = max(behind[kind], (cutoff - done).total_seconds())
        for kind, seconds in behind.items():
            metrics.RETENTION_BEHIND.labels(self.schema, kind).set(seconds)

    async def _kind(self, workspace: str, kind: str, cutoff: datetime) -> datetime | None:
        """Until when nothing is left; None: another replica is at it."""
        stretch = SHORTEST
        done: datetime | None = None
        for _ in range(STRETCHES):
            began, before = time.monotonic(), done
            done = await self.step(workspace, kind, cutoff, stretch)
            if done is None or done >= cutoff:
                break
            quick = time.monotonic() - began < QUICK
            much = before is not None and done - before < stretch  # more than it takes at once
            longer, shorter = min(GROWTH * stretch, LONGEST), max(stretch / GROWTH, SHORTEST)
            stretch = longer if quick and not much else shorter
            await asyncio.sleep(REST)
        return done

    async def step(
        self, workspace: str, kind: str, cutoff: datetime, stretch: timedelta
    ) -> datetime | None:
        """Until when nothing is left; None: another replica is at it."""
        async with self.db.transaction() as connection:
            since = await self._since(connection, workspace, kind)
            if since is None or since >= cutoff:
                return since
            done = await self._clear(connection, workspace, kind, since, cutoff, stretch)
            await connection.execute(
                f"update {self.schema}.retention set done_until = $3"  # noqa: S608 - our own name
                " where workspace = $1 and kind = $2",
                workspace,
                kind,
                done,
            )
        return done

    async def _clear(
        self,
        connection: Connection,
        workspace: str,
        kind: str,
        since: datetime,
        cutoff: datetime,
        stretch: timedelta,
    ) -> datetime:
        """All at once where there is nothing: years of that would be many stretches."""
        until, of_kind = min(since + stretch, cutoff), self.kinds[kind]
        if until < cutoff and not await of_kind.some(connection, workspace, since, cutoff):
            return cutoff
        return await of_kind.clear(connection, workspace, since, until)

    async def _since(self, connection: Connection, workspace: str, kind: str) -> datetime | None:
        """Locked."""
        found = await connection.fetchrow(
            f"select done_until from {self.schema}.retention"  # noqa: S608 - our own name
            " where workspace = $1 and kind = $2 for update skip locked",
            workspace,
            kind,
        )
        if found is not None:
            since: datetime = found["done_until"]
            return since
        made: datetime | None = await connection.fetchval(
            f"insert into {self.schema}.retention (workspace, kind, done_until)"  # noqa: S608
            " values ($1, $2, $3) on conflict do nothing returning done_until",
            workspace,
            kind,
            self.clock() - BEGINNING,
        )
        return made
