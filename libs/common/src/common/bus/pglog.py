"""The topics of one machine, as an append-only log in PostgreSQL (schema `bus`).

One process reads and writes it: a group has one member, and pollers are woken in the process. What
another process appends (a command of the operator) is seen within a second.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import msgspec

from common.bus import Message, OnRevoked, Partition
from common.bus.appending import appender, check
from common.bus.existing import retention_days
from common.bus.partitioning import partition_of
from common.bus.pglog_reader import PgLogSubscription, Readers
from common.database import Database
from common.errors import Retry
from common.time import utc_now
from common.topics import DEAD_SUFFIX

_HANDLED = """
    select h.partition, coalesce(
        g.next,
        (select min(l."offset") from bus.log l
         where l.topic = h.topic and l.partition = h.partition),
        h.next
    ) as next
    from bus.log_heads h left join bus.group_offsets g
        on g."group" = $1 and g.topic = h.topic and g.partition = h.partition
    where h.topic = $2
"""


class PgLogBus:
    """`db` must have the migrations of the package `common.bus` in the schema `bus`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._readers = Readers()
        self._appender = appender(self._append)
        self._partitions: dict[str, int] = {}
        self._turn = count()  # spreads messages without a key

    async def publish(self, messages: Sequence[Message]) -> None:
        check(messages)
        await self._appender.put(*messages)

    def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        pattern: str | None = None,
        on_revoked: OnRevoked | None = None,
        linger: float = 0.0,
    ) -> PgLogSubscription:
        """`on_revoked` is never awaited: a log with one member per group has no rebalancing.

        `linger` saves nothing here: a look at the log costs the same whatever there is.
        """
        return PgLogSubscription(self._db, group, topics, pattern=pattern, readers=self._readers)

    async def create_topics(self, partitions: Mapping[str, int]) -> None:
        names, counts = list(partitions), list(partitions.values())
        async with self._db.transaction() as connection:
            await connection.execute(
                """
                insert into bus.topics (name, partitions)
                select * from unnest($1::text[], $2::int[]) as u (name, partitions) order by name
                on conflict do nothing
                """,
                names,
                counts,
            )
            await connection.execute(
                """
                insert into bus.log_heads (topic, partition)
                select name, generate_series(0, partitions - 1) from bus.topics
                where name = any($1) order by 1, 2
                on conflict do nothing
                """,
                names,
            )
        self._readers.wake(names)

    async def ends(self, topic: str) -> Mapping[Partition, int]:
        async with self._db.connection() as connection:
            rows = await connection.fetch(
                "select partition, next from bus.log_heads where topic = $1", topic
            )
        if not rows:
            raise Retry(f"there is no topic {topic}")
        return {Partition(topic, row["partition"]): row["next"] for row in rows}

    async def handled(self, group: str, topic: str) -> Mapping[Partition, int]:
        async with self._db.connection() as connection:
            rows = await connection.fetch(_HANDLED, group, topic)
        return {Partition(topic, row["partition"]): row["next"] for row in rows}

    async def ready(self) -> None:
        await self._db.ready()

    async def close(self) -> None:
        await self._appender.close()

    async def trim(self, now: datetime) -> int:
        """Deletes what is older than its topic's retention and read by all its groups.

        Dead records go by their age alone: who redrove some once is not waited for to do it again.
        """
        async with self._db.transaction() as connection:
            names = [row["name"] for row in await connection.fetch("select name from bus.topics")]
            deleted: str = await connection.execute(
                """
                delete from bus.log l
                using unnest($1::text[], $2::timestamptz[], $3::bool[]) as t (name, oldest, dead)
                where l.topic = t.name and l.written_at < t.oldest
                and (t.dead or l."offset" < coalesce(
                    (select min(g.next) from bus.group_offsets g
                     where g.topic = l.topic and g.partition = l.partition),
                    l."offset" + 1))
                """,
                names,
                [now - timedelta(days=retention_days(name)) for name in names],
                [name.endswith(DEAD_SUFFIX) for name in names],
            )
        return int(deleted.removeprefix("DELETE "))

    async def trim_forever(self, *, every: float = 3600.0) -> None:
        """`trim` now and then, `every` in seconds; a database that is away is tried again later."""
        while True:
            with suppress(Retry):
                await self.trim(utc_now())
            await asyncio.sleep(every)

    async def _append(self, messages: Sequence[Message]) -> None:
        turn = next(self._turn)
        counts = {name: await self._count(name) for name in {m.topic for m in messages}}
        partitions = [
            turn % counts[m.topic] if m.key is None else partition_of(m.key, counts[m.topic])
            for m in messages
        ]
        async with self._db.connection() as connection:
            await connection.execute(
                "select bus.append($1, $2, $3, $4, $5)",
                [m.topic for m in messages],
                partitions,
                [m.key for m in messages],
                [m.value for m in messages],
                [_headers(m) for m in messages],
            )
        self._readers.wake(counts)

    async def _count(self, topic: str) -> int:
        if topic not in self._partitions:
            async with self._db.connection() as connection:
                rows = await connection.fetch("select name, partitions from bus.topics")
            self._partitions = {row["name"]: row["partitions"] for row in rows}
        if topic not in self._partitions:
            raise Retry(f"there is no topic {topic}")
        return self._partitions[topic]


def _headers(message: Message) -> str | None:
    """JSON, values in base64 or null."""
    return msgspec.json.encode(message.headers).decode() if message.headers else None
