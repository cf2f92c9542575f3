"""Every replica of every service is restarted under load; nothing is lost, doubled or unknown."""

import asyncio
import itertools
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from common import http
from common.database import Database
from deploy import table
from orchestrator.service.configuration.keys import create_key
from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.faults import Fault, Faults, Trouble
from sandbox.pbx.numbers import customer
from sandbox.serving import serve
from tests.e2e.stack import Process, stack
from tests.e2e.world import SECRETS, Tenant, World, event, new_database

REPLICAS = 2
CALLS_PER_SECOND = 8.0
LATENCY = 0.8  # seconds that the carrier takes: some requests are in flight at every moment
ENDED_IN_ORDER = (0, -signal.SIGTERM)  # uvicorn dies of the signal when all is done
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
            load = tasks.create_task(_calls_end(tenant, stop))
            in_flight = await _restart_all(world)
            stop.set()
        refused = load.result()
        await tenant.quiet(calls=len(tenant.told))

        report = await tenant.audited()  # nothing wrong
        assert not report.unknown | report.unknown_replies, await _why(tenant)
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
        http.client(timeout=30.0) as client,
    ):
        await asyncio.gather(
            *(running.start(service.name, replicas=REPLICAS) for service in table.SERVICES)
        )
        db = await Database.connect(database, size=2)
        async with db.transaction() as connection:
            key = await create_key(connection, name="rolling", scopes=["admin"], workspace=None)
        yield World(running, carrier, db, client, key, kafka, namespace)
        await db.close()


async def _restart_all(world: World) -> list[int]:
    """All services at once, replica by replica, as a new release is rolled out.

    Returns the requests in flight when a sender was told to end.
    """
    in_flight = []
    for replica in range(REPLICAS):
        async with asyncio.timeout(60):
            while not (claimed := await _claimed(world.db)):  # noqa: ASYNC110 - in a database
                await asyncio.sleep(0.05)
        in_flight.append(claimed)
        await asyncio.gather(
            *(_restart(world.stack.processes[service.name][replica]) for service in table.SERVICES)
        )
    return in_flight


async def _restart(process: Process) -> None:
    status = await process.stop()  # raises when it takes longer than the grace
    assert status in ENDED_IN_ORDER, process.tail()
    log = process.log.read_text()
    assert log.count("Application shutdown complete") == 1, process.tail()
    assert "stopped_with_work" not in log
    process.start()
    await process.ready()


async def _claimed(db: Database) -> int:
    async with db.connection() as connection:
        count: int = await connection.fetchval(
            "select count(*) from sms_sender.sends where state = 'claimed'"
        )
    return count


async def _why(tenant: Tenant) -> list[dict[str, object]]:
    """What became of those sends of which nobody knows."""
    rows = await tenant.rows(
        "select kind, failure, reason, attempts, claimed_at from sms_sender.sends"
        " where workspace = $1 and state = 'unknown'"
    )
    return [dict(row) for row in rows]


async def _calls_end(tenant: Tenant, stop: asyncio.Event) -> Counter[str]:
    """Until told to stop; what ingest did not take at once, which a PBX tells again."""
    refused: Counter[str] = Counter()
    async with asyncio.TaskGroup() as tasks:
        for number in itertools.count():
            if stop.is_set():
                return refused
            tasks.create_task(_tell(tenant, number, refused))
            await asyncio.sleep(1 / CALLS_PER_SECOND)
    return refused


async def _tell(tenant: Tenant, number: int, refused: Counter[str]) -> None:
    """To one replica after the other, as a load balancer does it."""
    call = f"rolling-{number}"
    body = event(call, customer(number))
    for replica in itertools.count(number):
        url = tenant.urls(replica=replica % REPLICAS)["cloudevents"]
        try:
            answer = await tenant.world.request("POST", url, json=body)
        except httpx.TransportError as error:
            refused[type(error).__name__] += 1
            await asyncio.sleep(0.05)
            continue
        assert answer.status_code in (202, 503), answer.text
        if answer.status_code == 202:
            tenant.told.add(call)
            return
        refused["503"] += 1
        await asyncio.sleep(0.05)
