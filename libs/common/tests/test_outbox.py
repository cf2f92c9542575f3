import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from common.bus import Bus, Message
from common.bus.pglog import PgLogBus
from common.database import Database
from common.errors import BadInput, Retry
from common.streams import outbox
from common.streams.outbox import Relay

TOPIC = "aftercall.responses"
TABLE = """
    create schema shop;
    create table shop.outbox (
        id bigint generated always as identity primary key,
        topic text not null, key bytea, value bytea not null,
        created_at timestamptz not null default now()
    )
"""


@pytest.fixture
async def shop(database: Database) -> Database:
    """A database with the outbox of the service `shop`."""
    async with database.connection() as connection:
        await connection.execute(TABLE)
    return database


def messages(*numbers: int) -> list[Message]:
    return [Message(TOPIC, b"key", str(number).encode()) for number in numbers]


async def save(db: Database, *numbers: int) -> None:
    async with db.transaction() as connection:
        await outbox.write(connection, "shop", messages(*numbers))


async def pending(db: Database) -> int:
    async with db.connection() as connection:
        count: int = await connection.fetchval("select count(*) from shop.outbox")
        return count


async def published(bus: Bus, count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(90), bus.subscribe("readers", [TOPIC]) as subscription:
        while len(found) < count:
            polled = await subscription.poll(max_records=5000, timeout=1.0)
            found += [int(r.value or b"") for records in polled.values() for r in records]
    return found


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def test_what_was_committed_is_published_in_order_and_once(shop: Database, bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1})
    relay = Relay(shop, bus, "shop")

    async with running(relay):
        for start in range(0, 2500, 500):
            await save(shop, *range(start, start + 500))
            relay.wake()
        found = await published(bus, 2500)
        async with asyncio.timeout(90):
            while await pending(shop):  # noqa: ASYNC110 - rows go after they were published
                await asyncio.sleep(0.01)

    assert found == list(range(2500))


async def test_what_was_rolled_back_is_never_published(shop: Database, pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    async with shop.connection() as connection:
        decision = connection.transaction()
        await decision.start()
        await outbox.write(connection, "shop", messages(1))
        await decision.rollback()
    await save(shop, 2)

    assert await Relay(shop, pglog_bus, "shop").drain() == 1
    assert await published(pglog_bus, 1) == [2]


async def test_rows_stay_while_the_bus_is_away(shop: Database, pglog_bus: PgLogBus) -> None:
    relay = Relay(shop, pglog_bus, "shop")
    await save(shop, 1, 2)

    with pytest.raises(Retry, match="there is no topic"):
        await relay.drain()
    assert await pending(shop) == 2

    await pglog_bus.create_topics({TOPIC: 1})
    assert await relay.drain() == 2
    assert await published(pglog_bus, 2) == [1, 2]


async def test_what_waits_and_how_long_is_told_while_the_bus_is_away(
    shop: Database, pglog_bus: PgLogBus
) -> None:
    async with shop.connection() as connection:
        await connection.execute(
            "insert into shop.outbox (topic, value, created_at)"
            " values ('aftercall.none', '1', now() - interval '90 seconds')"
        )
    await save(shop, 2)

    async with running(Relay(shop, pglog_bus, "shop")), asyncio.timeout(90):
        while gauge("aftercall_outbox_pending") != 2:  # noqa: ASYNC110 - a gauge has no event
            await asyncio.sleep(0.01)

    assert 90 <= gauge("aftercall_outbox_age_seconds") < 100


def gauge(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": "shop"}) or 0.0


async def test_of_two_replicas_one_relays_at_a_time(shop: Database, pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    await save(shop, *range(3000))
    relays = [Relay(shop, pglog_bus, "shop") for _ in range(3)]

    sent = await asyncio.gather(*(relay.drain() for relay in relays))

    assert sorted(sent) == [0, 0, 3000]
    assert await published(pglog_bus, 3000) == list(range(3000))


async def test_writers_that_commit_late_are_not_forgotten(
    shop: Database, pglog_bus: PgLogBus
) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    relay = Relay(shop, pglog_bus, "shop")
    async with shop.transaction() as late:
        await outbox.write(late, "shop", messages(1))
        await save(shop, 2)
        assert await relay.drain() == 1

    assert await relay.drain() == 1
    assert await published(pglog_bus, 2) == [2, 1]


class Slow(PgLogBus):
    """Meanwhile, at its first publication, something else is done."""

    def __init__(self, db: Database, meanwhile: AsyncExitStack) -> None:
        super().__init__(db)
        self._meanwhile = meanwhile

    async def publish(self, messages: Sequence[Message]) -> None:
        await super().publish(messages)
        await self._meanwhile.aclose()


async def test_a_writer_that_commits_while_others_are_published_is_not_forgotten(
    shop: Database, pglog_bus: PgLogBus
) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    async with AsyncExitStack() as writing:
        late = await writing.enter_async_context(shop.transaction())
        await outbox.write(late, "shop", messages(1))
        await save(shop, 2)

        assert await Relay(shop, Slow(shop, writing), "shop").drain() == 1

    assert await Relay(shop, pglog_bus, "shop").drain() == 1
    assert await published(pglog_bus, 2) == [2, 1]


async def test_what_no_topic_would_take_fails_the_transaction(shop: Database) -> None:
    with pytest.raises(BadInput, match="too large"):
        async with shop.transaction() as connection:
            await outbox.write(connection, "shop", [Message(TOPIC, None, b"x" * 1_000_001)])


class Hanging(PgLogBus):
    """A bus that takes what is published, some time."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> None:
        self.asked.set()
        await self.goes_on.wait()
        await super().publish(messages)


async def test_a_replica_that_stands_still_is_overtaken(
    shop: Database, pglog_bus: PgLogBus
) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    await save(shop, 1)
    stuck = Hanging(shop)
    draining = asyncio.create_task(Relay(shop, stuck, "shop").drain())
    await stuck.asked.wait()
    other = Relay(shop, pglog_bus, "shop")
    assert await other.drain() == 0

    async with shop.connection() as connection:  # as the server does after half a minute
        ended = await connection.fetchval(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and state = 'idle in transaction'"
            " and current_setting('idle_in_transaction_session_timeout') = '30s'"
        )
    assert ended
    assert await other.drain() == 1
    stuck.goes_on.set()
    with pytest.raises(Retry):
        await draining

    assert await published(pglog_bus, 2) == [1, 1]
