"""How a service is declared and run: alone, or beside the others.

A service's `app.py` says `service = Service(name, routers, start)` and `app = serve(service)`.
`start(runtime, tasks)` builds its parts from the runtime and spawns its background tasks; what it
returns is what its endpoints get by `Depends(part(Parts))`.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import TypeVar

from fastapi import FastAPI, Request

from common import http, topics
from common.bus import Bus, NotOurs
from common.config import ConfigReader
from common.database import Database
from common.database.clock import DatabaseClock
from common.database.migrations import MayNotMigrate, migrate
from common.database.pool import TRANSIENT
from common.errors import Retry
from common.process import web
from common.process.admission import Admission
from common.process.dependencies import watching_dependencies
from common.process.runtime import Runtime, Service, Tasks
from common.process.settings import CommonSettings
from common.sealing import MasterKeys
from common.telemetry import logging

P = TypeVar("P")
log = logging.get(__name__)
_AGAIN = 2.0  # seconds between two tries to start
_WAITS: tuple[type[BaseException], ...] = (
    *TRANSIENT,
    MayNotMigrate,
)  # for the database, or for who migrates


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
        db = await database_of(settings)  # its first use connects: it may be away now
        stack.push_async_callback(db.close)
        bus = _bus(settings, db)
        stack.push_async_callback(bus.close)
        client = await stack.enter_async_context(http.client())
        yield Runtime(
            settings=settings,
            db=db,
            bus=bus,
            http=client,
            config=ConfigReader(db),
            admission=Admission(settings.requests_per_second, settings.events_per_second),
            clock=DatabaseClock(db),
        )


async def database_of(settings: CommonSettings, *, size: int | None = None) -> Database:
    """A pool as the settings say."""
    return await Database.connect(
        settings.database_url.get_secret_value(),
        size=size or settings.database_pool_size,
        master_keys=MasterKeys.parse(settings.master_keys.get_secret_value()),
        seals=settings.encrypt_addresses,
    )


def _bus(settings: CommonSettings, db: Database) -> Bus:
    if settings.kafka_bootstrap_servers:
        from common.bus.kafka import KafkaBus  # aiokafka is loaded only where it is used

        return KafkaBus(
            settings.kafka_bootstrap_servers,
            namespace=settings.kafka_namespace,
            security=settings.security,
        )
    from common.bus.pglog import PgLogBus

    return PgLogBus(db)


@asynccontextmanager
async def running(
    app: FastAPI, runtime: Runtime, services: Sequence[Service]
) -> AsyncIterator[None]:
    """Starts the services on this runtime and stops them in reverse order."""
    _begin(app, runtime, services)
    async with AsyncExitStack() as stack:
        await _start(app, stack)
        async with watching_dependencies(runtime.db, runtime.bus):
            yield


def _begin(app: FastAPI, runtime: Runtime, services: Sequence[Service]) -> None:
    app.state.runtime = runtime
    runtime.here.app = app
    app.state.services = services
    app.state.parts = {}
    app.state.tasks = []


async def _start(app: FastAPI, stack: AsyncExitStack) -> None:
    runtime: Runtime = app.state.runtime
    await _try_to_make_topics(runtime)  # before anybody subscribes: topics found later wait
    whole = Tasks("process")
    stack.push_async_callback(whole.stop)
    if isinstance(runtime.clock, DatabaseClock):
        with suppress(Retry):
            await runtime.clock.compare()
        whole.spawn("clock", runtime.clock.keep())
    for service in app.state.services:
        tasks = Tasks(service.name)
        stack.push_async_callback(tasks.stop)
        app.state.tasks.append(tasks)
        parts = await service.start(runtime, tasks)
        app.state.parts[type(parts)] = parts
    tune_garbage_collection()


async def _try_to_make_topics(runtime: Runtime) -> None:
    try:
        await runtime.bus.create_topics(topics.partitions())
    except NotOurs:
        log.debug("topics_are_made_by_others")
    except Retry as retry:  # they are there, but for the very first start
        log.warning("topics_wait", reason=retry.reason)


async def _start_when_possible(
    app: FastAPI, upgrading: Callable[[], Awaitable[None]], stack: AsyncExitStack
) -> None:
    """Requests are answered 503 until the database is there: nothing runs on an old schema."""
    while True:
        await asyncio.sleep(_AGAIN)
        try:
            await upgrading()
        except _WAITS as error:
            log.warning("start_waits", reason=_reason(error))
        else:
            return await _start(app, stack)


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, MayNotMigrate) else type(error).__name__


def tune_garbage_collection() -> None:
    """Batches make many objects and few cycles; the default collector took a quarter of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def part(kind: type[P]) -> Callable[[Request], Awaitable[P]]:
    """A FastAPI dependency: what the service's `start` returned."""

    async def give(request: Request) -> P:  # async, or it would be run in another thread
        found: P | None = request.app.state.parts.get(kind)
        if found is None:
            raise Retry("this process is starting")
        return found

    return give


def serve(*services: Service) -> FastAPI:
    """The ASGI application of one process, configured from the environment."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = CommonSettings()
        logging.set_up(settings.log_level)
        upgrading = partial(upgrade, settings.database_url.get_secret_value(), services)
        async with open_runtime(settings) as runtime, AsyncExitStack() as stack:
            await stack.enter_async_context(watching_dependencies(runtime.db, runtime.bus))
            _begin(app, runtime, services)
            try:
                await upgrading()
            except _WAITS as error:
                log.warning("start_waits", reason=_reason(error))
                starting = Tasks("start")
                app.state.tasks.append(starting)
                stack.push_async_callback(starting.stop)
                starting.spawn("start", _start_when_possible(app, upgrading, stack), ends=True)
            else:
                await _start(app, stack)
            yield
        log.info("stopped", services=[service.name for service in services])

    return web.application(services, lifespan)
