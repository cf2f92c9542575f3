"""Composition root: `python -m common.process closed_loop.app:app`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from closed_loop.endpoints import webhooks
from closed_loop.service.housekeeping import Housekeeping
from closed_loop.service.intake import Intake
from closed_loop.service.posting import Posting
from closed_loop.service.sending import Sending
from closed_loop.service.webhooks import Webhooks
from closed_loop.settings import ClosedLoopSettings
from common import http
from common.errors import Retry
from common.events.decisions import Decision
from common.events.responses import Response
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer
from common.telemetry import logging

log = logging.get(__name__)
NAME = "closed_loop"
GROUP = "closed-loop"
LINGER = 0.1  # seconds
LOOK_EVERY = 60.0  # seconds, for answers whose calls are not known
FORGET_EVERY = 3600.0  # seconds


async def start(runtime: Runtime, tasks: Tasks) -> Webhooks:
    settings = ClosedLoopSettings()
    sending = _sending(runtime, settings)
    intake = Intake(
        db=runtime.db, config=runtime.config, committed=sending.wake, clock=runtime.clock
    )
    housekeeping = Housekeeping(
        db=runtime.db,
        intake=intake,
        kept=timedelta(days=settings.keep_days),
        clock=runtime.clock,
    )
    consumer = Consumer(
        runtime.bus,
        GROUP,
        {Decision: intake.on_decisions, Response: intake.on_responses},
        service=NAME,
        linger=LINGER,
        clock=runtime.clock,
    )
    tasks.consume("intake", consumer)
    tasks.spawn("sending", _send(sending))
    tasks.spawn("late", _every(LOOK_EVERY, housekeeping.tell_what_waited))
    tasks.spawn("forgetting", _every(FORGET_EVERY, housekeeping.forget))
    return Webhooks(
        db=runtime.db,
        config=runtime.config,
        pepper=runtime.pepper,
        hosts=settings.hosts,
        committed=sending.wake,
        clock=runtime.clock,
    )


def _sending(runtime: Runtime, settings: ClosedLoopSettings) -> Sending:
    posting = Posting(
        outside=http.public_client(timeout=settings.timeout),
        inside=runtime.http,
        hosts=settings.hosts,
        pepper=runtime.pepper,
        timeout=settings.timeout,
        clock=runtime.clock,
    )
    return Sending(db=runtime.db, posting=posting, clock=runtime.clock)


async def _send(sending: Sending) -> None:
    try:
        await sending.run()
    finally:
        await sending.posting.outside.aclose()


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Sooner when the database was away."""
    while True:
        try:
            await work()
            pause = seconds
        except Retry as error:
            log.warning("housekeeping_waits", reason=error.reason)
            pause = error.after
        await asyncio.sleep(pause)


service = Service(NAME, [webhooks.router], start, migrations=[NAME], settings=ClosedLoopSettings)
app = serve(service)
