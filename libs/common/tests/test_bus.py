"""One suite for both buses: what it shows is what licenses the log as the default."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.bus import Bus, Message, Partition, Record, RecordsLost, Subscription
from common.bus.kafka import KafkaBus
from common.bus.partitioning import partition_of
from common.bus.pglog import PgLogBus
from common.errors import BadInput, Retry
from common.streams.dead_letters import GROUP
from common.topics import dead

TOPIC = "aftercall.interactions"
Read = Mapping[Partition, Sequence[Record]]


def messages(count: int, *, keys: int = 5, topic: str = TOPIC) -> list[Message]:
    return [Message(topic, f"key-{n % keys}".encode(), str(n).encode()) for n in range(count)]


async def read(subscription: Subscription, count: int, *, max_records: int = 1000) -> list[Record]:
    """Polls until `count` records have come."""
    found: list[Record] = []
    async with asyncio.timeout(90):
        while len(found) < count:
            polled = await subscription.poll(max_records=max_records, timeout=1.0)
            found += [record for records in polled.values() for record in records]
    return found


def ends(records: Sequence[Record]) -> dict[Partition, int]:
    """What to commit when all of these are done."""
    return {r.partition: r.offset + 1 for r in sorted(records, key=lambda r: r.offset)}


def values(records: Sequence[Record]) -> set[int]:
    return {int(record.value or b"-1") for record in records}


async def test_records_of_a_key_come_in_the_order_they_were_published(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 4})
    for start in range(0, 200, 50):
        await bus.publish(messages(200)[start : start + 50])

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        records = await read(subscription, 200)

    for key in {record.key for record in records}:
        numbers = [int(record.value or b"") for record in records if record.key == key]
        assert numbers == sorted(numbers)
        assert len({record.partition for record in records if record.key == key}) == 1


async def test_a_record_is_read_as_it_was_published(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1})
    before = datetime.now(UTC)
    headers = (("origin", b"\x00\xff"), ("origin", b"second"))
    await bus.publish([Message(TOPIC, None, b"\x00bytes\xff", headers)])

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        (record,) = await read(subscription, 1)

    assert (record.partition, record.offset) == (Partition(TOPIC, 0), 0)
    assert (record.key, record.value, record.headers) == (None, b"\x00bytes\xff", headers)
    assert abs(record.timestamp - before) < timedelta(seconds=30)


async def test_who_lingers_gets_at_once_what_came_one_by_one(kafka_bus: KafkaBus) -> None:
    """The broker collects; a request for each record would cost both sides more."""
    await kafka_bus.create_topics({TOPIC: 1})
    async with kafka_bus.subscribe("readers", [TOPIC], linger=2.0) as subscription:
        polling = asyncio.create_task(subscription.poll(max_records=100, timeout=30.0))
        await asyncio.sleep(0.3)  # its request lies at the broker
        for message in messages(5):
            await kafka_bus.publish([message])
        polled = await polling

    assert [len(records) for records in polled.values()] == [5]


async def test_several_groups_read_independently(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 2})
    await bus.publish(messages(20))

    async with bus.subscribe("one", [TOPIC]) as one, bus.subscribe("two", [TOPIC]) as two:
        of_one = await read(one, 20)
        await one.commit(ends(of_one))
        of_two = await read(two, 20)

    assert values(of_one) == values(of_two) == set(range(20))


async def test_what_was_not_committed_comes_again(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1})
    await bus.publish(messages(30))

    async with bus.subscribe("readers", [TOPIC]) as before:
        await read(before, 30)
        await before.commit({Partition(TOPIC, 0): 10})
    async with bus.subscribe("readers", [TOPIC]) as after:
        records = await read(after, 20)

    assert [record.offset for record in records] == list(range(10, 30))


async def test_nothing_is_skipped_when_many_publish_at_once(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 3})

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        reading = asyncio.create_task(read(subscription, 400))
        await asyncio.gather(
            *(bus.publish([message]) for message in messages(200)),
            *(bus.publish(messages(400)[n : n + 10]) for n in range(200, 400, 10)),
        )
        records = await reading

    assert values(records) == set(range(400))
    for partition in {record.partition for record in records}:
        offsets = [record.offset for record in records if record.partition == partition]
        assert offsets == sorted(set(offsets))


async def test_a_slow_reader_gets_no_more_than_it_asks_for(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 4})
    await bus.publish(messages(300, keys=50))

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        sizes = []
        seen: list[Record] = []
        while len(seen) < 300:
            polled = await subscription.poll(max_records=40, timeout=1.0)
            sizes.append(sum(map(len, polled.values())))
            seen += [record for records in polled.values() for record in records]

    assert max(sizes) <= 40
    assert values(seen) == set(range(300))


async def test_a_busy_partition_does_not_keep_the_others_waiting(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 4})
    busy = b"busy"
    others = {n: f"key-{n}".encode() for n in range(50)}
    quiet = next(k for k in others.values() if partition_of(k, 4) != partition_of(busy, 4))
    await bus.publish([Message(TOPIC, busy, b"1")] * 2000)
    await bus.publish([Message(TOPIC, quiet, b"2")] * 10)

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        records = await read(subscription, 500, max_records=100)

    assert sum(record.key == quiet for record in records) == 10


async def test_a_paused_partition_comes_back_from_the_offset_it_was_given(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 2})
    first, second = (
        next(k for k in (f"k{n}".encode() for n in range(99)) if partition_of(k, 2) == number)
        for number in (0, 1)
    )
    await bus.publish([Message(TOPIC, first, str(n).encode()) for n in range(5)])
    loop = asyncio.get_running_loop()

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        await read(subscription, 5)
        until = loop.time() + 0.6
        subscription.pause(Partition(TOPIC, 0), until=until, offset=2)
        await bus.publish([Message(TOPIC, second, b"7")])
        (other,) = await read(subscription, 1)
        again = await read(subscription, 3)
        now = loop.time()

    assert other.partition == Partition(TOPIC, 1)
    assert [record.offset for record in again] == [2, 3, 4]
    assert now >= until


async def test_lag_is_what_was_published_and_not_committed(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1})
    await bus.publish(messages(10))

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        await read(subscription, 10)
        before = await subscription.lag()
        await subscription.commit({Partition(TOPIC, 0): 7})
        after = await subscription.lag()

    assert before == {Partition(TOPIC, 0): 10}
    assert after == {Partition(TOPIC, 0): 3}


async def test_a_pattern_takes_topics_that_are_made_later_but_no_dead_ones(bus: Bus) -> None:
    one, two, other = "aftercall.intake.one", "aftercall.intake.two", "aftercall.intakes"
    await bus.create_topics({one: 1, f"{one}.dead": 1, other: 1})
    await bus.publish([Message(f"{one}.dead", None, b"0"), Message(other, None, b"0")])
    await bus.publish([Message(one, None, b"1")])

    async with bus.subscribe("ingest", [], pattern="aftercall.intake.") as subscription:
        records = await read(subscription, 1)
        await bus.create_topics({two: 1})
        await bus.publish([Message(two, None, b"2")])
        while {record.partition.topic for record in records} != {one, two}:
            records += await read(subscription, 1)

    assert values(records) == {1, 2}


async def test_a_message_that_is_too_large_is_refused_at_once(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1, f"{TOPIC}.dead": 1})

    with pytest.raises(BadInput, match="too large"):
        await bus.publish([Message(TOPIC, None, b"x" * 1_000_001)])

    await bus.publish([Message(TOPIC, None, b"x" * 999_000)])
    await bus.publish([Message(f"{TOPIC}.dead", None, b"x" * 999_000, (("why", b"y" * 50_000),))])


async def test_a_poll_ends_when_nothing_comes(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 1})

    async with bus.subscribe("readers", [TOPIC]) as subscription:
        assert await subscription.poll(max_records=10, timeout=0.1) == {}


async def test_a_bus_that_is_well_says_so(bus: Bus) -> None:
    await bus.ready()


async def test_how_far_a_topic_and_a_group_are_is_known_for_every_partition(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 3})
    await bus.publish(messages(60, keys=30))
    async with bus.subscribe("readers", [TOPIC]) as subscription:
        records = await read(subscription, 60)
        mine = ends([r for r in records if r.partition.number < 2])
        await subscription.commit(mine)

    every = {Partition(TOPIC, number) for number in range(3)}
    assert await bus.ends(TOPIC) == ends(records)
    assert await bus.handled("readers", TOPIC) == mine | {Partition(TOPIC, 2): 0}
    assert (await bus.handled("nobody", TOPIC)) == dict.fromkeys(every, 0)


async def test_how_far_an_empty_topic_is(bus: Bus) -> None:
    await bus.create_topics({TOPIC: 2})

    assert set((await bus.ends(TOPIC)).values()) == {0}
    assert await bus.ends(TOPIC) == await bus.handled("readers", TOPIC)


# --- the log only


async def test_a_publish_to_the_log_without_such_a_topic_is_to_be_repeated(
    pglog_bus: PgLogBus,
) -> None:
    with pytest.raises(Retry, match="there is no topic"):
        await pglog_bus.publish(messages(1))


async def test_of_a_topic_that_is_not_there_nobody_knows_how_far_it_is(pglog_bus: PgLogBus) -> None:
    with pytest.raises(Retry, match="there is no topic"):
        await pglog_bus.ends(TOPIC)


async def test_a_group_of_the_log_has_one_member(pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({TOPIC: 1})

    async with pglog_bus.subscribe("readers", [TOPIC]):
        with pytest.raises(RuntimeError, match="already reads"):
            async with pglog_bus.subscribe("readers", [TOPIC]):
                pass

    async with pglog_bus.subscribe("readers", [TOPIC]):
        pass


async def test_trimming_keeps_what_is_young_or_unread(pglog_bus: PgLogBus) -> None:
    await pglog_bus.create_topics({TOPIC: 1})
    await pglog_bus.publish(messages(10))
    async with pglog_bus.subscribe("readers", [TOPIC]) as subscription:
        await read(subscription, 10)
        await subscription.commit({Partition(TOPIC, 0): 4})

    assert await pglog_bus.trim(datetime.now(UTC)) == 0
    assert await pglog_bus.trim(datetime.now(UTC) + timedelta(days=29)) == 4
    assert await pglog_bus.handled("new", TOPIC) == {Partition(TOPIC, 0): 4}


async def test_dead_records_are_trimmed_by_their_age_whatever_was_redriven(
    pglog_bus: PgLogBus,
) -> None:
    there = dead(TOPIC)
    await pglog_bus.create_topics({there: 1})
    await pglog_bus.publish([Message(there, None, b"%d" % n) for n in range(10)])
    async with pglog_bus.subscribe(GROUP, [there]) as subscription:
        await read(subscription, 10)
        await subscription.commit({Partition(there, 0): 4})

    assert await pglog_bus.trim(datetime.now(UTC) + timedelta(days=27)) == 0
    assert await pglog_bus.trim(datetime.now(UTC) + timedelta(days=29)) == 10


# --- Kafka only


async def test_an_offset_that_is_gone_is_an_error_and_not_a_jump(
    kafka_bus: KafkaBus, kafka_servers: str, kafka_namespace: str
) -> None:
    await kafka_bus.create_topics({TOPIC: 1})
    await kafka_bus.publish(messages(10))
    async with kafka_bus.subscribe("readers", [TOPIC]) as subscription:
        await read(subscription, 10)
        await subscription.commit({Partition(TOPIC, 0): 4})
    await delete_records(kafka_servers, f"{kafka_namespace}{TOPIC}", before=8)

    async with kafka_bus.subscribe("readers", [TOPIC]) as subscription:
        with pytest.raises(RecordsLost, match="has no offset 4; the oldest there is 8"):
            await read(subscription, 2)


async def delete_records(servers: str, topic: str, *, before: int) -> None:
    from aiokafka import TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before)})
    await admin.close()


async def test_a_member_that_leaves_hands_its_partitions_over(kafka_bus: KafkaBus) -> None:
    await kafka_bus.create_topics({TOPIC: 4})
    let_go = asyncio.Event()

    async def finish() -> None:
        let_go.set()

    async with kafka_bus.subscribe("readers", [TOPIC], on_revoked=finish) as one:
        await kafka_bus.publish(messages(40, keys=40))
        await one.commit(ends(await read(one, 40)))
        joining = asyncio.create_task(kafka_bus.subscribe("readers", [TOPIC]).__aenter__())
        async with asyncio.timeout(90):
            while not joining.done():
                await one.poll(max_records=10, timeout=0.2)
        two = await joining
        assert let_go.is_set()
        await kafka_bus.publish(messages(40, keys=40))
        shared = asyncio.gather(drain(one, 2.0), drain(two, 2.0))
        of_one, of_two = await shared
        assert of_one
        assert of_two
        assert values(of_one) | values(of_two) == set(range(40))
        await two.commit(ends(of_two))
        await two.__aexit__(None, None, None)
        await kafka_bus.publish(messages(40, keys=40))
        alone = await read(one, 40)

    assert values(alone) == set(range(40))


async def drain(subscription: Subscription, quiet: float) -> list[Record]:
    """Everything until nothing has come for so long; commits it."""
    found: list[Record] = []
    while polled := await subscription.poll(max_records=100, timeout=quiet):
        new = [record for records in polled.values() for record in records]
        await subscription.commit(ends(new))
        found += new
    return found


MEMBER = """
import asyncio, sys
from common.bus.kafka import KafkaBus

