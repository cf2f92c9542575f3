"""Puts ingest together: HTTP, the intake topics, and the timer of calls told in parts."""

import asyncio

from common.errors import Retry
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import RawConsumer
from common.streams.outbox import Relay
from common.telemetry import logging
from common.topics import INTAKE_PREFIX
from ingest.endpoints import router
from ingest.service import Ingest

log = logging.get(__name__)
PAUSE = 0.5  # seconds between two looks at what is due or new
FORGET_EVERY = 3600.0  # seconds


async def start(runtime: Runtime, tasks: Tasks) -> Ingest:
    ingest = Ingest(
        db=runtime.db,
        bus=runtime.bus,
        relay=Relay(runtime.db, runtime.bus, "ingest"),
        config=runtime.config,
        pepper=runtime.pepper,
        clock=runtime.clock,
    )
    made = await _make_topics(ingest, frozenset())  # before subscribing: found later, they wait
    consumer = RawConsumer(
        runtime.bus,
        "ingest",
        INTAKE_PREFIX,
        ingest.take_records,
        service="ingest",
        clock=runtime.clock,
    )
    tasks.spawn("topics", _keep_making_topics(ingest, made))
    tasks.spawn("intake", consumer.run())
    tasks.spawn("relay", ingest.relay.run())
    tasks.spawn("closing", _close(ingest))
    return ingest


async def _make_topics(ingest: Ingest, made: frozenset[str]) -> frozenset[str]:
    try:
        return await ingest.make_topics(made)
    except Retry as error:
        log.warning("topics_wait", reason=error.reason)
        return made


async def _keep_making_topics(ingest: Ingest, made: frozenset[str]) -> None:
    """A source that was just applied has its topic within a second."""
    while True:
        await asyncio.sleep(PAUSE)
        made = await _make_topics(ingest, made)


async def _close(ingest: Ingest) -> None:
    """Closes calls when they are due and now and then forgets old ones."""
    loop = asyncio.get_running_loop()
    forget_at = loop.time()
    while True:
        try:
            while await ingest.close_due():
                pass
            if loop.time() >= forget_at:
                await ingest.forget()
                forget_at = loop.time() + FORGET_EVERY
        except Retry as error:
            log.warning("closing_waits", reason=error.reason)
        await asyncio.sleep(PAUSE)


service = Service("ingest", [router], start, migrations=["ingest"])
app = serve(service)
