"""Everything five times, in any order, by any way, in other words: once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from common.topics import BY_NAME, INTERACTIONS, intake
from sandbox.callers import Callers
from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import CallEnded
from sandbox.pbx.calls import Kind, PbxCall, Post
from sandbox.pbx.scenario import SHARES, Style
from sandbox.truth import recompute
from tests.e2e.world import ONCE_A_WEEK, Tenant, World, calls_end, demo, each, source

CALLS, COPIES = 60, 5
SEED = 23
KINDS = {kind: share for kind, share in SHARES.items() if kind is not Kind.TEST}
AGAIN = "again"  # header: a copy that the test itself made
PARTITIONS = BY_NAME[INTERACTIONS].partitions


async def test_five_copies_of_everything_count_once(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("copies", flows=demo()["flows"], caps=ONCE_A_WEEK)
    told = await calls_end(
        CALLS,
        seed=SEED,
        shares=KINDS,
        style=Style(workspace=tenant.name, copies=COPIES),
    )
    callers = Callers(world.carrier, seed=SEED, late_after=1.0)
    tenant.hears(callers)
    world.carrier.faults = Faults(
        (
            Fault(trouble=Trouble.REPEATED, account=tenant.sid, copies=COPIES),
            Fault(trouble=Trouble.REORDERED, account=tenant.sid, rate=0.3),
        ),
        seed=SEED,
    )
    before = [await _decided(world, replica) for replica in range(3)]
    async with _mirror(world) as mirrored, _producer(world) as producer:
        ways = await _tell_all(tenant, told.calls, producer)
        for call in told.calls:
            callers.had_call(call.customer or "", call.quality)
        funnel = await tenant.quiet(calls=CALLS)
    world.carrier.faults = Faults()

    truth = recompute(tenant.entries())
    assert funnel["calls"] == truth.calls == CALLS
    assert (funnel["sent"], funnel["answered"]) == (truth.asked, truth.answered)
    given = {s["metric"]: s["n"] for s in (await tenant.scores())["scores"] if s["n"]}
    assert given == {metric: len(scores) for metric, scores in truth.scores.items()}
    # Each that ingest published came twice. It publishes more than it was told where its group was
    # balanced again before it could commit, as when another workspace got a source.
    ours = [one for one in mirrored if json.loads(one)["workspace"] == tenant.name]
    assert len(ours) >= CALLS * COPIES
    copies = await _copies(tenant)
    assert copies == (CALLS, 2 * len(ours) - CALLS)
    took = [await _decided(world, replica) - before[replica] for replica in range(3)]
    assert sum(share > 0 for share in took) >= 2, took
    assert min(ways) > 0
    report = await tenant.audited()
    tell(
        f"copies: {CALLS} calls x {COPIES} by (ingest 1, ingest 2, topic) = {ways},"
        f" {len(mirrored)} more under other keys; decisions {copies[0]}, copies seen {copies[1]},"
        f" per replica {took}; texts {report.accepted}, answers {funnel['answered']}"
    )


async def _tell_all(
    tenant: Tenant, calls: tuple[PbxCall, ...], producer: AIOKafkaProducer
) -> list[int]:
    """Shuffled, each copy by a way drawn for it; returns how many went which way."""
    world, draw = tenant.world, Random(SEED)
    planned = [(call, post, copy) for call in calls for copy, post in enumerate(call.posts)]
    draw.shuffle(planned)
    ways = [0, 0, 0]
    for call in calls:
        world.carrier.ledger.add(_ended(call))
        tenant.told.add(call.call_id)

    async def one(plan: tuple[PbxCall, Post, int]) -> None:
        call, post, copy = plan
        body, way = _varied(post, copy), draw.randrange(3)
        ways[way] += 1
        if way == 2:
            topic = world.namespace + intake(source(tenant.name, call.vendor))
            await producer.send_and_wait(topic, body, key=draw.randbytes(8))
            return
        headers = {"Content-Type": post.content_type, **tenant.headers.get(call.vendor, {})}
        url = tenant.urls(replica=way)[call.vendor]
        answer = await world.http.post(url, content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    await each(planned, one, at_once=12)
    return ways


def _varied(post: Post, copy: int) -> bytes:
    """The same call in a body that differs: another order of keys, a field more, another id."""
    if not post.body.startswith(b"{"):
        return post.body
    body: dict[str, Any] = json.loads(post.body)
    body = dict(reversed(body.items())) if copy % 2 else body
    if "specversion" in body:
        body["id"] = f"{body['id']}-{copy}"
    return json.dumps(body | {"attempt": copy}).encode()


def _ended(call: PbxCall) -> CallEnded:
    return CallEnded(
        at=datetime.now(UTC),
        source=call.vendor,
        call_id=call.call_id,
        number=call.customer,
        queue=call.queue,
        agent=call.agent.id if call.agent else None,
        ending=call.ending,
    )


@asynccontextmanager
async def _producer(world: World) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def _mirror(world: World) -> AsyncIterator[list[bytes]]:
    """Sends every interaction a second time, under another key, so that replicas race for it."""
    topic, draw = world.namespace + INTERACTIONS, Random(SEED)
    sent: list[bytes] = []
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=world.kafka, auto_offset_reset="latest")
    await consumer.start()
    await consumer.seek_to_end()

    async def copy(producer: AIOKafkaProducer) -> None:
        async for record in consumer:
            if not record.headers:
                sent.append(record.value)
                await producer.send(
                    topic,
                    record.value,
                    key=draw.randbytes(8),
                    partition=draw.randrange(PARTITIONS),
                    headers=[(AGAIN, b"1")],
                )

    try:
        async with _producer(world) as producer:
            copying = asyncio.create_task(copy(producer))
            yield sent
            copying.cancel()
            await asyncio.wait([copying])
    finally:
        await consumer.stop()


async def _decided(world: World, replica: int) -> float:
    """How many a replica has decided to ask."""
    return await world.metric("orchestrator", replica, "aftercall_decisions_total", reason="invite")


async def _copies(tenant: Tenant) -> tuple[int, int]:
    """(decisions, further copies of what was decided)"""
    async with tenant.world.db.connection() as connection:
        row = await connection.fetchrow(
            "select count(*), sum(copies)::int from orchestrator.decisions where workspace = $1",
            tenant.name,
        )
    return row[0], row[1]
