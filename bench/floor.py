"""The floor: consume + COPY one row + produce one message for each event, without any logic.

Written with the stock clients as their documentation says, with our batch size, and publishing
while the next batch is copied, as ours does. `bare.py` is the same on our own Kafka client.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.measure import Turn
from common.topics import DECISIONS, INTERACTIONS
from orchestrator.settings import OrchestratorSettings

BATCH = OrchestratorSettings().batch
TABLE = """
    create table if not exists floor (
        partition int, position bigint, value bytea, primary key (partition, position))
"""


async def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`."""
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    await pool.execute(TABLE)
    consumer = AIOKafkaConsumer(
        namespace + INTERACTIONS,
        bootstrap_servers=servers,
        group_id=f"{namespace}floor",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=servers,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=256 * 1024,
    )
    await consumer.start()
    await producer.start()
    turn = Turn("floor", events)
    publishing: asyncio.Task[None] | None = None
    while not turn.over:
        polled = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
        records = [record for part in polled.values() for record in part]
        if not records:
            continue
        async with pool.acquire() as connection, connection.transaction():
            await connection.copy_records_to_table(
                "floor", records=[(r.partition, r.offset, r.value) for r in records]
            )
        if publishing is not None:
            await publishing
        ends = {partition: part[-1].offset + 1 for partition, part in polled.items()}
        publishing = asyncio.create_task(_publish(producer, consumer, namespace, records, ends))
        turn.handled(len(records))
    if publishing is not None:
        await publishing
    await consumer.stop()
    await producer.stop()
    await pool.close()
    return turn.report()


async def _publish(
    producer: Any,
    consumer: Any,
    namespace: str,
    records: Sequence[Any],
    ends: Mapping[TopicPartition, int],
) -> None:
    topic = namespace + DECISIONS
    sent = [await producer.send(topic, record.value, key=record.key) for record in records]
    await producer.flush()
    for acknowledged in sent:
        acknowledged.result()
    await consumer.commit(ends)


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(uvloop.run(run(servers, url, namespace, int(events)))))
