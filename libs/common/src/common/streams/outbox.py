"""Publish what a transaction decided, after it and never without it: write rows, relay them.

A service pastes this into its own first migration, in its own schema:

    create table SCHEMA.outbox (
        id         bigint generated always as identity primary key,
        topic      text not null,
        key        bytea,
        value      bytea not null,
        created_at timestamptz not null default now()
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
"""

import asyncio
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress

from common.bus import Bus, Message
from common.bus.appending import check
from common.database import Connection, Database
from common.errors import Retry
from common.failpoints import failpoint
from common.pace import Pace
from common.telemetry import logging, metrics

log = logging.get(__name__)
_BATCH = 1000
_COUNTED = 100_000  # rows at most
_LINGER = 0.1  # seconds between two looks
_NET = 1.0  # seconds: how often we look unasked, for what another process wrote
_LOCK = 0x6F757462  # the first half of an advisory lock's key; the second is the schema's
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")


async def write(connection: Connection, schema: str, messages: Sequence[Message]) -> None:
    """In the caller's transaction; call `Relay.wake` after the commit. Headers are not kept.

    They are published in the order of their ids, so whoever writes about a key must hold that
    key's row lock. Raises `BadInput` for what no topic would take.
    """
    check(messages)
    await connection.execute(
        f"""
        insert into {_checked(schema)}.outbox (topic, key, value)
        select topic, key, value
        from unnest($1::text[], $2::bytea[], $3::bytea[])
            with ordinality as m (topic, key, value, position)
        order by position
        """,  # noqa: S608 - checked
        [message.topic for message in messages],
        [message.key for message in messages],
        [message.value for message in messages],
    )


class Relay:
    """Publishes the outbox of `schema`; of several replicas one works at a time."""

    def __init__(self, db: Database, bus: Bus, schema: str) -> None:
        self._db = db
        self._bus = bus
        self._schema = _checked(schema)
        self._news = asyncio.Event()
        self._measured_at = float("-inf")

    def wake(self) -> None:
        """Something was committed."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; what was published and not deleted by then is published again."""
        pace = Pace(_LINGER)
        while True:
            await pace.keep()
            self._news.clear()  # before looking: what comes after that wakes us again
            try:
                await self.drain()
            except Retry as retry:
                log.warning("outbox_waits", schema=self._schema, reason=retry.reason)
                await self._measure()
                await asyncio.sleep(retry.after)
                continue
            await self._measure()
            with suppress(TimeoutError):
                async with asyncio.timeout(_NET):
                    await self._news.wait()

    async def drain(self) -> int:
        """Publishes what is there; 0 when another replica is at it. Raises `Retry`."""
        count = 0
        while (sent := await self._drain_some()) == _BATCH:
            count += sent
        return count + sent

    async def _drain_some(self) -> int:
        # The lock is the transaction's, which the server ends when nothing is heard of it for half
        # a minute: a replica that was stopped, or lost its machine, keeps no other from its work.
        async with self._db.transaction() as connection:
            if not await connection.fetchval(
                "select pg_try_advisory_xact_lock($1, $2)", _LOCK, _key(self._schema)
            ):
                return 0
            return await self._relay(connection)

    async def _measure(self) -> None:
        """What waits, once a second at most; with a broker away it may be much."""
        now = asyncio.get_running_loop().time()
        if now < self._measured_at + _NET:
            return
        self._measured_at = now
        with suppress(Retry):
            async with self._db.connection() as connection:
                row = await connection.fetchrow(
                    f"""
                    select count(*) as pending,
                        extract(epoch from clock_timestamp() - min(created_at))::float8 as age
                    from (select created_at from {self._schema}.outbox
                          order by id limit {_COUNTED}) oldest
                    """  # noqa: S608 - checked
                )
            metrics.OUTBOX_PENDING.labels(self._schema).set(row["pending"])
            metrics.OUTBOX_AGE.labels(self._schema).set(max(0.0, row["age"] or 0.0))

    async def _relay(self, connection: Connection) -> int:
        rows = await connection.fetch(
            f"select id, topic, key, value from {self._schema}.outbox order by id limit {_BATCH}"  # noqa: S608 - checked
        )
        if not rows:
            return 0
        failpoint("relay.before_publish")
        await self._bus.publish([Message(row["topic"], row["key"], row["value"]) for row in rows])
        failpoint("relay.after_publish")
        await connection.execute(
            f"delete from {self._schema}.outbox where id = any($1)",  # noqa: S608 - checked
            [row["id"] for row in rows],
        )
        return len(rows)


def _checked(schema: str) -> str:
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"not a schema name: {schema!r}")
    return schema


def _key(schema: str) -> int:
    return zlib.crc32(schema.encode()) - 2**31  # a signed 32-bit integer
