"""Whether the database and the broker answer, on real ones that go away."""

import asyncio

from prometheus_client import REGISTRY

from common.bus.kafka import KafkaBus
from common.database import Database
from common.process.dependencies import watching_dependencies


async def shown(dependency: str, value: float) -> None:
    """Waits until the gauge says so."""
    labels = {"dependency": dependency}
    name = "aftercall_dependency_up"
    async with asyncio.timeout(90):
        while REGISTRY.get_sample_value(name, labels) != value:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def test_a_broker_that_does_not_answer_is_told_apart_from_the_database(
    database: Database,
) -> None:
    away = KafkaBus("127.0.0.1:1", deadline=0.5)

    async with watching_dependencies(database, away, every=0.05):
        await shown("broker", 0)
        await shown("database", 1)
    await away.close()


async def test_both_are_up_where_both_answer(database: Database, kafka_bus: KafkaBus) -> None:
    async with watching_dependencies(database, kafka_bus):
        await shown("broker", 1)
        await shown("database", 1)


async def test_a_database_that_closes_is_noticed(database_url: str, kafka_bus: KafkaBus) -> None:
    database = await Database.connect(database_url)

    async with watching_dependencies(database, kafka_bus, every=0.05):
        await shown("database", 1)
        await database.close()
        await shown("database", 0)
