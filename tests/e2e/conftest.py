"""The shared platform: real Kafka, real PostgreSQL, every service a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from common import http
from common.database import Database
from orchestrator.service.configuration.keys import create_key
from sandbox.carrier import Carrier
from sandbox.serving import serve
from tests.e2e.ground import Ground, secured
from tests.e2e.stack import stack
from tests.e2e.world import KEYS, SEALED, SECRETS, VENDORS, World, make_topics, source, until

HERE = "tests/e2e/"
BY_TOPIC = ("copies", "dead", "told")  # workspaces that get records by topic


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop and, with xdist, one worker: the journeys share a platform and two cores."""
    for item in items:
        if item.nodeid.startswith(HERE):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground(run_folder: Path) -> AsyncIterator[Ground]:
    async with secured(run_folder / "secured", f"e{uuid4().hex[:12]}.") as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Two replicas of ingest, three of the orchestrator, one of each other service.

    Each service is its own user on the broker and its own role in the database, with the grants of
    `contracts/topics.md` and no others: so every journey is a test of them.
    """
    kafka, namespace = ground.kafka, ground.namespace
    await make_topics(
        kafka, namespace, [source(name, vendor) for name in BY_TOPIC for vendor in VENDORS]
    )
    folder = tmp_path_factory.mktemp("stack")
    async with (
        stack(
            folder,
            kafka=kafka,
            namespace=namespace,
            database=ground.database,
            secrets=SECRETS,
            more={"AFTERCALL_CLOSED_LOOP_HOSTS": "127.0.0.1", **SEALED},
            own=ground.own,
        ) as running,
        serve(Carrier, accounts={}, webhook_tries=5) as carrier,
        http.client(timeout=30.0, answer=2**26) as client,
    ):
        await running.start("orchestrator", replicas=3)
        await asyncio.gather(
            running.start("analytics"),
            running.start("sms-sender"),
            running.start("ivr-gateway"),
            running.start("whatsapp-sender"),
            running.start("ingest", replicas=2),
            running.start("closed-loop"),
            running.start("console"),
        )
        db = await Database.connect(ground.database, size=4, master_keys=KEYS)
        async with db.transaction() as connection:
            key = await create_key(connection, name="e2e", scopes=["admin"], workspace=None)
        made = World(running, carrier, db, client, key, kafka, namespace)
        for replica in range(3):
            await until(partial(_asks, made, replica))
        yield made
        await db.close()


async def _asks(world: World, replica: int) -> bool:
    """An orchestrator that has just begun asks nobody before it has read who said no."""
    return await world.metric("orchestrator", replica, "aftercall_asking_standstill") == 0


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes what a journey measured; shown with `-s` and in the report of a run."""

    def note(text: str) -> None:
        request.node.user_properties.append(("journey", text))
        print(f"\n{text}")  # noqa: T201 - that is what it is for

    return note
