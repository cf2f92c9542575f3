"""Services of the commit before and of this one side by side, there and back, under load.

Beside them stand documents and events that neither, or only the newer one, knows.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from common import http
from common.database import Database
from deploy import table
from orchestrator.service.configuration.keys import create_key
from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.faults import Fault, Faults, Trouble
from sandbox.serving import serve
from tests.e2e.rolling import REPLICAS, calls_end, restart_replica, why_unknown
from tests.e2e.stack import THIS, Release, stack
from tests.e2e.world import SECRETS, Tenant, World, new_database, until
from tests.skew.releases import both
from tests.skew.tomorrow import WORKSPACE, publish_events, write_documents

CALLS_PER_SECOND = 5.0
LATENCY = 0.5  # seconds that the carrier takes: some requests are in flight at every moment
SEED = 13

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("skew")]


async def test_two_releases_live_side_by_side_there_and_back(
    kafka_servers: str,
    postgres_url: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    older, beside = both(tmp_path)
    record_property("releases", beside)
    print(f"\n{beside}")  # noqa: T201 - shown with `-s`
    async with _world(kafka_servers, postgres_url, tmp_path, older) as world:
        tenant = await world.tenant("skew")
        tenant.hears(Callers(world.carrier, seed=SEED))
        slow = Fault(trouble=Trouble.SLOW, account=tenant.sid, median=LATENCY, p99=2 * LATENCY)
        world.carrier.faults = Faults((slow,), seed=SEED)
        await write_documents(world, tenant.name)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            load = tasks.create_task(calls_end(tenant, stop, per_second=CALLS_PER_SECOND))
            of_tomorrow = await _there_and_back(world, tenant, older)
            stop.set()
        await tenant.quiet(calls=len(tenant.told))
        await until(lambda: _are_counted(world, of_tomorrow))

        report = await tenant.audited()  # nothing wrong, nothing dead, no lag
        assert not report.unknown | report.unknown_replies, await why_unknown(tenant)
        assert (report.accepted, report.most) == (report.asked, 1)
        assert report.asked == report.invited == report.calls > 0
        assert report.answered == report.counted > 0
        await _say_unknown(world)
        record_property("journey", f"{report}\nrefused {dict(load.result())}")
        print(f"{report}\nrefused {dict(load.result())}")  # noqa: T201 - shown with `-s`


async def _there_and_back(world: World, tenant: Tenant, older: Release) -> set[UUID]:
    """Older, mixed, newer, mixed, older; what a newer one writes comes in each of these states."""
    told = await publish_events(world, "older")
    for release, phase in ((THIS, "there"), (older, "back")):
        if release is THIS:
            world.stack.release = THIS
            await world.stack.prepare()  # migrations first, as with every release
        for replica in range(REPLICAS):
            await restart_replica(world, replica, to=release)
            told |= await publish_events(world, f"{phase}-{replica}")
            await _is_exported_and_applied(tenant)
    return told


async def _is_exported_and_applied(tenant: Tenant) -> None:
    """By either release: what it does not know is neither lost nor refused."""
    for replica in range(REPLICAS):
        url = tenant.world.url("/v1/config", replica=replica)
        where = {"workspace": tenant.name}
        exported = await tenant.world.request("GET", url, params=where)
        assert exported.is_success, exported.text
        assert "automations" in exported.json()
        applied = await tenant.world.request(
            "PUT", url, params={**where, "prune": True}, json=exported.json()
        )
        assert (applied.status_code, applied.json().get("changes")) == (200, []), applied.text


async def _are_counted(world: World, calls: set[UUID]) -> bool:
    """What was told of calls in words that nobody here knows."""
    async with world.db.connection() as connection:
        rows = await connection.fetch(
            "select interaction_id from analytics.facts where workspace = $1", WORKSPACE
        )
    return {row["interaction_id"] for row in rows} >= calls


async def _say_unknown(world: World) -> None:
    """Every replica reads the documents, and says which kinds it cannot read."""
    for service in ("ingest", "sms-sender"):
        for replica in range(REPLICAS):
            count = await world.metric(
                service, replica, "aftercall_config_unreadable_documents", kind="flow"
            )
            assert count > 0, service


@asynccontextmanager
async def _world(
    kafka: str, postgres_url: str, folder: Path, release: Release
) -> AsyncIterator[World]:
    """Two replicas of everything, of the older release. The carrier tells until it is heard."""
    namespace = f"s{uuid4().hex[:12]}."
    database = await new_database(postgres_url)
    async with (
        stack(
            folder,
            kafka=kafka,
            namespace=namespace,
            database=database,
            secrets=SECRETS,
            release=release,
        ) as running,
        serve(Carrier, accounts={}, webhook_tries=0) as carrier,
        http.client(timeout=30.0, answer=2**26) as client,
    ):
        services = [one.name for one in table.SERVICES if one.name in release.services]
        await asyncio.gather(*(running.start(name, replicas=REPLICAS) for name in services))
        db = await Database.connect(database, size=2)
        async with db.transaction() as connection:
            key = await create_key(connection, name="skew", scopes=["admin"], workspace=None)
        yield World(running, carrier, db, client, key, kafka, namespace)
        await db.close()
