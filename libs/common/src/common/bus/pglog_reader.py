"""Reading the log in PostgreSQL: one member of one group, woken when something was appended."""

import asyncio
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from common.bus import Partition, Record, RecordsLost
from common.database import Database, Row
from common.topics import DEAD_SUFFIX

_NET = 1.0  # seconds: how often we look unasked, for what another process appended

_FETCH = """
    select l.topic, l.partition, l."offset", l.key, l.value, l.headers, l.written_at
    from unnest($1::text[], $2::int[], $3::bigint[]) with ordinality
        as w (topic, partition, "from", position)
    cross join lateral (
        select * from bus.log
        where topic = w.topic and partition = w.partition and "offset" >= w."from"
        order by "offset" limit $4
    ) l
    order by w.position, l."offset"
"""


class Readers:
    """The open subscriptions of a process: they are woken, and a group has one member."""

    def __init__(self) -> None:
        self._open: list[PgLogSubscription] = []

    def enter(self, one: "PgLogSubscription") -> None:
        if any(other.shares_with(one) for other in self._open):
            raise RuntimeError(f"the group {one.group} already reads these topics of the log")
        self._open.append(one)

    def leave(self, one: "PgLogSubscription") -> None:
        self._open.remove(one)

    def wake(self, topics: Iterable[str]) -> None:
        names = set(topics)
        for subscription in self._open:
            if any(subscription.wants(name) for name in names):
                subscription.news.set()


class PgLogSubscription:
    """Nothing is read ahead: what waits, waits in the table."""

    def __init__(
        self,
        db: Database,
        group: str,
        topics: Sequence[str],
        *,
        pattern: str | None,
        readers: Readers,
    ) -> None:
        self.group = group
        self.news = asyncio.Event()
        self._db = db
        self._topics = frozenset(topics)
        self._prefix = pattern
        self._readers = readers
        self._committed: dict[Partition, int] = {}
        self._next: dict[Partition, int] = {}  # what to hand out next
        self._paused: dict[Partition, float] = {}
        self._heads: dict[Partition, int] = {}
        self._last: Partition | None = None  # whose turn was last, for fairness

    def wants(self, topic: str) -> bool:
        if self._prefix is None:
            return topic in self._topics
        return topic.startswith(self._prefix) and not topic.endswith(DEAD_SUFFIX)

    def shares_with(self, other: "PgLogSubscription") -> bool:
        return self.group == other.group and (
            bool(self._topics & other._topics)
            or (self._prefix is not None and self._prefix == other._prefix)
        )

    async def __aenter__(self) -> Self:
        self._readers.enter(self)
        try:
            async with self._db.connection() as connection:
                rows = await connection.fetch(
                    'select topic, partition, next from bus.group_offsets where "group" = $1',
                    self.group,
                )
        except BaseException:
            self._readers.leave(self)
            raise
        self._committed = {Partition(r["topic"], r["partition"]): r["next"] for r in rows}
        self._next = dict(self._committed)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._readers.leave(self)

    async def poll(
        self, *, max_records: int, timeout: float
    ) -> Mapping[Partition, Sequence[Record]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            self.news.clear()  # before looking: what comes after that wakes us again
            await self._look()
            waiting = self._behind(loop.time())
            if waiting:
                return await self._fetch(waiting, max_records)
            resumes = min(self._paused.values(), default=until)
            wait = min(until, resumes, loop.time() + _NET) - loop.time()
            if loop.time() >= until:
                return {}
            try:
                async with asyncio.timeout(max(wait, 0.001)):
                    await self.news.wait()
            except TimeoutError:
                pass

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        ours = {p: offset for p, offset in offsets.items() if self.wants(p.topic)}
        if not ours:
            return
        async with self._db.connection() as connection:
            await connection.execute(
                """
                insert into bus.group_offsets as g ("group", topic, partition, next)
                select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
                on conflict ("group", topic, partition) do update set next = excluded.next
                """,
                self.group,
                [p.topic for p in ours],
                [p.number for p in ours],
                list(ours.values()),
            )
        self._committed.update(ours)

    def pause(self, partition: Partition, *, until: float, offset: int) -> None:
        self._next[partition] = offset
        self._paused[partition] = until

    async def lag(self) -> Mapping[Partition, int]:
        await self._look()
        return {p: head - self._committed.get(p, 0) for p, head in self._heads.items()}

    async def _look(self) -> None:
        """How far the log is; topics that are new come with it."""
        async with self._db.connection() as connection:
            rows = await connection.fetch(
                "select topic, partition, next from bus.log_heads"
                " where topic = any($1) or starts_with(topic, $2)",
                list(self._topics),
                self._prefix,
            )
        self._heads = {
            Partition(r["topic"], r["partition"]): r["next"] for r in rows if self.wants(r["topic"])
        }

    def _behind(self, now: float) -> list[Partition]:
        """Partitions with something for us, the one after the last one served first."""
        self._paused = {p: until for p, until in self._paused.items() if until > now}
        found = sorted(
            p
            for p, head in self._heads.items()
            if head > self._next.get(p, 0) and p not in self._paused
        )
        last = self._last
        if last is None:
            return found
        return [p for p in found if p > last] + [p for p in found if p <= last]

    async def _fetch(
        self, waiting: Sequence[Partition], max_records: int
    ) -> Mapping[Partition, Sequence[Record]]:
        served = waiting[:max_records]
        async with self._db.connection() as connection:
            rows = await connection.fetch(
                _FETCH,
                [p.topic for p in served],
                [p.number for p in served],
                [self._next.get(p, 0) for p in served],
                max(1, max_records // len(served)),
            )
        found: dict[Partition, list[Record]] = {}
        for row in rows:
            record = _record(row)
            found.setdefault(record.partition, []).append(record)
        for partition in served:
            if partition in self._paused:  # since we asked
                found.pop(partition, None)
            else:
                self._advance(partition, found.get(partition, ()))
        self._last = served[-1] if len(served) < len(waiting) else None
        return found

    def _advance(self, partition: Partition, records: Sequence[Record]) -> None:
        first = records[0].offset if records else self._heads[partition]
        wanted = self._next.get(partition)
        if wanted is not None and first > wanted:  # offsets are dense, so a gap is a loss
            raise RecordsLost(partition, wanted=wanted, found=first)
        self._next[partition] = records[-1].offset + 1 if records else first


def _record(row: Row) -> Record:
    return Record(
        partition=Partition(row["topic"], row["partition"]),
        offset=row["offset"],
        key=row["key"],
        value=row["value"],
        headers=tuple(
            (name, None if value is None else b64decode(value))
            for name, value in row["headers"] or ()
        ),
        timestamp=row["written_at"],
    )
