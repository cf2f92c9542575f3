"""Writing to Kafka: whole batches per partition by an idempotent producer, rebuilt after trouble.

aiokafka's idempotent producer keeps trying for ever and does not recover from a lost sequence, so
every publish has a deadline, and after any error the producer is thrown away with what it holds:
our callers repeat, and readers expect repetitions.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from common.bus import Message
from common.bus.kafka_trouble import TROUBLE, retry
from common.bus.partitioning import partition_of
from common.bus.security import Security
from common.errors import Retry
from common.telemetry import logging

log = logging.get(__name__)
_BATCH_BYTES = 256 * 1024


class KafkaWriter:
    """One producer; `write` is called by one task at a time."""

    def __init__(
        self, servers: str, client_id: str, *, namespace: str, security: Security, deadline: float
    ) -> None:
        self._servers = servers
        self._client_id = client_id
        self._namespace = namespace
        self._security = security
        self._deadline = deadline  # seconds
        self._producer: Any = None
        self._asker: Any = None  # for who has published nothing yet, and may never
        self._starting = asyncio.Lock()
        self._written: set[str] = set()  # topics, with their namespace
        self._turn = count()  # spreads messages without a key

    async def write(self, messages: Sequence[Message]) -> None:
        """Returns when all in-sync replicas have it. Raises `Retry`."""
        try:
            async with asyncio.timeout(self._deadline):
                await self._send(await self._started(), messages)
        except TROUBLE as error:
            log.warning("producer_rebuilt", error=type(error).__name__)
            await self._abandon()
            raise retry(error) from error

    async def ready(self) -> None:
        """Raises `Retry` when no broker answers, or a topic is gone that we have written to."""
        try:
            async with asyncio.timeout(min(3.0, self._deadline)), self._starting:
                client = self._producer.client if self._producer else await self._asking()
                found = await client.fetch_all_metadata()
        except TROUBLE as error:
            await self._ask_no_more()
            raise retry(error) from error
        if gone := self._written - found.topics():
            raise Retry(f"kafka: no topic {', '.join(sorted(gone))}")

    async def close(self) -> None:
        """Nothing is in flight then: `write` waits for its answers."""
        await self._ask_no_more()
        await self._abandon()

    async def _asking(self) -> Any:
        if self._asker is None:
            asker = AIOKafkaClient(
                bootstrap_servers=self._servers,
                client_id=f"{self._client_id}-asker",
                **self._security.arguments(),
            )
            try:
                await asker.bootstrap()
            except BaseException:
                await asker.close()
                raise
            self._asker = asker
        return self._asker

    async def _ask_no_more(self) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            await asker.close()

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._servers,
                    client_id=f"{self._client_id}-producer",
                    acks="all",
                    enable_idempotence=True,
                    compression_type="zstd",  # a fifth of what lz4 costs here, and smaller
                    max_batch_size=_BATCH_BYTES,
                    request_timeout_ms=int(self._deadline * 1000),
                    **self._security.arguments(),
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
                await self._ask_no_more()
            return self._producer

    async def _send(self, producer: Any, messages: Sequence[Message]) -> None:
        turn = next(self._turn)
        partitions = {
            topic: len(await producer.partitions_for(self._namespace + topic))
            for topic in {message.topic for message in messages}
        }
        self._written |= {self._namespace + topic for topic in partitions}
        parts: dict[tuple[str, int], list[Message]] = defaultdict(list)
        for message in messages:
            number = partitions[message.topic]
            to = turn % number if message.key is None else partition_of(message.key, number)
            parts[message.topic, to].append(message)
        await asyncio.gather(
            *(self._send_part(producer, *part, part=held) for part, held in parts.items())
        )

    async def _send_part(
        self, producer: Any, topic: str, partition: int, *, part: Sequence[Message]
    ) -> None:
        sent = []
        batch = producer.create_batch()
        for message in part:
            if _append(batch, message) is None:  # it is full
                batch.close()
                sent.append(await self._submit(producer, batch, topic, partition=partition))
                batch = producer.create_batch()
                _append(batch, message)
        batch.close()  # so that the producer does not linger for more
        sent.append(await self._submit(producer, batch, topic, partition=partition))
        for acknowledged in sent:
            await acknowledged

    async def _submit(self, producer: Any, batch: Any, topic: str, *, partition: int) -> Any:
        return await producer.send_batch(batch, self._namespace + topic, partition=partition)

    async def _abandon(self) -> None:
        """Stops it without waiting for a broker that may be away."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        # Its own `stop` flushes for ever when no broker answers: so fail what it holds, cut its
        # connections and end its sender first.
        _fail_all(producer._message_accumulator)
        await producer.client.close()
        producer._sender.sender_task.cancel()
        with suppress(*TROUBLE):
            async with asyncio.timeout(5):
                await producer.stop()


def _fail_all(accumulator: Any) -> None:
    """Whoever waited for these has gone by now, so that nobody else would look at the errors."""
    held = [*chain(*accumulator._batches.values()), *accumulator._pending_batches]
    accumulator.fail_all(KafkaError("abandoned"))
    for future in (of for batch in held for of in (batch.future, batch._drain_waiter)):
        if future.done() and not future.cancelled():
            future.exception()


def _append(batch: Any, message: Message) -> Any:
    return batch.append(
        timestamp=None, key=message.key, value=message.value, headers=list(message.headers)
    )
