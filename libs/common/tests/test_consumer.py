"""The three fates of a record, on both buses where the bus matters."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

import pytest

from common.bus import Bus, Message, Partition, Record
from common.bus.kafka import KafkaBus
from common.bus.pglog import PgLogBus
from common.database import Database
from common.database.migrations import migrate
from common.errors import BadInput, HeldRecords, Retry
from common.events import Envelope, encode, envelope
from common.events.consent import ContactErased
from common.ids import derived
from common.streams.consumer import Consumer, Finish, HandlerBroken, RawConsumer
from common.streams.dead_letters import list_dead, redrive
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import CONSENT, dead

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
Erased = Envelope[ContactErased]


def contact(number: int) -> UUID:
    return derived("contact", number)


def message(number: int, *, key: bytes | None = None) -> Message:
    """An event about contact `number`."""
    event = envelope(
        ContactErased(contact_id=contact(number), erased_at=NOW),
        aggregate=contact(number),
        revision=1,
        source="/test",
        time=NOW,
        workspace="acme",
    )
    return Message(CONSENT, key or str(contact(number)).encode(), encode(event))


class Seen:
    """Remembers what a handler was given, and lets a test wait for it."""

    def __init__(self) -> None:
        self.batches: list[list[UUID]] = []
        self._changed = asyncio.Event()

    @property
    def contacts(self) -> list[UUID]:
        return [contact for batch in self.batches for contact in batch]

    def add(self, events: Sequence[Erased]) -> None:
        self.batches.append([event.data.contact_id for event in events])
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def running(consumer: Consumer) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(consumer.run())
    yield task
    task.cancel()
    await asyncio.wait([task])


async def lag(bus: Bus, group: str, topic: str = CONSENT) -> int:
    async with bus.subscribe(group, [topic]) as subscription:
        return sum((await subscription.lag()).values())


async def test_what_was_handled_is_committed_when_we_stop(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    await bus.publish([message(n) for n in range(50)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test")
    async with running(consumer):
        await seen.until(lambda: len(seen.contacts) == 50)

    assert sorted(seen.contacts) == sorted(contact(n) for n in range(50))
    assert await lag(bus, "sender") == 0


async def test_a_poll_is_handled_in_one_batch_over_all_partitions(pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({CONSENT: 8})
    await pglog_bus.publish([message(n) for n in range(100)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    async with running(Consumer(pglog_bus, "sender", {ContactErased: handle}, service="test")):
        await seen.until(lambda: len(seen.contacts) == 100)

    assert len(seen.batches) <= 3  # a fair share of each partition, then the rest of the longest


async def test_our_own_trouble_makes_the_partition_rest_and_the_records_come_again(
    bus: Bus,
) -> None:
    await bus.create_topics({CONSENT: 1})
    await bus.publish([message(n) for n in range(10)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)
        if len(seen.batches) <= 2:
            raise Retry("database: away", after=0.1)

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        await seen.until(lambda: len(seen.batches) == 3)

    assert seen.batches[2] == [contact(n) for n in range(10)]
    assert await lag(bus, "sender") == 0
    assert await list_dead(bus, CONSENT) == []


async def test_only_the_bad_record_of_a_batch_is_set_aside_and_comes_back_when_redriven(
    bus: Bus,
) -> None:
    await bus.create_topics({CONSENT: 2})
    await bus.publish([message(n) for n in range(20)])
    seen = Seen()
    broken = True

    async def handle(events: Sequence[Erased]) -> None:
        if broken and contact(7) in [event.data.contact_id for event in events]:
            raise KeyError("our bug")
        seen.add(events)

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        await seen.until(lambda: len(seen.contacts) == 19)
        await until_dead(bus, 1)
        (set_aside,) = await list_dead(bus, CONSENT)
        broken = False
        assert await redrive(bus, CONSENT) == 1
        await seen.until(lambda: len(seen.contacts) == 20)

    assert (set_aside.origin.topic, set_aside.group) == (CONSENT, "sender")
    assert set_aside.error == "KeyError: 'our bug'"
    assert (set_aside.key, set_aside.value) == (message(7).key, message(7).value)
    assert sorted(seen.contacts) == sorted(contact(n) for n in range(20))
    assert await list_dead(bus, CONSENT) == []
    assert await redrive(bus, CONSENT) == 0


async def until_dead(bus: Bus, count: int, topic: str = CONSENT) -> None:
    async with asyncio.timeout(90):
        while len(await list_dead(bus, topic, limit=1000)) < count:
            pass


async def test_records_that_cannot_be_read_go_to_the_dead_topic_without_limit(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 1})
    values = [b"", b"{", b"\x00", b"[" * 10_000, b'{"type": 1}', b'"\xff"', b"null"] * 5
    values.append(message(1).value.replace(b"contact_id", b"contract"))
    bad = [Message(CONSENT, b"key", value, (("mine", b"1"),)) for value in values]
    await bus.publish([message(1), *bad, message(2)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        await seen.until(lambda: len(seen.contacts) == 2)
        await until_dead(bus, len(bad))

    set_aside = await list_dead(bus, CONSENT, limit=1000)
    assert [record.value for record in set_aside] == values
    assert [record.offset for record in set_aside] == list(range(1, len(bad) + 1))


async def test_types_that_nobody_here_handles_are_skipped(pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({CONSENT: 1})
    other = b'{"type": "consent.imported.v9", "what": "ever"}'
    await pglog_bus.publish([message(1), Message(CONSENT, None, other), message(2)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    async with running(Consumer(pglog_bus, "sender", {ContactErased: handle}, service="test")):
        await seen.until(lambda: len(seen.contacts) == 2)

    assert await list_dead(pglog_bus, CONSENT) == []


async def test_a_handler_that_always_fails_stops_the_process_and_sets_nothing_aside(
    pglog_bus: PgLogBus,
) -> None:
    await pglog_bus.create_topics({CONSENT: 1})
    await pglog_bus.publish([message(n) for n in range(200)])

    async def handle(events: Sequence[Erased]) -> None:
        raise ZeroDivisionError

    for _ in range(3):  # as often as the platform starts it again
        with pytest.raises(HandlerBroken):
            await Consumer(pglog_bus, "sender", {ContactErased: handle}, service="test").run()

    assert await list_dead(pglog_bus, CONSENT) == []
    assert await lag(pglog_bus, "sender") == 200


async def test_without_a_place_for_the_dead_nothing_is_dropped(pglog_bus: PgLogBus) -> None:
    bus = WithoutDeadTopics(pglog_bus)
    await bus.create_topics({CONSENT: 1})
    await bus.publish([Message(CONSENT, None, b"bad"), message(1)])
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        async with asyncio.timeout(90):
            await bus.refused.wait()
        assert list((await bus.handled("sender", CONSENT)).values()) == [0]
        bus.refused.clear()
        async with asyncio.timeout(90):
            await bus.refused.wait()
        assert len(seen.contacts) == 1  # what follows was handled once, and is not in vain again
        bus.dead_letters = True
        await seen.until(lambda: len(seen.contacts) == 2)

    assert len(await list_dead(bus, CONSENT)) == 1


class WithoutDeadTopics(PgLogBus):
    """A log that takes no dead records until `dead_letters`."""

    def __init__(self, whole: PgLogBus) -> None:
        super().__init__(whole._db)
        self.dead_letters = False
        self.refused = asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> None:
        if not self.dead_letters and any(m.topic == dead(CONSENT) for m in messages):
            self.refused.set()
            raise Retry("no access", after=0.05)
        await super().publish(messages)


async def test_publishing_may_follow_while_the_next_batch_is_handled(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 1})
    await bus.publish([message(n) for n in range(4)])
    seen = Seen()
    published: list[int] = []
    second = asyncio.Event()

    async def handle(events: Sequence[Erased]) -> Finish:
        seen.add(events)
        number = len(seen.batches)
        if number == 2:
            second.set()

        async def finish() -> None:
            await second.wait()  # the first one ends only when the second batch is being handled
            published.append(number)

        return finish

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test", max_records=2)
    async with running(consumer):
        await seen.until(lambda: len(seen.contacts) == 4)

    assert published == [1, 2]
    assert await lag(bus, "sender") == 0


@pytest.mark.parametrize("error", [Retry("kafka: away", after=0.05), ValueError("too large")])
async def test_when_publishing_fails_the_batch_comes_again_and_nothing_is_committed_past_it(
    bus: Bus, error: Exception
) -> None:
    await bus.create_topics({CONSENT: 1})
    await bus.publish([message(n) for n in range(6)])
    seen = Seen()
    published = Seen()
    failed: list[int] = []

    async def handle(events: Sequence[Erased]) -> Finish:
        seen.add(events)

        async def finish() -> None:
            if not failed:
                failed.append(1)
                raise error
            published.add(events)

        return finish

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test", max_records=2)
    async with running(consumer):
        await published.until(lambda: len(set(published.contacts)) == 6)

    assert seen.contacts.count(contact(0)) >= 2
    assert await lag(bus, "sender") == 0
    assert await list_dead(bus, CONSENT) == []


async def test_when_publishing_fails_for_two_batches_in_a_row_both_come_again(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 1})
    await bus.publish([message(n) for n in range(6)])
    seen = Seen()
    published = Seen()

    async def handle(events: Sequence[Erased]) -> Finish:
        seen.add(events)
        number = len(seen.batches)

        async def finish() -> None:
            if number == 1:  # it fails while the second one is in hand
                await seen.until(lambda: len(seen.batches) > 1)
            if number <= 2:
                raise Retry("kafka: away", after=0.05)
            published.add(events)

        return finish

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test", max_records=2)
    async with running(consumer):
        await published.until(lambda: contact(5) in published.contacts)

    assert set(published.contacts) == {contact(n) for n in range(6)}
    assert await lag(bus, "sender") == 0


async def test_nothing_is_committed_before_it_is_published(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 1})
    await bus.publish([message(n) for n in range(3)])
    published = Seen()
    committed: list[int] = []

    async def handle(events: Sequence[Erased]) -> Finish:
        async def finish() -> None:
            await asyncio.sleep(0.5)  # time enough to commit, for whoever does not wait for us
            committed.append(sum((await bus.handled("sender", CONSENT)).values()))
            published.add(events)

        return finish

    consumer = Consumer(
        bus, "sender", {ContactErased: handle}, service="test", commit_every=0.0, max_records=3
    )
    async with running(consumer):
        await published.until(lambda: len(published.contacts) == 3)

    assert committed[0] == 0
    assert await lag(bus, "sender") == 0


async def test_a_record_whose_publishing_always_fails_is_found_and_set_aside(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 2})
    await bus.publish([message(n) for n in range(30)])
    published = Seen()

    async def handle(events: Sequence[Erased]) -> Finish:
        async def finish() -> None:
            if contact(11) in [event.data.contact_id for event in events]:
                raise BadInput.at("", "too large")
            published.add(events)

        return finish

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        await published.until(lambda: len(set(published.contacts)) == 29)
        await until_dead(bus, 1)

    (set_aside,) = await list_dead(bus, CONSENT)
    assert set_aside.value == message(11).value
    assert await lag(bus, "sender") == 0


async def test_records_that_are_held_come_again_and_the_others_of_their_batch_are_done(
    bus: Bus,
) -> None:
    seen, published = Seen(), Seen()
    free = False

    async def handle(events: Sequence[Erased]) -> Finish:
        held = [n for n, e in enumerate(events) if e.data.contact_id == contact(3) and not free]
        done = [event for n, event in enumerate(events) if n not in held]
        seen.add(done)

        async def finish() -> None:
            published.add(done)

        if held:
            raise HeldRecords(held, "somebody has it", finish)
        return finish

    await bus.create_topics({CONSENT: 3})
    await bus.publish([message(number) for number in range(8)])
    async with running(Consumer(bus, "group", {ContactErased: handle}, service="test")):
        await published.until(lambda: len({*published.contacts}) == 7)
        assert contact(3) not in seen.contacts
        free = True
        await published.until(lambda: contact(3) in published.contacts)
    assert {*seen.contacts} == {*published.contacts} == {contact(n) for n in range(8)}
    assert await lag(bus, "group") == 0


async def test_order_within_a_key_survives_everything(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    await bus.publish([message(n, key=str(n % 5).encode()) for n in range(200)])
    seen = Seen()
    calls = 0

    async def handle(events: Sequence[Erased]) -> None:
        nonlocal calls
        calls += 1
        if calls % 3 == 1:
            raise Retry("database: away", after=0.01)
        if calls % 5 == 2 and len(events) > 1:
            raise RuntimeError("a batch too many")
        seen.add(events)

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test", max_records=40)
    async with running(consumer):
        await seen.until(lambda: len(seen.contacts) >= 200)

    numbers = {contact(n): n for n in range(200)}
    for key in range(5):
        got = [numbers[c] for c in seen.contacts if numbers[c] % 5 == key]
        assert got == list(range(key, 200, 5))


async def test_outsiders_records_come_as_they_are_and_may_be_refused(bus: Bus) -> None:
    topic = "aftercall.intake.acme"
    await bus.create_topics({topic: 1})
    await bus.publish([Message(topic, None, value) for value in (b"good", b"bad", b"fine")])
    taken: list[bytes] = []
    arrived = asyncio.Event()

    async def take(records: Sequence[Record]) -> None:
        if any(record.value == b"bad" for record in records):
            raise BadInput.at("data.id", "is missing")
        taken.extend(record.value or b"" for record in records)
        if len(taken) == 2:
            arrived.set()

    async with running(RawConsumer(bus, "ingest", "aftercall.intake.", take, service="ingest")):
        await asyncio.wait_for(arrived.wait(), 30)
        await until_dead(bus, 1, topic)

    assert taken == [b"good", b"fine"]
    (set_aside,) = await list_dead(bus, topic)
    assert (set_aside.origin, set_aside.offset) == (Partition(topic, 0), 1)
    assert set_aside.error == "BadInput: data.id: is missing"


async def test_age_of_what_waits_is_known(pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({CONSENT: 1})
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)
        if len(seen.batches) < 2:
            raise Retry("database: away", after=0.1)

    consumer = Consumer(pglog_bus, "sender", {ContactErased: handle}, service="test")
    assert consumer.seconds_behind == float("inf")
    await pglog_bus.publish([message(1)])
    async with running(consumer):
        await seen.until(lambda: len(seen.batches) == 1)
        assert consumer.seconds_behind > 1
        await seen.until(lambda: len(seen.batches) == 2)
        await pglog_bus.publish([message(2)])
        await seen.until(lambda: len(seen.batches) == 3)
        assert consumer.seconds_behind < 10


async def test_a_consumer_may_wait_before_its_first_poll(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    await bus.publish([message(n) for n in range(50)])
    seen, may_begin = Seen(), asyncio.Event()

    async def handle(events: Sequence[Erased]) -> None:
        assert may_begin.is_set()
        seen.add(events)

    async def after() -> None:
        await may_begin.wait()

    async with running(
        Consumer(bus, "sender", {ContactErased: handle}, service="test", after=after)
    ):
        await asyncio.sleep(0.5)
        assert not seen.contacts
        may_begin.set()
        await seen.until(lambda: len(seen.contacts) == 50)


async def test_of_a_stream_of_single_records_some_are_handled_together(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 3})
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    consumer = Consumer(bus, "sender", {ContactErased: handle}, service="test", linger=0.2)
    async with running(consumer):
        await bus.publish([message(0)])
        await seen.until(lambda: len(seen.contacts) == 1)
        for number in range(1, 61):
            await bus.publish([message(number)])
            await asyncio.sleep(0.01)
        await seen.until(lambda: len(seen.contacts) == 61)

    assert len(seen.batches) < 30


async def test_offsets_are_committed_now_and_then_and_not_after_each_round(bus: Bus) -> None:
    await bus.create_topics({CONSENT: 1})
    seen, found = Seen(), set[int]()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    consumer = Consumer(
        bus, "sender", {ContactErased: handle}, service="test", linger=0.0, commit_every=0.5
    )
    async with running(consumer):
        for number in range(100):
            await bus.publish([message(number)])
            await seen.until(lambda wanted=number: len(seen.contacts) > wanted)
            found |= set((await bus.handled("sender", CONSENT)).values())
        async with asyncio.timeout(90):  # also when nothing more comes
            while await bus.handled("sender", CONSENT) != await bus.ends(CONSENT):
                pass

    assert len(found) < 50


async def test_a_second_replica_takes_over_without_loss_or_gap(kafka_bus: KafkaBus) -> None:
    await kafka_bus.create_topics({CONSENT: 4})
    seen = [Seen(), Seen()]

    def member(number: int) -> Consumer:
        async def handle(events: Sequence[Erased]) -> None:
            seen[number].add(events)

        return Consumer(
            kafka_bus, "sender", {ContactErased: handle}, service="test", max_records=20
        )

    async with running(member(0)):
        await kafka_bus.publish([message(n) for n in range(100)])
        await seen[0].until(lambda: len(seen[0].contacts) == 100)
        async with running(member(1)):
            last = 100
            async with asyncio.timeout(60):  # joining takes seconds; there is load all the time
                while not seen[1].contacts:
                    await kafka_bus.publish([message(n) for n in range(last, last + 20)])
                    last += 20
                    await asyncio.sleep(0.02)
        everything = {contact(n) for n in range(last)}
        await seen[0].until(lambda: everything == {*seen[0].contacts, *seen[1].contacts})

    assert seen[1].contacts
    assert await lag(kafka_bus, "sender") == 0


async def publish(bus: Bus, number: int) -> None:
    """As our callers do: again, until it is durable."""
    while True:
        try:
            return await bus.publish([message(number)])
        except Retry as retry:
            await asyncio.sleep(retry.after / 10)


async def through_a_restart(bus: Bus, restart: Callable[[], None]) -> None:
    """Publishes 300 events one by one, the server dying in the middle; all are handled."""
    await bus.create_topics({CONSENT: 4})
    seen = Seen()

    async def handle(events: Sequence[Erased]) -> None:
        seen.add(events)

    async with running(Consumer(bus, "sender", {ContactErased: handle}, service="test")):
        publishing = asyncio.gather(*(publish(bus, n) for n in range(100)))
        await seen.until(lambda: len(seen.contacts) > 0)
        await asyncio.to_thread(restart)
        await publishing
        for number in range(100, 300):
            await publish(bus, number)
        await seen.until(lambda: len(set(seen.contacts)) == 300)


@pytest.mark.integration
async def test_a_database_that_dies_loses_nothing_it_acknowledged() -> None:
    server = Server(Path(mkdtemp(prefix="aftercall-")) / "postgres")
    server.folder.parent.chmod(0o755)
    server.start()
    try:
        await migrate(server.url(), "bus", "common.bus")
        db = await Database.connect(server.url())
        bus = PgLogBus(db)
        await through_a_restart(bus, server.restart)
        await bus.close()
        await db.close()
    finally:
        server.stop()
        shutil.rmtree(server.folder.parent)


@pytest.mark.integration
async def test_a_broker_that_is_killed_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "kafka")
    broker.start()
    try:
        bus = KafkaBus(broker.servers, session_timeout=6.0)
        await through_a_restart(bus, partial(broker.restart, kill=True))
        await bus.close()
    finally:
        broker.stop()
