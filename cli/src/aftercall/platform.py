"""All services in one process on one port: what `up` and `demo` run."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn

import analytics.app
import ingest.app
import ivr_gateway.app
import orchestrator.app
import sms_sender.app
from common.bus import Bus
from common.bus.pglog import PgLogBus
from common.process import web
from common.process.runtime import Runtime, Service
from common.process.service import open_runtime, running, upgrade
from common.process.settings import CommonSettings
from common.telemetry import logging

SERVICES: Sequence[Service] = (
    orchestrator.app.service,
    analytics.app.service,
    sms_sender.app.service,
    ivr_gateway.app.service,
    ingest.app.service,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that answers on `url`. `failed`: a background task has ended by itself."""

    url: str
    runtime: Runtime
    stopped: asyncio.Event  # set when a signal or an ended task asked for the end
    failed: Callable[[], bool]


class _Server(uvicorn.Server):
    """Leaves signals to us: the services stop before the process does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


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
async def platform(settings: CommonSettings, sock: socket.socket) -> AsyncIterator[Platform]:
    """Migrates, starts every service, serves HTTP; stops in order at the end of the block."""
    logging.set_up(settings.log_level)
    await upgrade(settings.database_url.get_secret_value(), SERVICES)
    stopped = asyncio.Event()
    async with open_runtime(settings) as runtime:
        app = web.application(SERVICES, None)
        async with trimming(runtime.bus), running(app, runtime, SERVICES):
            server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, stopped.set)
            serving = asyncio.create_task(server.serve([sock]))
            url = f"http://127.0.0.1:{sock.getsockname()[1]}"
            try:
                yield Platform(
                    url, runtime, stopped, lambda: any(t.failed for t in app.state.tasks)
                )
            finally:
                server.should_exit = True
                await serving
