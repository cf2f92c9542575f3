"""The same calls, once posted to the services one by one, once put on topics of `aftercall up`."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from common.database import Database
from common.topics import intake
from deploy.table import BY_NAME
from sandbox.pbx.calls import PbxCall
from sandbox.pbx.play import deliveries, play
from sandbox.pbx.scenario import SHARES, Style
from tests.e2e.commands import up
from tests.e2e.stack import Process, Stack
from tests.e2e.world import (
    KEYS,
    ONCE_A_WEEK,
    VENDORS,
    Tenant,
    World,
    calls_end,
    demo,
    make_topics,
    new_database,
    until,
)
from tests.e2e.world import source as source_of

NAME = "bytopic"
CALLS, SEED = 120, 31
VERSIONS = ("flow_id", "flow_version", "survey_id", "survey_version")


@dataclass
class Verdicts:
    """Of one person's calls, or of a call where nobody knows whose it is."""

    reasons: Counter[str] = field(default_factory=Counter)
    versions: Counter[tuple[Any, ...]] = field(default_factory=Counter)


async def test_calls_by_http_and_by_topic_are_decided_alike(
    world: World, postgres_url: str, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    settings: Any = {"flows": demo()["flows"], "caps": ONCE_A_WEEK}
    posted = await world.tenant(NAME, **settings)
    async with _one_process(world, await new_database(postgres_url), tmp_path) as other:
        # The same ids of workspace and sources and the same pepper: the same calls and people.
        produced = await other.tenant(NAME, **settings)
        told = await calls_end(
            CALLS,
            seed=SEED,
            shares=SHARES,
            style=Style(workspace=NAME, extras=True),
        )
        no = [{"address": n, "channel": "all", "state": "withdrawn"} for n in told.opted_out]
        for tenant in (posted, produced):
            await tenant.world.call("POST", "/v1/consent/import", json=no, workspace=NAME)
            tenant.told.update(call.call_id for call in told.calls)
        for tenant in (posted, produced):  # an ask that waits for consent gives way to a newer call
            await until(lambda tenant=tenant: _may_ask(tenant.world))

        await play(told.calls, posted.urls(), headers=posted.headers)
        await _produce(produced, told.calls)
        verdicts = [await _verdicts(tenant) for tenant in (posted, produced)]

    assert verdicts[0] == verdicts[1]
    reasons: Counter[str] = sum((of.reasons for of in verdicts[0].values()), Counter())
    assert reasons.total() == CALLS
    assert {"invite", "frequency_cap", "sampled_out", "opted_out"} <= reasons.keys()
    tell(f"by topic: {CALLS} calls by HTTP and by topic, equal verdicts: {dict(reasons)}")


async def _may_ask(world: World) -> bool:
    return await world.metric("orchestrator", 0, "aftercall_asking_standstill") == 0


@asynccontextmanager
async def _one_process(world: World, database: str, folder: Path) -> AsyncIterator[World]:
    """`aftercall up` on the same Kafka, in a namespace and a database of its own."""
    namespace = f"e{uuid4().hex[:12]}."
    await make_topics(world.kafka, namespace, [source_of(NAME, vendor) for vendor in VENDORS])
    environment = {
        **world.stack.environment,
        **world.stack.secrets,
        "AFTERCALL_KAFKA_NAMESPACE": namespace,
        "AFTERCALL_DATABASE_URL": database,
    }
    async with up(environment=environment) as running:
        everything = Process(
            "up",
            running.port,
            folder / "log",
            environment,
            internal_port=int(running.internal_url.rpartition(":")[2]),
        )
        processes = {service: [everything] for service in BY_NAME}
        stack = Stack(folder, environment, running.port, processes=processes)
        db = await Database.connect(database, size=2, master_keys=KEYS)
        assert running.key
        yield replace(world, stack=stack, db=db, key=running.key, namespace=namespace)
        await db.close()


async def _produce(tenant: Tenant, calls: tuple[PbxCall, ...]) -> None:
    """As a PBX with a Kafka client does it: the body, and nothing else."""
    producer = AIOKafkaProducer(bootstrap_servers=tenant.world.kafka, acks="all")
    await producer.start()
    try:
        for delivery in deliveries(calls):
            topic = intake(source_of(NAME, delivery.call.vendor))
            await producer.send(tenant.world.namespace + topic, delivery.post.body)
        await producer.flush()
    finally:
        await producer.stop()


async def _verdicts(tenant: Tenant) -> dict[str, Verdicts]:
    """Verdict and reason, and flow and versions, of all of a person's calls.

    Which of them comes first, and is asked about, is nobody's promise.
    """
    await tenant.decided(CALLS)
    found: dict[str, Verdicts] = {}
    for interaction in await tenant.interactions():
        decision = await tenant.world.call(
            "GET", f"/v1/decisions/{interaction}", workspace=tenant.name
        )
        told = decision["interaction"]
        of_person = found.setdefault(told.get("contact_id") or told["id"], Verdicts())
        of_person.reasons[decision.get("reason") or decision["verdict"]] += 1
        of_person.versions[tuple(decision.get(name) for name in VERSIONS)] += 1
    return found
