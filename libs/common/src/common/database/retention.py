"""What is too old to be kept goes a stretch of time at a time: how far that came, is a row.

A service pastes this into a migration of its own, in its own schema:

    create table SCHEMA.retention (
        workspace text not null,
        kind text not null,
        done_until timestamptz not null,    -- nothing older of this kind is left
        primary key (workspace, kind)
    );

Where something may come with a time that is passed already, a trigger notes it in the transaction
that brings it, whichever version writes. What is younger than 20 hours then is met on the way:
nothing goes before it is a day old, and no transaction takes four hours.

    create table SCHEMA.retention_late (
        workspace text not null,
        kind text not null,
        at timestamptz not null     -- its time
    );
    create index retention_late_at on SCHEMA.retention_late (workspace, kind, at);
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from common.database import Connection, Database
from common.errors import Retry
from common.telemetry import logging, metrics
from common.time import Clock, utc_now

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
NOTES = 500  # in one transaction
DROPPED = 10_000  # of those that are not needed
NEAR = timedelta(seconds=10)  # what came late and is no further apart goes in one look
NEXT = timedelta(microseconds=1)
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

    `wanted`: (workspace, kind, how long it is kept), of now. `clock`: by which rows have their
    times, the database's; nothing goes before our `own` says so, too. `late`: whether the schema
    notes what comes with a time that is passed.
    """

    db: Database
    schema: str
    kinds: Mapping[str, Kind]
    wanted: Callable[[], Awaitable[Iterable[tuple[str, str, timedelta]]]]
    clock: Clock
    own: Clock = utc_now
    late: bool = False

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
        wanted = list(await self.wanted())
        for workspace, kind, kept in wanted:
            try:
                done = await self._kind(workspace, kind, kept)
                came = await self._late(workspace, kind) if self.late else None
            except Retry as error:  # too much at once, perhaps: the next round begins with less
                log.warning("retention_later", schema=self.schema, reason=error.reason)
                continue
            for left in (done, came):
                if left is not None:
                    seconds = (self._cutoff(kept) - left).total_seconds()
                    behind[kind] = max(behind[kind], seconds)
        if self.late:
            await self._begin_there({(workspace, kind) for workspace, kind, _ in wanted})
        for kind, seconds in behind.items():
            metrics.RETENTION_BEHIND.labels(self.schema, kind).set(seconds)

    def _cutoff(self, kept: timedelta) -> datetime:
        """By the earlier clock: one that is ahead takes nothing before its time."""
        return min(self.clock(), self.own()) - kept

    async def _kind(self, workspace: str, kind: str, kept: timedelta) -> datetime | None:
        """Until when nothing is left; None: another replica is at it."""
        cutoff, stretch = self._cutoff(kept), SHORTEST
        done: datetime | None = None
        for _ in range(STRETCHES):
            began, before = time.monotonic(), done
            done = await self._step(workspace, kind, cutoff, stretch, latest=self.clock() - kept)
            if done is None or done >= cutoff:
                break
            quick = time.monotonic() - began < QUICK
            much = before is not None and done - before < stretch  # more than it takes at once
            longer, shorter = min(GROWTH * stretch, LONGEST), max(stretch / GROWTH, SHORTEST)
            stretch = longer if quick and not much else shorter
            await asyncio.sleep(REST)
        return done

    async def _step(
        self, workspace: str, kind: str, cutoff: datetime, stretch: timedelta, *, latest: datetime
    ) -> datetime | None:
        """Until when nothing is left; None: another replica is at it.

        Never later than `latest`: who came further had a clock that was ahead, or fewer days.
        """
        async with self.db.transaction() as connection:
            since = await self._since(connection, workspace, kind)
            if since is None:
                return None
            done = min(since, latest)
            if done < cutoff:
                done = await self._clear(connection, workspace, kind, done, cutoff, stretch)
            if done != since:
                await connection.execute(
                    f"update {self.schema}.retention set done_until = $3"  # noqa: S608 - our own
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

    async def _late(self, workspace: str, kind: str) -> datetime | None:
        """The oldest of what came after its time and is still there; None: nothing, or unknown."""
        left: datetime | None = None
        for _ in range(STRETCHES):
            async with self.db.transaction() as connection:
                since = await self._since(connection, workspace, kind)
                if since is None:
                    return None
                left = await self._some_late(connection, workspace, kind, since)
            if left is None:
                break
            await asyncio.sleep(REST)
        return left

    async def _some_late(
        self, connection: Connection, workspace: str, kind: str, since: datetime
    ) -> datetime | None:
        """What is near the oldest note goes, in one look: two would lock out of order.

        Returns the next note, or None. One of what is still to be passed has done its work, for
        whatever is seen by now is seen then.
        """
        late = f"{self.schema}.retention_late"
        gone: str = await connection.execute(
            f"delete from {late} where ctid = any(array(select ctid from {late}"  # noqa: S608
            " where workspace = $1 and kind = $2 and at >= $3 limit $4))",
            workspace,
            kind,
            since,
            DROPPED,
        )
        if gone == f"DELETE {DROPPED}":  # there may be more
            return since
        notes = await connection.fetch(
            f"select ctid, at from {late} where workspace = $1 and kind = $2"  # noqa: S608
            " order by at limit $3",
            workspace,
            kind,
            NOTES,
        )
        if not notes:
            return None
        first, last = _near([note["at"] for note in notes])
        done = await self.kinds[kind].clear(connection, workspace, first, last + NEXT)
        await connection.execute(  # and none that was written meanwhile
            f"delete from {late} where ctid = any($1::tid[])",  # noqa: S608
            [note["ctid"] for note in notes if note["at"] < done],
        )
        return next((note["at"] for note in notes if note["at"] >= done), done)

    async def _begin_there(self, wanted: Container[tuple[str, str]]) -> None:
        """What came late of what is kept for ever: who lets it go one day begins with that."""
        late = f"{self.schema}.retention_late"
        async with self.db.connection() as connection:
            found = await connection.fetch(f"select distinct workspace, kind from {late}")  # noqa: S608
        for workspace, kind in found:
            if (workspace, kind) in wanted:
                continue
            async with self.db.transaction() as connection:
                if await self._since(connection, workspace, kind) is None:
                    continue
                await connection.execute(
                    f"with gone as (delete from {late}"  # noqa: S608
                    " where workspace = $1 and kind = $2 returning at)"
                    f" update {self.schema}.retention r"
                    " set done_until = least(done_until, (select min(at) from gone))"
                    " where r.workspace = $1 and r.kind = $2",
                    workspace,
                    kind,
                )


def _near(times: Sequence[datetime]) -> tuple[datetime, datetime]:
    """The first, and the last that no gap parts from it; they are in order."""
    last = times[0]
    for at in times:
        if at > last + NEAR:
            break
        last = at
    return times[0], last
