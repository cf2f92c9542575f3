"""Composition root: `python -m common.process closed_loop.app:app`."""

from collections.abc import Callable
from datetime import timedelta

import httpx

from closed_loop.endpoints import alerts, privacy, webhooks
from closed_loop.service.erasing import Erasing
from closed_loop.service.figures import Figures
from closed_loop.service.housekeeping import Housekeeping
from closed_loop.service.intake import Intake
from closed_loop.service.mailing import Mailing
from closed_loop.service.parts import Parts
from closed_loop.service.posting import Posting
from closed_loop.service.rules import Rules
from closed_loop.service.sending import Sending
from closed_loop.service.telling import Telling
from closed_loop.service.watching import Watching
from closed_loop.service.webhooks import Webhooks
from closed_loop.settings import ClosedLoopSettings
from common import http
from common.events.consent import ContactErased
from common.events.decisions import Decision
from common.events.responses import Response
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer

NAME = "closed_loop"
GROUP = "closed-loop"
LINGER = 0.1  # seconds


async def start(runtime: Runtime, tasks: Tasks) -> Parts:
    settings = ClosedLoopSettings()
    db, config, clock = runtime.db, runtime.config, runtime.clock
    console = f"{runtime.settings.public_url.rstrip('/')}/console"
    sending = Sending(db=db, posting=_posting(runtime, settings), clock=clock)
    mailing = Mailing(db=db, smtp=settings.smtp, clock=clock)
    telling = Telling(
        db=db,
        config=config,
        console=console,
        committed=_both(sending, mailing),
        most_mails=settings.most_mails,
        clock=clock,
    )
    intake = Intake(
        db=db, config=config, committed=_both(sending, telling), console=console, clock=clock
    )
    watching = Watching(
        db=db,
        config=config,
        figures=_figures(runtime, settings),
        console=console,
        committed=telling.wake,
        clock=clock,
    )
    housekeeping = Housekeeping(
        db=db, intake=intake, kept=timedelta(days=settings.keep_days), clock=clock
    )
    erasing = Erasing(db, runtime.bus, clock)
    tasks.consume("intake", _consumer(runtime, intake))
    tasks.consume("erasing", _erased(runtime, erasing))
    tasks.spawn("sending", _until_stopped(sending))
    tasks.spawn("telling", telling.run())
    tasks.spawn("mailing", mailing.run())
    tasks.spawn("watching", watching.run())
    tasks.spawn("late", housekeeping.tell_what_waited())
    tasks.spawn("forgetting", housekeeping.forget())
    return Parts(
        webhooks=Webhooks(
            db=db,
            config=config,
            pepper=runtime.pepper,
            hosts=_hosts(runtime, settings),
            committed=sending.wake,
            clock=clock,
        ),
        rules=Rules(
            db=db,
            config=config,
            mails=settings.smtp is not None,
            changed=watching.wake,
            clock=clock,
        ),
        erasing=erasing,
    )


def _both(*waiting: Sending | Telling | Mailing) -> Callable[[], None]:
    def wake() -> None:
        for one in waiting:
            one.wake()

    return wake


def _consumer(runtime: Runtime, intake: Intake) -> Consumer:
    return Consumer(
        runtime.bus,
        GROUP,
        {Decision: intake.on_decisions, Response: intake.on_responses},
        service=NAME,
        linger=LINGER,
        clock=runtime.clock,
    )


def _erased(runtime: Runtime, erasing: Erasing) -> Consumer:
    return Consumer(
        runtime.bus,
        f"{GROUP}.consent",
        {ContactErased: erasing.on_erased},
        service=NAME,
        clock=runtime.clock,
    )


def _hosts(runtime: Runtime, settings: ClosedLoopSettings) -> frozenset[str] | None:
    return None if runtime.settings.sandbox else settings.hosts


def _posting(runtime: Runtime, settings: ClosedLoopSettings) -> Posting:
    return Posting(
        outside=http.public_client(timeout=settings.timeout),
        inside=runtime.http,
        hosts=_hosts(runtime, settings),
        pepper=runtime.pepper,
        timeout=settings.timeout,
        clock=runtime.clock,
    )


async def _until_stopped(sending: Sending) -> None:
    try:
        await sending.run()
    finally:
        await sending.posting.outside.aclose()


def _figures(runtime: Runtime, settings: ClosedLoopSettings) -> Figures:
    """Of analytics: by its name, or in this process as `aftercall up` runs them."""
    client, url = runtime.http, settings.service_url
    if url is None:
        transport = httpx.ASGITransport(runtime.here.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, trust_env=False)
    address = (url or "http://{service}").format(service="analytics")
    return Figures(http=client, url=address, pepper=runtime.pepper, clock=runtime.clock)


service = Service(
    NAME,
    [webhooks.router, alerts.router, privacy.router],
    start,
    migrations=[NAME],
    settings=ClosedLoopSettings,
)
app = serve(service)
