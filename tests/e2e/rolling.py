"""A rolling restart under load: replicas end in order and start again, calls go on ending."""

import asyncio
import itertools
import signal
from collections import Counter

import httpx

from common.database import Database
from deploy import table
from sandbox.pbx.numbers import customer
from tests.e2e.stack import Process, Release
from tests.e2e.world import Tenant, World, event

REPLICAS = 2
CALLS_PER_SECOND = 8.0
STOPPED = '"event":"stopped"'  # the last line of a process that ends in order
ENDED_IN_ORDER = (0, -signal.SIGTERM)  # uvicorn dies of the signal when all is done


async def restart_all(
    world: World, *, to: Release | None = None, replicas: int = REPLICAS
) -> list[int]:
    """All services at once, replica by replica, as a new release is rolled out.

    Returns the requests in flight when a sender was told to end.
    """
    return [await restart_replica(world, replica, to=to) for replica in range(replicas)]


async def restart_replica(world: World, replica: int, *, to: Release | None = None) -> int:
    """One of every service, to another release if one is named; the requests in flight then."""
    async with asyncio.timeout(60):
        while not (claimed := await _claimed(world.db)):  # noqa: ASYNC110 - in a database
            await asyncio.sleep(0.05)
    await asyncio.gather(
        *(
            _restart(world.stack.processes[service.name][replica], to)
            for service in table.SERVICES
            if service.name in world.stack.processes  # one that is new has nothing before it
        )
    )
    return claimed


async def _restart(process: Process, to: Release | None) -> None:
    ends = process.log.read_text().count(STOPPED)
    status = await process.stop()  # raises when it takes longer than the grace
    assert status in ENDED_IN_ORDER, process.tail()
    log = process.log.read_text()
    assert log.count(STOPPED) == ends + 1, process.tail()
    assert "stopped_with_work" not in log
    process.release = to or process.release
    process.start()
    await process.ready()


async def _claimed(db: Database) -> int:
    async with db.connection() as connection:
        count: int = await connection.fetchval(
            "select count(*) from sms_sender.sends where state = 'claimed'"
        )
    return count


async def why_unknown(tenant: Tenant) -> list[dict[str, object]]:
    """What became of those sends of which nobody knows."""
    rows = await tenant.rows(
        "select kind, failure, reason, attempts, claimed_at from sms_sender.sends"
        " where workspace = $1 and state = 'unknown'"
    )
    return [dict(row) for row in rows]


async def calls_end(
    tenant: Tenant, stop: asyncio.Event, *, per_second: float = CALLS_PER_SECOND
) -> Counter[str]:
    """Until told to stop; what ingest did not take at once, which a PBX tells again."""
    refused: Counter[str] = Counter()
    async with asyncio.TaskGroup() as tasks:
        for number in itertools.count():
            if stop.is_set():
                return refused
            tasks.create_task(_tell(tenant, number, refused))
            await asyncio.sleep(1 / per_second)
    return refused


async def _tell(tenant: Tenant, number: int, refused: Counter[str]) -> None:
    """To one replica after the other, as a load balancer does it."""
    call = f"{tenant.name}-{number}"
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
