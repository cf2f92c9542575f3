"""A producer who writes whatever Kafka's protocol carries, careless of what anybody reads."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from common.testing.databases import Package

ANY_TIME = {"message.timestamp.after.max.ms": str(2**63 - 1)}
NO_TEXT = b"\xff\xfe"


class Bytes(bytes):
    """The name of a header, which aiokafka would have as text."""

    def encode(self, *_: str) -> bytes:
        return bytes(self)


class Careless:
    """`namespace` is put before every topic."""

    def __init__(self, producer: Any, servers: str, namespace: str) -> None:
        self._servers = servers
        self._producer = producer
        self._namespace = namespace

    async def write(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = b"key",
        headers: Sequence[tuple[Any, bytes | None]] = (),
        time: int | None = None,
        codec: int = 0,
    ) -> None:
        """One record, on partition 0; `time` in milliseconds. `codec`: 0 packs nothing."""
        batch = self._producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, codec, False, -1, -1, -1, 2_000_000)
        batch.append(key=key, value=value, timestamp=time, headers=list(headers))
        batch.close()
        await (await self._producer.send_batch(batch, self._namespace + topic, partition=0))

    async def make_topics(self, partitions: Mapping[str, int]) -> None:
        """They take any time, as those of brokers before 3.6 do."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers)
        await admin.start()
        topics = [
            NewTopic(self._namespace + name, count, 1, topic_configs=ANY_TIME)
            for name, count in partitions.items()
        ]
        answer = await admin.create_topics(topics)
        await admin.close()
        assert not any(code for _, code, *_ in answer.topic_errors)

    async def write_odd_ones(self, topic: str) -> int:
        """Nothing that a reader could use; returns how many."""
        odd: list[dict[str, Any]] = [
            {"value": None},
            {"value": b"{}", "headers": [("content-type", None)]},
            {"value": b"{", "headers": [("a", b"1"), ("a", None), ("A", NO_TEXT)]},
            {"value": b"", "key": None},
            {"value": NO_TEXT * 50, "key": NO_TEXT},
            {"value": b"null", "headers": [(Bytes(NO_TEXT), b"1"), (Bytes(b""), b"")]},
            {"value": b"[]", "time": 2**62},
            {"value": b"{}", "time": 253402300800000},  # the year 10000
            {"value": b"{}", "time": -7},
            {"value": b'{"type": "\\ud800"}', "headers": [("dead-topic", b"another")]},
            {"value": b"[" * 100_000},
            {"value": b"x" * 1_000_000},
        ]
        for one in odd:
            await self.write(topic, **one)
        return len(odd)


@pytest.fixture
async def careless(kafka_servers: str, kafka_namespace: str) -> AsyncIterator[Careless]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka_servers, max_request_size=2_000_000)
    await producer.start()
    yield Careless(producer, kafka_servers, kafka_namespace)
    await producer.stop()


@pytest.fixture
def migrations() -> Sequence[Package]:
    return (
        ("config", "common.config"),
        "common.bus",
        "ingest",
        "orchestrator",
        ("sms_sender", "channel"),
        "analytics",
    )
