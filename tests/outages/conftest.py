"""A platform whose broker and database may go away: every service as a process, all its own."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from common import http
from common.database import Database
from common.testing.kafka import Broker
from common.testing.postgres import Server
from deploy import table
from orchestrator.service.configuration.keys import create_key
from sandbox.carrier import Carrier
from sandbox.serving import serve
from tests.e2e.stack import Process, stack
from tests.e2e.world import SECRETS, Tenant, World, until

HERE = "tests/outages/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(HERE):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("outages"))


@dataclass(frozen=True)
class Ground:
    """`tenant`: a workspace that is configured and asks."""

    broker: Broker
    server: Server
    world: World
    tenant: Tenant

    @property
    def processes(self) -> list[Process]:
        return self.world.stack.all()

    async def both(self) -> None:
        """Database and broker are there, and every service knows it."""
        if self.server.pid is None:
            await asyncio.to_thread(self.server.start)
        if self.broker.pid is None:
            await asyncio.to_thread(self.broker.start)
        for process in self.processes:
            if not process.running:
                process.start()
        await asyncio.gather(*(process.ready() for process in self.processes))

    async def status(self, process: Process, path: str) -> int:
        """0: it does not listen yet."""
        try:
            return (await self.world.http.get(process.internal_url + path)).status_code
        except httpx.TransportError:
            return 0

    async def readiness(self, wanted: dict[str, int]) -> None:
        """Returns once every service says what is wanted of it, and that it is worth keeping."""

        async def told() -> bool:
            return {p.service: await self.status(p, table.READY) for p in self.processes} == wanted

        await until(told)
        for process in self.processes:
            assert process.running, process.tail()
            assert await self.status(process, table.LIVE) == 200, process.service


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aftercall-outages-"))
    folder.chmod(0o755)  # PostgreSQL may have to run as another user
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform() -> AsyncIterator[Ground]:
    folder = _folder()
    async with AsyncExitStack() as end:
        end.callback(shutil.rmtree, folder, ignore_errors=True)
        broker, server = Broker(folder / "kafka"), Server(folder / "postgres")
        end.callback(broker.kill)
        end.callback(server.stop, immediate=True)
        await asyncio.gather(asyncio.to_thread(broker.start), asyncio.to_thread(server.start))
        running = await end.enter_async_context(
            stack(
                folder,
                kafka=broker.servers,
                namespace="",
                database=server.url(),
                secrets=SECRETS,
            )
        )
        carrier = await end.enter_async_context(serve(Carrier, accounts={}, webhook_tries=5))
        client = await end.enter_async_context(http.client(timeout=30.0, answer=2**26))
        await asyncio.gather(*(running.start(service.name) for service in table.SERVICES))
        db = await Database.connect(server.url(), size=2)
        end.push_async_callback(db.close)
        async with db.transaction() as connection:
            key = await create_key(connection, name="tests", scopes=["admin"], workspace=None)
        world = World(running, carrier, db, client, key, broker.servers, "")
        yield Ground(broker, server, world, await world.tenant("outages"))


@pytest_asyncio.fixture(loop_scope="session")
async def ground(platform: Ground) -> AsyncIterator[Ground]:
    await platform.both()
    yield platform
    await platform.both()
