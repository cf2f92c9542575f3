"""Puts ingest together: HTTP, and the timer that closes calls told in parts."""

import asyncio

from common import logging
from common.errors import Retry
from common.service import Runtime, Service, Tasks, serve
from ingest.endpoints import router
from ingest.service import Ingest

log = logging.get(__name__)
PAUSE = 0.5  # seconds between two looks for calls to close
FORGET_EVERY = 3600.0  # seconds


async def start(runtime: Runtime, tasks: Tasks) -> Ingest:
    ingest = Ingest(
        db=runtime.db,
        bus=runtime.bus,
        config=runtime.config,
        pepper=runtime.pepper,
        clock=runtime.clock,
    )
    tasks.spawn("closing", _close_for_ever(ingest))
    return ingest


async def _close_for_ever(ingest: Ingest) -> None:
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
