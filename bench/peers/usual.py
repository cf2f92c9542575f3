"""The usual app: FastStream, and the ORM of SQLAlchemy on asyncpg; a call, a transaction.

As an able developer would write it who does not work in sets: one worker for each partition, so
that calls of one person keep their order; a session of its own for each call; dear questions only
where the cheap ones have not refused; what is committed is published, and then acknowledged, so
that nothing is lost: who dies in between publishes the stored event again.
"""

import asyncio
import json
import sys

import uvloop
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.measure import Turn
from bench.peers.rules import Rules, Told, read
from bench.peers.usual_models import set_up
from bench.peers.usual_store import Store
from common.topics import DECISIONS, INTERACTIONS, STEPS_SMS, partitions

WORKERS = partitions()[INTERACTIONS]


async def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`."""
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=WORKERS, max_overflow=0
    )
    await set_up(engine)
    store = Store(async_sessionmaker(engine, expire_on_commit=False), await Rules.read(url))
    broker = KafkaBroker(
        servers, acks="all", enable_idempotence=True, logger=None, apply_types=False
    )
    turn, over = Turn("usual", events), asyncio.Event()

    @broker.subscriber(
        namespace + INTERACTIONS,
        group_id=f"{namespace}usual",
        auto_offset_reset="earliest",
        max_workers=WORKERS,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=_as_it_came,
    )
    async def on_interaction(value: bytes) -> None:
        interaction = read(value)
        outcome = await store.decided(interaction)
        event = outcome.event if isinstance(outcome, Told) else outcome
        key = str(interaction.contact_id or interaction.id).encode()
        sent = [broker.publish(event, namespace + DECISIONS, key=key)]
        if isinstance(outcome, Told) and outcome.asking is not None:
            sent.append(broker.publish(outcome.asking.step, namespace + STEPS_SMS, key=key))
        await asyncio.gather(*sent)
        turn.handled(1)
        if turn.over:
            over.set()

    await broker.start()
    await over.wait()
    report = turn.report()
    await broker.stop()
    await engine.dispose()
    return report


async def _as_it_came(message: KafkaMessage) -> bytes:
    return bytes(message.body)


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(uvloop.run(run(servers, url, namespace, int(events)))))
