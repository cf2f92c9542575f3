"""How a service is declared and run: alone (`uvicorn ingest.app:app`) or beside the others.

A service's `app.py` says `service = Service(name, routers, start)` and `app = serve(service)`.
`start(runtime, tasks)` builds its parts from the runtime and spawns its background tasks; what it
returns is what its endpoints get by `Depends(part(Parts))`.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from fastapi import APIRouter, FastAPI, Request
from pydantic_settings import BaseSettings

from common import http, logging, metrics, topics, web
from common.bus import Bus
from common.config import ConfigReader
from common.db import Database
from common.migrate import migrate
from common.settings import CommonSettings
from common.time import Clock, utc_now
from common.watching import telling_dependencies

log = logging.get(__name__)
P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The outside world as a service sees it; shared by all services of a process."""

    settings: CommonSettings
    db: Database
    bus: Bus
    http: httpx.AsyncClient
    config: ConfigReader
    clock: Clock = utc_now

    @property
    def pepper(self) -> bytes:
        return self.settings.contact_pepper.get_secret_value().encode()


class Tasks:
    """Background tasks of one service. If one ends, the process is told to end in good order."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{self._service}.{name}")
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._stopping:
            return
        error = None if task.cancelled() else task.exception()
        metrics.TASK_ENDED.labels(self._service, task.get_name()).inc()
        log.error("task_ended", service=self._service, task=task.get_name(), exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)  # uvicorn shuts down in order; the platform restarts

    @property
    def failed(self) -> bool:
        return any(task.done() for task in self._tasks) and not self._stopping

    async def stop(self, *, deadline: float = 20.0) -> None:
        """Cancels and waits; consumers finish the batch in hand first."""
        self._stopping = True
        for task in reversed(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline)


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable."""

    name: str  # the Python package: ingest, sms_sender, ...
    routers: Sequence[APIRouter]
    start: Callable[[Runtime, Tasks], Awaitable[object]]
    migrations: Sequence[str] = ()  # packages whose migrations make its schema
    settings: type[BaseSettings] = CommonSettings  # what it reads from the environment


def schemas(services: Sequence[Service]) -> list[tuple[str, str]]:
    """(schema, package whose migrations make it) of all that these services need, in order."""
    own = [(service.name, package) for service in services for package in service.migrations]
    return [("config", "common.config"), ("bus", "common.bus"), *own]


async def upgrade(database_url: str, services: Sequence[Service]) -> None:
    """Brings every schema that these services need up to date; safe to race with others."""
    for schema, package in schemas(services):
        await migrate(database_url, schema, package)


@asynccontextmanager
async def open_runtime(settings: CommonSettings) -> AsyncIterator[Runtime]:
    """Connects to the database and the bus that the settings name."""
    async with AsyncExitStack() as stack:
        db = await Database.connect(
            settings.database_url.get_secret_value(), size=settings.database_pool_size
        )
        stack.push_async_callback(db.close)
        bus = _bus(settings, db)
        stack.push_async_callback(bus.close)
        await bus.create_topics(topics.partitions())
        client = await stack.enter_async_context(http.client())
        yield Runtime(settings=settings, db=db, bus=bus, http=client, config=ConfigReader(db))


def _bus(settings: CommonSettings, db: Database) -> Bus:
    if settings.kafka_bootstrap_servers:
        from common.bus.kafka import KafkaBus  # aiokafka is loaded only where it is used

        return KafkaBus(settings.kafka_bootstrap_servers, namespace=settings.kafka_namespace)
    from common.bus.pglog import PgLogBus

    return PgLogBus(db)


@asynccontextmanager
async def running(
    app: FastAPI, runtime: Runtime, services: Sequence[Service]
) -> AsyncIterator[None]:
    """Starts the services on this runtime and stops them in reverse order."""
    app.state.runtime = runtime
    app.state.parts = {}
    app.state.tasks = []
    async with AsyncExitStack() as stack:
        for service in services:
            tasks = Tasks(service.name)
            stack.push_async_callback(tasks.stop)
            app.state.tasks.append(tasks)
            parts = await service.start(runtime, tasks)
            app.state.parts[type(parts)] = parts
        calm_the_collector()
        async with telling_dependencies(runtime.db, runtime.bus):
            yield


def calm_the_collector() -> None:
    """Batches make many objects and few cycles; the default collector took a quarter of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def part(kind: type[P]) -> Callable[[Request], Awaitable[P]]:
    """A FastAPI dependency: what the service's `start` returned."""

    async def give(request: Request) -> P:  # async, or it would be run in another thread
        found: P = request.app.state.parts[kind]
        return found

    return give


def serve(*services: Service) -> FastAPI:
    """The ASGI application of one process, configured from the environment."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = CommonSettings()
        logging.set_up(settings.log_level)
        await upgrade(settings.database_url.get_secret_value(), services)
        async with open_runtime(settings) as runtime, running(app, runtime, services):
            yield

    return web.application(services, lifespan)
