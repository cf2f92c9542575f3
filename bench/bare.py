"""The floor once more, on our own Kafka client: what deciding, remembering and explaining cost.

The same batch size and overlap of publishing as ours.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence

import uvloop

from bench.floor import BATCH, TABLE
from bench.measure import Turn
from common.bus import Message, Partition, Record, Subscription
from common.bus.kafka import KafkaBus
from common.database import Database
from common.topics import DECISIONS, INTERACTIONS


async def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`."""
    bus = KafkaBus(servers, namespace=namespace)
    db = await Database.connect(url)
    async with db.connection() as connection:
        await connection.execute(TABLE)
    turn = Turn("bare", events)
    publishing: asyncio.Task[None] | None = None
    async with bus.subscribe("floor", [INTERACTIONS]) as subscription:
        while not turn.over:
            polled = await subscription.poll(max_records=BATCH, timeout=1.0)
            records = [record for part in polled.values() for record in part]
            if not records:
                continue
            await _copy(db, records)
            if publishing is not None:
                await publishing
            publishing = asyncio.create_task(_publish(bus, subscription, polled))
            turn.handled(len(records))
        if publishing is not None:
            await publishing
    await bus.close()
    await db.close()
    return turn.report()


async def _copy(db: Database, records: Sequence[Record]) -> None:
    async with db.transaction() as connection:
        await connection.copy_records_to_table(
            "floor", records=[(r.partition.number, r.offset, r.value) for r in records]
        )


async def _publish(
    bus: KafkaBus, subscription: Subscription, polled: Mapping[Partition, Sequence[Record]]
) -> None:
    await bus.publish(
        [Message(DECISIONS, r.key, r.value or b"") for part in polled.values() for r in part]
    )
    await subscription.commit({p: part[-1].offset + 1 for p, part in polled.items()})


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(uvloop.run(run(servers, url, namespace, int(events)))))
