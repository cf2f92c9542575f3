"""How a service is declared and run: alone, or beside the others.

A service's `app.py` says `service = Service(name, routers, start)` and `app = serve(service)`.
`start(runtime, tasks)` builds its parts from the runtime and spawns its background tasks; what it
returns is what its endpoints get by `Depends(part(Parts))`.
"""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from fastapi import FastAPI, Request

from common import http, topics
from common.bus import Bus
from common.config import ConfigReader
from common.database import Database
from common.database.migrations import migrate
from common.process import web
from common.process.dependencies import watching_dependencies
from common.process.runtime import Runtime, Service, Tasks
from common.process.settings import CommonSettings
from common.telemetry import logging

P = TypeVar("P")


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
        tune_garbage_collection()
        async with watching_dependencies(runtime.db, runtime.bus):
            yield


def tune_garbage_collection() -> None:
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