async def main():
    bus = KafkaBus(sys.argv[1], namespace=sys.argv[2], session_timeout=3.0)
    async with bus.subscribe("readers", ["aftercall.interactions"]) as subscription:
        while True:
            for records in (await subscription.poll(max_records=10, timeout=1.0)).values():
                print(len(records), flush=True)

asyncio.run(main())
"""


async def test_what_a_killed_member_had_in_hand_comes_to_the_next(
    kafka_bus: KafkaBus, kafka_servers: str, kafka_namespace: str
) -> None:
    await kafka_bus.create_topics({TOPIC: 2})
    await kafka_bus.publish(messages(10))
    member = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MEMBER, kafka_servers, kafka_namespace), stdout=subprocess.PIPE
    )
    assert member.stdout is not None
    async with asyncio.timeout(90):
        await member.stdout.readline()  # it has records in hand, uncommitted
    member.kill()
    await member.wait()

    async with kafka_bus.subscribe("readers", [TOPIC]) as subscription:
        records = await read(subscription, 10)

    assert values(records) == set(range(10))


async def test_a_commit_from_before_a_rebalance_is_dropped(kafka_bus: KafkaBus) -> None:
    await kafka_bus.create_topics({TOPIC: 1})
    await kafka_bus.publish(messages(10))
    async with kafka_bus.subscribe("readers", [TOPIC]) as one:
        records = await read(one, 10)
        joining = asyncio.create_task(kafka_bus.subscribe("readers", [TOPIC]).__aenter__())
        two = await asyncio.wait_for(joining, 30)
        await one.commit(ends(records))  # of an assignment that is over
        lag = {**await one.lag(), **await two.lag()}
        await two.__aexit__(None, None, None)

    assert lag == {Partition(TOPIC, 0): 10}


async def test_a_broker_that_is_away_makes_a_publish_fail_by_its_deadline(
    unused_tcp_port: int,
) -> None:
    away = KafkaBus(f"127.0.0.1:{unused_tcp_port}", deadline=0.5)

    with pytest.raises(Retry):
        await away.publish(messages(1))
    with pytest.raises(Retry):
        await away.ready()
    await away.close()


async def test_what_a_publish_leaves_behind_at_its_deadline_is_no_noise(
    kafka_bus: KafkaBus,
) -> None:
    await kafka_bus.create_topics({TOPIC: 4})
    unheard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    large = [Message(TOPIC, str(n).encode(), b"1" * 1_000) for n in range(500)]
    for deadline in (0.001, 0.002, 0.003, 0.005) * 3:  # some while batches are under way
        kafka_bus._writer._deadline = 10.0
        await kafka_bus.publish(messages(1))
        kafka_bus._writer._deadline = deadline
        with suppress(Retry):
            await kafka_bus.publish(large)
        gc.collect()
        await asyncio.sleep(0.01)

    assert unheard == []


def test_keys_go_where_librdkafka_sends_them() -> None:
    # CRC-32 as in IEEE 802.3; its check value, and two more that were worked out by other means.
    known = {b"123456789": 0xCBF43926, b"a": 0xE8B7BE43, b"abc": 0x352441C2}
    for key, crc in known.items():
        assert partition_of(key, 7) == crc % 7
