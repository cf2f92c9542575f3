"""What the broker does with topics and transactions, and we with what it says."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from common.bus import Message, Record
from common.bus.kafka import KafkaBus
from common.errors import Retry
from common.topics import INTERACTIONS, intake
from tests.hostile.producer.conftest import Careless
from tests.hostile.producer.test_odd_records import consumed

SOURCE = intake("acme-pbx")


async def test_who_writes_to_a_topic_that_is_gone_is_not_ready(
    kafka_bus: KafkaBus, kafka_servers: str, kafka_namespace: str
) -> None:
    """Ingest stands on it: a load balancer then asks another, and its readiness names the topic."""
    await kafka_bus.ready()
    await kafka_bus.create_topics({INTERACTIONS: 1})
    await kafka_bus.publish([Message(INTERACTIONS, b"key", b"value")])
    await kafka_bus.ready()

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_servers)
    await admin.start()
    try:
        await admin.delete_topics([kafka_namespace + INTERACTIONS])
    finally:
        await admin.close()

    assert INTERACTIONS in await _once_it_is(kafka_bus, ready=False)
    await kafka_bus.create_topics({INTERACTIONS: 1})
    assert await _once_it_is(kafka_bus, ready=True) == ""


async def _once_it_is(bus: KafkaBus, *, ready: bool) -> str:
    """Why not; brokers tell each other of topics in their own time."""
    async with asyncio.timeout(90):
        while True:
            fault = ""
            try:
                await bus.ready()
            except Retry as error:
                fault = error.reason
            if ready is not bool(fault):
                return fault
            await asyncio.sleep(0.1)


async def test_what_a_vendors_transaction_took_back_was_never_told(
    careless: Careless, kafka_bus: KafkaBus, kafka_servers: str, kafka_namespace: str
) -> None:
    await careless.make_topics({SOURCE: 1})
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_servers, transactional_id=f"{kafka_namespace}pbx"
    )
    await producer.start()
    try:
        for value, takes_back in ((b"one", False), (b"taken back", True), (b"two", False)):
            await producer.begin_transaction()
            await producer.send_and_wait(kafka_namespace + SOURCE, value, partition=0)
            await (producer.abort_transaction if takes_back else producer.commit_transaction)()
    finally:
        await producer.stop()
    await careless.write(SOURCE, b"three")
    handled: list[bytes | None] = []

    async def handle(records: Sequence[Record]) -> None:
        handled.extend(one.value for one in records)

    await consumed(kafka_bus, handle)

    assert handled == [b"one", b"two", b"three"]


async def test_a_record_was_received_when_the_broker_says_so(
    careless: Careless, kafka_bus: KafkaBus
) -> None:
    await careless.make_topics({SOURCE: 1})
    at = datetime(2026, 1, 5, 10, 14, 20, tzinfo=UTC)
    await careless.write(SOURCE, b"x", time=int(at.timestamp() * 1000))
    handled: list[Record] = []

    async def handle(records: Sequence[Record]) -> None:
        handled.extend(records)

    await consumed(kafka_bus, handle)

    assert [one.timestamp for one in handled] == [at]
