"""Whatever Kafka carries is handled, comes again, or is set aside: it stops nobody."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from fastapi import FastAPI

from analytics.app import service as analytics
from common import topics
from common.bus import Bus, Message, Record
from common.bus.kafka import KafkaBus
from common.config.store import Document, save
from common.database import Database
from common.errors import BadInput, BadRecords
from common.ids import interaction_id
from common.process.service import serve
from common.streams.consumer import RawConsumer, RawHandler
from common.streams.dead_letters import list_dead, redrive
from common.topics import DEAD_SUFFIX, TOPICS, intake
from ingest.app import service as ingest
from orchestrator.app import service as orchestrator
from sms_sender.app import service as sms_sender
from tests.hostile.producer.conftest import NO_TEXT, Bytes, Careless

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
SOURCE = intake("acme-pbx")
GOOD = {
    "id": "c-1",
    "ending": "connected",
    "address": "+12025550101",
    "ended_at": "2026-01-05T10:14:20Z",
}
READERS = [  # group, topic
    ("ingest", SOURCE),
    ("orchestrator", topics.INTERACTIONS),
    ("orchestrator.consent", topics.CONSENT),
    ("orchestrator.deliveries", topics.DELIVERIES),
    ("orchestrator.responses", topics.RESPONSES),
    ("sms-sender.steps", topics.STEPS_SMS),
    ("sms-sender.consent", topics.CONSENT),
    ("sms-sender.callbacks", topics.CALLBACKS),
    ("analytics", topics.DECISIONS),
    ("analytics", topics.DELIVERIES),
    ("analytics", topics.RESPONSES),
]


def spoiled(value: Any) -> Iterator[Any]:
    """The same shape with one value that PostgreSQL has no place for, each in turn."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (value | {name: other} for other in spoiled(inner))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in spoiled(inner))
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        yield from (2**31, 2**63, -(2**63))
    elif isinstance(value, str):
        yield from ("\x00", "x" * 9_000)


def spoiled_events(kinds: Sequence[str]) -> list[bytes]:
    """Of recorded examples; they are read, and then they are odd."""
    found = []
    for kind in kinds:
        example = msgspec.json.decode(sorted((EXAMPLES / kind).glob("*.json"))[0].read_bytes())
        found += [msgspec.json.encode(example | {"data": d}) for d in spoiled(example["data"])]
    return found


@asynccontextmanager
async def everything(monkeypatch: pytest.MonkeyPatch, **given: str) -> AsyncIterator[FastAPI]:
    for name, value in given.items():
        monkeypatch.setenv(f"AFTERCALL_{name}", value)
    monkeypatch.setenv("AFTERCALL_CONTACT_PEPPER", "the pepper of the tests")
    app = serve(ingest, orchestrator, sms_sender, analytics)
    async with app.router.lifespan_context(app):
        yield app


async def configure(database: Database) -> None:
    bodies = {
        "workspace": {"id": "acme", "name": "Acme"},
        "source": {"id": "acme-pbx", "vendor": "mapped-json", "region": "US"},
    }
    documents = [
        Document(workspace="acme", kind=kind, id=body["id"], body=body)
        for kind, body in bodies.items()
    ]
    async with database.transaction() as connection:
        await save(connection, documents, by="tests")


async def until_read(bus: Bus) -> None:
    """Every group has handled every topic of its own to the end."""
    for group, topic in READERS:
        await until_handled(bus, group, topic)


async def until_handled(bus: Bus, group: str, topic: str) -> None:
    for _ in range(600):
        if await bus.handled(group, topic) == await bus.ends(topic):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{group} stands still on {topic}")


async def consumed(bus: Bus, handle: RawHandler) -> None:
    """The intake topic, to its end."""
    consumer = RawConsumer(bus, "ingest", topics.INTAKE_PREFIX, handle, service="ingest")
    task = asyncio.create_task(consumer.run())
    await until_handled(bus, "ingest", SOURCE)
    task.cancel()
    await asyncio.wait([task])


