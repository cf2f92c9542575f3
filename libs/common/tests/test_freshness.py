"""What counts as fresh, and that whatever is away or stuck is noticed in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from common.bus import Bus, Message, Partition
from common.bus.kafka import KafkaBus
from common.events import encode, envelope
from common.events.consent import ContactErased
from common.streams.consumer import Consumer
from common.streams.freshness import Freshness, Marks
from common.telemetry import metrics
from common.testing.kafka import Broker
from common.time import utc_now
from common.topics import CALLBACKS, CONSENT

LIMIT = 4.0  # seconds, instead of ten
A, B = Partition(CONSENT, 0), Partition(CONSENT, 1)


def message(number: int) -> Message:
    contact = UUID(int=number)
    event = envelope(
        ContactErased(contact_id=contact, erased_at=utc_now()),
        aggregate=contact,
        revision=1,
        source="/test",
        time=utc_now(),
        workspace="acme",
    )
    return Message(CONSENT, str(contact).encode(), encode(event))


def test_nothing_is_fresh_before_anybody_has_looked() -> None:
    assert Marks().fresh_at == float("-inf")


def test_a_topic_is_fresh_as_of_the_last_end_that_is_handled() -> None:
    marks = Marks()
    marks.note(1.0, {A: 5, B: 2})
    marks.note(2.0, {A: 7, B: 2})
    marks.note(3.0, {A: 9, B: 2})

    marks.compare({A: 8, B: 2})

    assert marks.fresh_at == 2.0


def test_one_partition_that_nobody_reads_holds_up_all() -> None:
    marks = Marks()
    marks.note(1.0, {A: 5, B: 2})
    marks.compare({A: 5, B: 2})
    marks.note(2.0, {A: 6, B: 3})

    marks.compare({A: 100, B: 2})

    assert marks.fresh_at == 1.0


def test_a_partition_that_is_not_known_to_be_handled_is_not() -> None:
    marks = Marks()
    marks.note(1.0, {A: 0, B: 0})

    marks.compare({A: 0})

    assert marks.fresh_at == float("-inf")


def test_no_partitions_are_no_news() -> None:
    marks = Marks()
    marks.note(1.0, {})

    marks.compare({})

    assert marks.fresh_at == float("-inf")


@asynccontextmanager
async def going(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until(condition: Callable[[], bool], *, within: float) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - time passes, nobody tells
            await asyncio.sleep(0.05)


async def nothing(events: Sequence[Any]) -> None: ...


def reader(bus: Bus, handle: Callable[[Sequence[Any]], Awaitable[None]] = nothing) -> Consumer:
    return Consumer(bus, "readers", {ContactErased: handle}, service="test", commit_every=0.2)


def watch(bus: Bus) -> Freshness:
    return Freshness(bus, {CONSENT: "readers"}, service="test", limit=LIMIT)


def standstill() -> float:
    (family,) = metrics.STANDSTILL.collect()
    return sum(s.value for s in family.samples if s.labels == {"service": "test"})


async def test_a_topic_that_is_read_stays_fresh_under_load(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    known = watch(bus)
    async with going(reader(bus), known):
        await until(known.is_fresh, within=90)
        for number in range(160):  # longer than the limit
            await bus.publish([message(number)])
            await asyncio.sleep(0.03)
            assert known.is_fresh()
    assert standstill() == 0


async def test_a_topic_that_nobody_reads_is_fresh_until_something_comes(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    known = watch(bus)
    async with going(known):
        await until(known.is_fresh, within=90)
        await bus.publish([message(1)])
        await until(lambda: not known.is_fresh(), within=LIMIT + 10)


async def test_one_stuck_member_of_two_is_seen_by_the_other(kafka_bus: KafkaBus) -> None:
    await kafka_bus.create_topics({CONSENT: 4})
    known, let_go = watch(kafka_bus), asyncio.Event()

    async def hang(events: Sequence[Any]) -> None:  # it goes on to tell the group that it lives
        await let_go.wait()

    async with going(reader(kafka_bus), known):
        await until(known.is_fresh, within=90)
        async with going(reader(kafka_bus, hang)):
            number = 0
            async with asyncio.timeout(90):
                while known.is_fresh():
                    number += 1
                    await kafka_bus.publish([message(number)])
                    await asyncio.sleep(0.05)
            assert known.seconds_behind > LIMIT
            await until(lambda: standstill() == 1, within=20)
            let_go.set()
            await until(known.is_fresh, within=90)


@pytest.mark.integration
async def test_without_broker_nothing_is_fresh(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "kafka")
    broker.start()
    bus = KafkaBus(broker.servers)
    try:
        await bus.create_topics({CONSENT: 3})
        known = watch(bus)
        async with going(reader(bus), known):
            await until(known.is_fresh, within=90)
            broker.kill()
            await until(lambda: not known.is_fresh(), within=LIMIT + 10)
            await until(lambda: standstill() == 1, within=20)
            await asyncio.sleep(2 * LIMIT)  # nor does it become so by waiting
            assert not known.is_fresh()
            await asyncio.to_thread(broker.start)
            await until(known.is_fresh, within=90)
    finally:
        await bus.close()
        broker.stop()


@pytest.mark.integration
async def test_without_the_leader_of_one_partition_nothing_is_fresh(tmp_path: Path) -> None:
    first = Broker(tmp_path / "first")
    first.start()
    second = Broker(tmp_path / "second", joins=first)
    bus = KafkaBus(first.servers)
    try:
        second.start()
        await make_topic(first.servers, {0: [first.node_id], 1: [second.node_id]})
        known = watch(bus)
        async with going(reader(bus), known):
            await until(known.is_fresh, within=90)
            second.kill()
            await until(lambda: not known.is_fresh(), within=LIMIT + 10)
            await asyncio.sleep(LIMIT)
            assert not known.is_fresh()
            await asyncio.to_thread(second.start)
            await until(known.is_fresh, within=90)
    finally:
        await bus.close()
        second.stop()
        first.stop()


async def make_topic(servers: str, leaders: dict[int, list[int]]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(CONSENT, -1, -1, replica_assignments=leaders)])
    finally:
        await admin.close()


async def test_of_a_topic_that_should_be_empty_nothing_may_wait(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3, CALLBACKS: 2})
    known = Freshness(
        bus, {CONSENT: "readers", CALLBACKS: "nobody"}, service="test", empty=[CALLBACKS]
    )
    async with going(reader(bus), known):
        await until(known.is_fresh, within=90)
        await bus.publish([Message(CALLBACKS, b"key", b"a STOP, perhaps")])
        await until(lambda: not known.is_fresh(), within=LIMIT)  # long before it is old
