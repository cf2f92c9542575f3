"""Bad records on a vendor's topic: set aside, listed, and sent round again once that can help."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer

from common.topics import intake
from sandbox.pbx.numbers import customer
from tests.e2e.commands import aftercall
from tests.e2e.refusals import DEEP
from tests.e2e.world import Tenant, World, source, until

NAME = "dead"
TOPIC = intake(source(NAME, "mapped-json"))
ZONELESS = 30  # records that the source's mapping, as it is at first, cannot read
MAPPING: dict[str, Any] = {
    "id": "id",
    "ending": "ending",
    "address": "phone",
    "ended_at": "ended",
    "queue": "queue",
}
HOPELESS: Sequence[bytes | None] = (
    None,
    b"",
    b"\x00\x01\x02",
    b'{"id": ',
    DEEP,
    b"x" * 900_000,
    b"[]",
    b'{"id": {"nested": 1}}',
    b'{"id": "a\\u0000b", "ending": "connected", "ended": "2026-01-05T10:00:00Z"}',
    b'{"id": "n", "ending": "connected", "ended": "0001-01-01T00:00:00+14:00"}',
    b'{"id": "f", "ending": "connected", "ended": "2999-01-01T00:00:00Z"}',
    b'{"specversion": "1.0", "type": "interaction.started.v1"}',
)


async def test_bad_records_stop_nothing_and_can_be_redriven(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant(NAME)
    await tenant.configure(sources=_sources(tenant, "iso"))
    good = [_call(f"good-{index}", zone="Z") for index in range(len(HOPELESS) + 1)]
    zoneless = [_call(f"zoneless-{index}", zone="") for index in range(ZONELESS)]
    between = [record for pair in zip(good, HOPELESS, strict=False) for record in pair]
    tenant.told.update(f"good-{index}" for index in range(len(good)))
    await _produce(world, good[:1])
    await until(lambda: _decided_one(tenant))
    # Replicas learn of the source one after the other, and share its topic out anew each time: what
    # is set aside just then may be set aside twice, which is right, and not what is counted here.
    await asyncio.sleep(5)
    await _produce(world, [*between, *zoneless, good[-1]])

    assert len(await tenant.decided(len(good))) == len(good)
    listed = await until(lambda: _listed(world, len(HOPELESS) + ZONELESS))
    assert sum("ended: needs a zone" in line for line in listed) == ZONELESS
    assert all(" ingest " in line for line in listed)

    await tenant.configure(sources=_sources(tenant, "local"))
    redriven = await aftercall("dead", "redrive", TOPIC, environment=world.stack.environment)
    assert f"{len(HOPELESS) + ZONELESS} records sent round again" in redriven.text
    tenant.told.update(f"zoneless-{index}" for index in range(ZONELESS))
    assert len(await tenant.decided(len(tenant.told))) == len(tenant.told)
    left = await until(lambda: _listed(world, len(HOPELESS)))
    assert all(process.running for process in world.stack.all())
    assert {await _alive(world, process.internal_url) for process in world.stack.all()} == {200}
    await tenant.quiet(calls=len(tenant.told))
    await tenant.audited()
    tell(
        f"dead records: {len(HOPELESS)} hopeless ones between good ones, {ZONELESS} in a row;"
        f" listed {len(listed)}, redriven {len(listed)}, then decided {len(tenant.told)} calls,"
        f" left {len(left)}"
    )


async def _decided_one(tenant: Tenant) -> bool:
    return bool(await tenant.rows("select from orchestrator.decisions where workspace = $1"))


def _sources(tenant: Tenant, time: str) -> list[dict[str, Any]]:
    """The source of mapped bodies reads the end's time in that way."""
    mapping = MAPPING | {"ended_at": {"path": "ended", "time": time}}
    return [
        known | {"mapping": mapping} if known["vendor"] == "mapped-json" else known
        for known in tenant.every_source()
    ]


def _call(name: str, *, zone: str) -> bytes:
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()
    number = customer(int(name.partition("-")[2]) + (100 if zone else 0))
    call = {"id": name, "ending": "connected", "phone": number, "queue": "billing"}
    return json.dumps(call | {"ended": now + zone}).encode()


async def _produce(world: World, records: Sequence[bytes | None]) -> None:
    """In this order, on one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, acks="all")
    await producer.start()
    try:
        for record in records:
            await producer.send(world.namespace + TOPIC, record, key=b"k", partition=0)
        await producer.flush()
    finally:
        await producer.stop()


async def _listed(world: World, count: int) -> list[str] | None:
    """The lines of `aftercall dead list`, once there are so many."""
    listed = await aftercall("dead", "list", TOPIC, environment=world.stack.environment)
    assert listed.status == 0, listed.text
    lines = [line for line in listed.text.splitlines() if re.search(r"\[\d+\]@\d+", line)]
    assert f"{len(lines)} dead record" in listed.text
    return lines if len(lines) == count else None


async def _alive(world: World, url: str) -> int:
    return (await world.http.get(f"{url}/livez")).status_code
