"""Every replica of every service is restarted under load; nothing is lost, doubled or unknown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from common import http
from common.database import Database
from deploy import table
from orchestrator.service.configuration.keys import create_key
from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.faults import Fault, Faults, Trouble
from sandbox.serving import serve
from tests.e2e.rolling import REPLICAS, calls_end, restart_all, why_unknown
from tests.e2e.stack import stack
from tests.e2e.world import SECRETS, World, new_database

LATENCY = 0.8  # seconds that the carrier takes: some requests are in flight at every moment
SEED = 11

pytestmark = pytest.mark.e2e


async def test_a_rolling_restart_under_load_loses_and_doubles_nothing(
    kafka_servers: str,
    postgres_url: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    async with _world(kafka_servers, postgres_url, tmp_path) as world:
        tenant = await world.tenant("rolling")
        tenant.hears(Callers(world.carrier, seed=SEED))
        slow = Fault(trouble=Trouble.SLOW, account=tenant.sid, median=LATENCY, p99=2 * LATENCY)
        world.carrier.faults = Faults((slow,), seed=SEED)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            load = tasks.create_task(calls_end(tenant, stop))
            in_flight = await restart_all(world)
            stop.set()
        refused = load.result()
        await tenant.quiet(calls=len(tenant.told))

        report = await tenant.audited()  # nothing wrong
        assert not report.unknown | report.unknown_replies, await why_unknown(tenant)
        assert (report.accepted, report.most) == (report.asked, 1)
        assert report.asked == report.invited > 0
        assert report.answered == report.counted > 0
        figures = f"{report}\nin flight at the senders' ends {in_flight}, refused {dict(refused)}"
        record_property("journey", figures)
        print(f"\n{figures}")  # noqa: T201 - shown with `-s`


@asynccontextmanager
async def _world(kafka: str, postgres_url: str, folder: Path) -> AsyncIterator[World]:
    """Two replicas of everything. The carrier tells until it is acknowledged."""
    namespace = f"r{uuid4().hex[:12]}."
    database = await new_database(postgres_url)
    async with (
        stack(
            folder, kafka=kafka, namespace=namespace, database=database, secrets=SECRETS
        ) as running,
        serve(Carrier, accounts={}, webhook_tries=0) as carrier,
        http.client(timeout=30.0, answer=2**26) as client,
    ):
        await asyncio.gather(
            *(running.start(service.name, replicas=REPLICAS) for service in table.SERVICES)
        )
        db = await Database.connect(database, size=2)
        async with db.transaction() as connection:
            key = await create_key(connection, name="rolling", scopes=["admin"], workspace=None)
        yield World(running, carrier, db, client, key, kafka, namespace)
        await db.close()
