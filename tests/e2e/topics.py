"""What is on the topics of one platform, read from Kafka for the auditor."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from common.bus import Bus
from common.bus.kafka import KafkaBus
from common.events import decode
from common.events.responses import Response
from common.topics import DEAD_SUFFIX, RESPONSES

AUDITOR = "auditor-"  # groups of ours begin with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """`responses`: the highest revision published. `lag` by consumer group, `dead` by topic."""

    responses: Mapping[UUID, Response]
    lag: Mapping[str, int]
    dead: Mapping[str, int]


async def read_topics(servers: str, namespace: str = "") -> Topics:
    """Of a Kafka that may be shared: only topics and groups of this namespace."""
    bus = KafkaBus(servers, namespace=namespace)
    try:
        responses = await published_responses(bus)
    finally:
        await bus.close()
    async with _clients(servers) as (admin, reader):
        return Topics(
            responses=responses,
            lag=await _lag(admin, reader, namespace),
            dead=await _dead(admin, reader, namespace),
        )


async def read_lag(servers: str, namespace: str = "") -> dict[str, int]:
    """Records published and not committed, by group."""
    async with _clients(servers) as (admin, reader):
        return await _lag(admin, reader, namespace)


async def published_responses(bus: Bus) -> dict[UUID, Response]:
    """The whole topic, read by a group of its own that commits nothing."""
    found: dict[UUID, Response] = {}
    async with bus.subscribe(f"{AUDITOR}{uuid4().hex}", [RESPONSES]) as subscription:
        left = sum((await subscription.lag()).values())
        while left > 0:
            polled = await subscription.poll(max_records=1000, timeout=5.0)
            assert polled, f"{left} records of {RESPONSES} cannot be read"
            for record in (record for records in polled.values() for record in records):
                left -= 1
                response = decode(record.value or b"", Response).data
                known = found.get(response.id)
                if known is None or response.revision > known.revision:
                    found[response.id] = response
    return found


@asynccontextmanager
async def _clients(servers: str) -> AsyncIterator[tuple[Any, Any]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    reader = AIOKafkaConsumer(bootstrap_servers=servers)
    try:
        await admin.start()
        await reader.start()
        yield admin, reader
    finally:
        await reader.stop()
        await admin.close()


async def _lag(admin: Any, reader: Any, namespace: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for group, *_ in await admin.list_consumer_groups():
        name = group.removeprefix(namespace)
        if not group.startswith(namespace) or name.startswith(AUDITOR):
            continue
        committed = await admin.list_consumer_group_offsets(group)
        ends = await _ends(admin, reader, {tp.topic for tp in committed})
        found[name] = sum(
            end - (committed[tp].offset if tp in committed else 0) for tp, end in ends.items()
        )
    return found


async def _dead(admin: Any, reader: Any, namespace: str) -> dict[str, int]:
    """Topics that have any."""
    names = [
        name
        for name in await admin.list_topics()
        if name.startswith(namespace) and name.endswith(DEAD_SUFFIX)
    ]
    ends = await _ends(admin, reader, names)
    return {tp.topic.removeprefix(namespace): end for tp, end in ends.items() if end}


async def _ends(admin: Any, reader: Any, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """The offset after the last record, of every partition."""
    names = list(topics)
    if not names:
        return {}
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics(names)
        for partition in topic["partitions"]
    ]
    ends: dict[TopicPartition, int] = await reader.end_offsets(partitions)
    return ends
