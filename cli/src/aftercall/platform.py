"""All services in one process: what `up` and `demo` run. One port is public, one internal."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import analytics.app
import closed_loop.app
import console.app
import ingest.app
import ivr_gateway.app
import orchestrator.app
import sms_sender.app
import whatsapp_sender.app
from common.bus import Bus
from common.bus.pglog import PgLogBus
from common.process import serving, web
from common.process.listening import bound
from common.process.runtime import Runtime, Service
from common.process.service import open_runtime, running, upgrade
from common.process.settings import CommonSettings
from common.telemetry import logging

SERVICES: Sequence[Service] = (
    orchestrator.app.service,
    analytics.app.service,
    sms_sender.app.service,
    whatsapp_sender.app.service,
    ivr_gateway.app.service,
    ingest.app.service,
    closed_loop.app.service,
    console.app.service,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that answers on `url`. `failed`: a background task has ended by itself.

    `internal_url`: metrics, OpenAPI and health, which are nobody's but the operator's.
    """

    url: str
    internal_url: str
    runtime: Runtime
    stopped: asyncio.Event  # set when a signal or an ended task asked for the end
    failed: Callable[[], bool]


@asynccontextmanager
async def trimming(bus: Bus) -> AsyncIterator[None]:
    """Keeps the embedded log to its topics' retention; Kafka does that itself."""
    if not isinstance(bus, PgLogBus):
        yield
        return
    task = asyncio.create_task(bus.trim_forever())
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def platform(
    settings: CommonSettings, sock: socket.socket, *, inside: socket.socket | None = None
) -> AsyncIterator[Platform]:
    """Migrates, starts every service, serves HTTP; stops in order at the end of the block.

    `inside`: bound, for what is the operator's alone; else it is at a free port.
    """
    logging.set_up(settings.log_level)
    await upgrade(settings.database_url.get_secret_value(), SERVICES)
    stopped = asyncio.Event()
    async with open_runtime(settings) as runtime:
        app = web.application(SERVICES, None)
        async with trimming(runtime.bus), running(app, runtime, SERVICES):
            serving.allow_many_connections()
            inside = inside or bound("127.0.0.1", 0, todo="try again")
            trusted = serving.ServingSettings().trusted_proxies
            public = serving.config(app, lifespan="off", forwarded_allow_ips=trusted)
            server = serving.Server(app, public, inside, signals=False)
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, stopped.set)
            answering = asyncio.create_task(server.serve([sock]))
            url, internal_url = (
                f"http://127.0.0.1:{one.getsockname()[1]}" for one in (sock, inside)
            )
            try:
                yield Platform(
                    url,
                    internal_url,
                    runtime,
                    stopped,
                    lambda: any(t.failed for t in app.state.tasks),
                )
            finally:
                server.should_exit = True
                await answering
