"""Ours: one orchestrator, as the service runs it, over a topic that was filled beforehand."""

import asyncio
import json
import sys
import time

import uvloop

from bench.events import PEPPER
from bench.measure import WARM
from common import http
from common.bus.kafka import KafkaBus
from common.config import ConfigReader
from common.database import Database
from common.process.runtime import Runtime, Tasks
from common.process.service import tune_garbage_collection
from common.process.settings import CommonSettings
from common.telemetry import logging
from orchestrator import app, metrics


async def open_runtime(servers: str, url: str, namespace: str) -> Runtime:
    """What `serve` would build from the environment; no line per decision at such a rate."""
    settings = CommonSettings.model_validate(
        {"database_url": url, "contact_pepper": PEPPER.decode(), "log_level": "WARNING"}
    )
    logging.set_up(settings.log_level)
    db = await Database.connect(url)
    bus = KafkaBus(servers, namespace=namespace)
    return Runtime(settings=settings, db=db, bus=bus, http=http.client(), config=ConfigReader(db))


def decided() -> int:
    """Interactions committed so far, copies of them included, by the service's own metrics."""
    samples = [
        sample
        for metric in (metrics.DECISIONS, metrics.COPIES)
        for sample in next(iter(metric.collect())).samples
    ]
    return int(sum(sample.value for sample in samples if sample.name.endswith("_total")))


async def run(servers: str, url: str, namespace: str, events: int) -> dict[str, object]:
    """The report of one turn; see `measure.Run`. Counted once it is warm, to the last batch."""
    runtime = await open_runtime(servers, url, namespace)
    tasks = Tasks("orchestrator")
    await app.service.start(runtime, tasks)
    tune_garbage_collection()  # as every service's process does once it has started
    first = await _until_decided(events // WARM)
    began, cpu = time.perf_counter(), time.process_time()
    await _until_decided(events)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await tasks.stop()
    async with runtime.db.connection() as connection:
        invited = await connection.fetchval("select count(*) from orchestrator.invitations")
    await runtime.bus.close()
    await runtime.http.aclose()
    await runtime.db.close()
    batches = _batches()
    return {
        "name": "ours",
        "events": events - first,
        "seconds": seconds,
        "detail": {
            "batches": batches,
            "events_per_batch": round(events / batches, 1),
            "cpu_us_per_event": round(1e6 * cpu / max(1, events - first)),
            "invited": round(invited / events, 3),
        },
    }


async def _until_decided(count: int) -> int:
    while (found := decided()) < count:  # noqa: ASYNC110 - a counter cannot be awaited
        await asyncio.sleep(0.05)
    return found


def _batches() -> float:
    samples = next(iter(metrics.BATCH_SECONDS.collect())).samples
    return next(sample.value for sample in samples if sample.name.endswith("_count"))


if __name__ == "__main__":
    servers, url, namespace, events = sys.argv[1:]
    print(json.dumps(uvloop.run(run(servers, url, namespace, int(events)))))