async def test_no_odd_record_of_any_topic_stops_any_consumer(
    careless: Careless,
    database: Database,
    database_url: str,
    kafka_bus: KafkaBus,
    kafka_servers: str,
    kafka_namespace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await configure(database)
    await careless.make_topics({SOURCE: 3} | {topic.name: topic.partitions for topic in TOPICS})
    odd: dict[str, int] = {}
    for name in [SOURCE, *(topic.name for topic in TOPICS)]:
        odd[name] = await careless.write_odd_ones(name)
    for topic in TOPICS:
        events = spoiled_events(topic.types)
        await kafka_bus.publish([Message(topic.name, b"key", event) for event in events])
    await careless.write(SOURCE, msgspec.json.encode(GOOD), headers=[("x", None), ("x", b"1")])

    async with everything(
        monkeypatch,
        DATABASE_URL=database_url,
        KAFKA_BOOTSTRAP_SERVERS=kafka_servers,
        KAFKA_NAMESPACE=kafka_namespace,
    ) as app:
        await until_read(kafka_bus)
        assert not any(tasks.failed for tasks in app.state.tasks)
        decided = await is_decided(database, interaction_id("acme", "acme-pbx", "c-1"))

    assert decided  # the good one, behind all of that
    dead = await list_dead(kafka_bus, SOURCE, limit=1000)
    assert len({(one.origin, one.offset) for one in dead}) == odd[SOURCE]  # copies are allowed


async def is_decided(database: Database, interaction: UUID) -> bool:
    async with database.connection() as connection:
        found: bool = await connection.fetchval(
            "select exists (select from orchestrator.decisions where interaction_id = $1)",
            interaction,
        )
    return found


async def test_three_thousand_unreadable_records_cost_a_few_handler_runs(
    kafka_bus: KafkaBus,
) -> None:
    await kafka_bus.create_topics({SOURCE: 3})
    await kafka_bus.publish([Message(SOURCE, str(n).encode(), b"{") for n in range(3_000)])
    runs = 0

    async def handle(records: Sequence[Record]) -> None:
        nonlocal runs
        runs += 1
        if records:
            raise BadRecords({place: BadInput.at("", "bad") for place in range(len(records))})

    await consumed(kafka_bus, handle)

    assert runs <= 100
    assert sum((await kafka_bus.ends(SOURCE + DEAD_SUFFIX)).values()) == 3_000


async def test_redriving_gives_back_what_came(careless: Careless, kafka_bus: KafkaBus) -> None:
    await kafka_bus.create_topics({SOURCE: 1})
    headers = [("dead-topic", b"theirs"), ("a", b"1"), ("a", None), ("a", b""), ("é", NO_TEXT)]
    await careless.write(SOURCE, None, key=None, headers=headers)
    await careless.write(SOURCE, b"", key=b"", headers=[(Bytes(NO_TEXT), b"1")])
    await careless.write(SOURCE, b"x" * 1_020_000)

    async def refuse(records: Sequence[Record]) -> None:
        raise BadInput.at("", "\ud800 is no character")

    await consumed(kafka_bus, refuse)
    assert await redrive(kafka_bus, SOURCE) == 2  # the third is larger than what we would publish
    [kept] = await list_dead(kafka_bus, SOURCE)
    again = await read(kafka_bus, SOURCE, 5)

    assert kept.value == b"x" * 1_020_000
    assert [(record.key, record.value, record.headers) for record in again[3:]] == [
        (record.key, record.value, record.headers) for record in again[:2]
    ]
    assert again[3].headers == tuple(headers)
    assert (again[3].key, again[3].value) == (None, None)


async def read(bus: Bus, topic: str, count: int) -> list[Record]:
    found: list[Record] = []
    async with bus.subscribe("reader", [topic]) as subscription, asyncio.timeout(90):
        while len(found) < count:
            for records in (await subscription.poll(max_records=10, timeout=1)).values():
                found += records
    return found
