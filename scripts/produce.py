"""`... | python -m scripts.produce TOPIC`: what is read becomes one record, by a plain client."""

import asyncio
import os
import sys

from aiokafka import AIOKafkaProducer


async def _produce(servers: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all") as producer:
        there = await producer.send_and_wait(topic, value)
    print(f"{topic}, partition {there.partition}, offset {there.offset}")  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    asyncio.run(
        _produce(
            os.environ["AFTERCALL_KAFKA_BOOTSTRAP_SERVERS"], sys.argv[1], sys.stdin.buffer.read()
        )
    )
