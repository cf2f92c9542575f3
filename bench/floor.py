"""The floor: consume + COPY one row + produce one message for each event, without any logic.

The same client, batch size and overlap of publishing as ours, so that the ratio is what deciding,
remembering and explaining costs.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence

import uvloop

from common.bus import Message, Partition, Record, Subscription
from common.bus.kafka import KafkaBus
from common.db import Database
from common.topics import DECISIONS, INTERACTIONS
from orchestrator.settings import OrchestratorSettings

BATCH = OrchestratorSettings().batch
WARM = 10  # this part of the events does not count


async def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`. Counted once it is warm, to the last batch."""
    bus = KafkaBus(servers, namespace=namespace)
    db = await Database.connect(url)
    async with db.connection() as connection:
        await connection.execute(
            "create table if not exists floor (partition int, position bigint, value bytea,"
            " primary key (partition, position))"
        )
    done = batches = first = 0
    began = last = cpu = 0.0
    publishing: asyncio.Task[None] | None = None
    async with bus.subscribe("floor", [INTERACTIONS]) as subscription:
        while done < events:
            polled = await subscription.poll(max_records=BATCH, timeout=1.0)
            records = [record for part in polled.values() for record in part]
            if not records:
                continue
            await _copy(db, records)
            if publishing is not None:
                await publishing
            publishing = asyncio.create_task(_publish(bus, subscription, polled))
            done += len(records)
            batches += 1
            last = time.perf_counter()
            if not began and done >= events // WARM:
                began, cpu, first = last, time.process_time(), done
        cpu = time.process_time() - cpu
        if publishing is not None:
            await publishing
    await bus.close()
    await db.close()
    return {
        "name": "floor",
        "events": done - first,
        "seconds": last - began,
        "detail": {
            "batches": batches,
            "events_per_batch": round(done / batches, 1),
            "cpu_us_per_event": round(1e6 * cpu / (done - first)),
        },
    }


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
