"""Ours, as two processes of one consumer group.

Both count into memory that they share with the process that watches. The clock runs from when both
have decided something: before that the group is not balanced. Of too few events the first to join
takes most; then it is one's rate that is told, and `shares` says so.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from typing import Any

import uvloop

from bench.measure import WARM
from bench.ours import decided, open_runtime
from common.process.runtime import Tasks
from common.process.service import tune_garbage_collection
from orchestrator import app

REPLICAS = 2
LOOKS = 0.02  # seconds between two looks
PATIENCE = 30.0  # seconds for the other one to start


async def _replica(
    place: int,
    counts: Any,
    cpu: Any,
    both: Any,
    over: Any,
    *,
    servers: str,
    url: str,
    namespace: str,
) -> None:
    runtime = await open_runtime(servers, url, namespace)
    await asyncio.to_thread(both.wait, PATIENCE)
    tasks = Tasks("orchestrator")
    await app.service.start(runtime, tasks)
    tune_garbage_collection()
    while not over.is_set():
        counts[place], cpu[place] = decided(), time.process_time()
        await asyncio.sleep(LOOKS)
    await tasks.stop()
    await runtime.bus.close()
    await runtime.http.aclose()
    await runtime.db.close()


def _start(place: int, shared: Any, where: dict[str, str]) -> None:
    uvloop.run(_replica(place, *shared, **where))


def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`."""
    spawn = multiprocessing.get_context("spawn")
    counts: Any = spawn.Array("q", REPLICAS)
    cpu: Any = spawn.Array("d", REPLICAS)
    over = spawn.Event()
    shared = (counts, cpu, spawn.Barrier(REPLICAS), over)
    where = {"servers": servers, "url": url, "namespace": namespace}
    replicas = [
        spawn.Process(target=_start, args=(place, shared, where)) for place in range(REPLICAS)
    ]
    for one in replicas:
        one.start()
    try:
        first, began, used, sharing = [0] * REPLICAS, 0.0, 0.0, False
        while sum(counts) < events:
            _look(replicas)
            begins = not began and sum(counts) >= events // WARM
            # Who joins second waits for the first one's heartbeat; then both begin to share.
            if not sharing and all(counts) and sum(counts) < events // 2:
                begins = sharing = True
            if begins:
                first, began, used = list(counts), time.perf_counter(), sum(cpu)
        seconds, last = time.perf_counter() - began, list(counts)
        used = sum(cpu) - used
    finally:
        over.set()
        for one in replicas:
            one.join(30)
            one.kill()
    made = max(1, sum(last) - sum(first))
    return {
        "name": "two",
        "events": made,
        "seconds": seconds,
        "detail": {
            "cpu_us_per_event": round(1e6 * used / made),
            "shares": [
                round((after - before) / made, 2) for before, after in zip(first, last, strict=True)
            ],
        },
    }


def _look(replicas: list[Any]) -> None:
    if not all(one.is_alive() for one in replicas):
        raise SystemExit("a replica ended")
    time.sleep(LOOKS)


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(run(servers, url, namespace, int(events))))
