"""Each service is a user and a role of its own, and can do what it must, and nothing else.

That it can do what it must is what every other journey of this folder shows: they share a platform
whose services have exactly these grants.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from aftercall.grants.kafka import grants
from common.bus import Message, NotOurs
from common.bus.grants import Acl, Kind, Operation, Pattern
from common.bus.kafka import KafkaBus
from common.bus.kafka_grants import grant, set_passwords
from common.bus.kafka_topics import look
from common.bus.security import PLAIN, Protocol, Security
from common.errors import Retry
from common.process.broker_settings import BrokerSettings
from common.streams.dead_letters import DeadLetterWriter, list_dead, redrive
from common.topics import CALLBACKS, CONSENT, DECISIONS, INTERACTIONS, dead, intake, steps
from deploy import table
from sandbox.pbx.numbers import customer
from tests.e2e.ground import Ground
from tests.e2e.world import World, event, source, until

NAME = "granted"
VENDOR = "pbx"  # a user of the customer's own
SERVICES = tuple(table.BY_NAME)
OWN = {name: name.replace("-", "_") for name in SERVICES}  # schemas
CONFIG = {"current_documents", "current_version", "usable_api_keys", "migrations"}


def broker(ground: Ground, name: str, monkeypatch: pytest.MonkeyPatch) -> BrokerSettings:
    """As the process of that name reads it."""
    with monkeypatch.context() as patch:
        for key, value in ground.own(name).items():
            patch.setenv(key, value)
        return BrokerSettings()


@asynccontextmanager
async def bus_of(
    ground: Ground, name: str, monkeypatch: pytest.MonkeyPatch, *, namespace: str | None = None
) -> AsyncIterator[KafkaBus]:
    settings = broker(ground, name, monkeypatch)
    bus = KafkaBus(
        settings.kafka_bootstrap_servers or "",
        namespace=settings.kafka_namespace if namespace is None else namespace,
        security=settings.security,
    )
    try:
        yield bus
    finally:
        await bus.close()


async def test_calls_by_http_and_by_a_vendors_own_user_are_asked_answered_and_counted(
    world: World, ground: Ground
) -> None:
    tenant = await world.tenant(NAME)
    by_http, by_topic = customer(700), customer(701)
    topic = intake(source(NAME, "cloudevents"))
    await until(partial(_exists, ground, topic))  # ingest has made it
    vendor = await _vendor(ground, topic)
    heard: list[str] = []
    world.carrier.listeners.append(lambda text: heard.append(text.person))

    await tenant.ends("by-http", by_http)
    async with _producer(ground, vendor) as producer:
        body = json.dumps(event("by-topic", by_topic)).encode()
        await producer.send_and_wait(ground.namespace + topic, body)
    tenant.told.add("by-topic")
    for person, score in ((by_http, "5"), (by_topic, "2")):
        await until(partial(_in, person, heard))
        await world.carrier.receive(person, tenant.sender, body=score, account=tenant.sid)
    funnel = await tenant.quiet(calls=2)

    assert (funnel["asked"], funnel["answered"]) == (2, 2)
    (csat,) = (one for one in (await tenant.scores())["scores"] if one["n"])
    assert (csat["metric"], csat["n"]) == ("csat", 2)
    scores = await tenant.rows("select score from analytics.facts where workspace = $1 order by 1")
    assert [row["score"] for row in scores] == [2, 5]


async def _exists(ground: Ground, topic: str) -> bool:
    return topic in (await look(ground.kafka, namespace=ground.namespace)).topics


async def _in(person: str, heard: list[str]) -> bool:
    return person in heard


async def _vendor(ground: Ground, topic: str) -> Security:
    """Somebody else's user, with the grants that `contracts/topics.md` names for it."""
    await set_passwords(ground.kafka, PLAIN, {VENDOR: "a password of the vendor's"})
    acl = Acl(
        f"User:{VENDOR}",
        Kind.TOPIC,
        ground.namespace + topic,
        Pattern.LITERAL,
        Operation.WRITE,
    )
    await grant(ground.kafka, PLAIN, [acl, acl._replace(operation=Operation.DESCRIBE)])
    return Security(
        protocol=Protocol.SASL_SSL,
        user=VENDOR,
        password=lambda: "a password of the vendor's",
        ca_file=ground.ca_file,
    )


@asynccontextmanager
async def _producer(ground: Ground, security: Security) -> AsyncIterator[AIOKafkaProducer]:
    producer = await until(partial(_logged_in, ground, security))
    assert producer
    try:
        yield producer
    finally:
        await producer.stop()


async def _logged_in(ground: Ground, security: Security) -> AIOKafkaProducer | None:
    """None: the broker does not know the new user's password yet."""
    producer = AIOKafkaProducer(bootstrap_servers=ground.servers, **security.arguments())
    try:
        await producer.start()
    except KafkaConnectionError:
        await producer.stop()
        return None
    return producer


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("analytics", CONSENT),
        ("console", DECISIONS),
        ("ingest", CONSENT),
        ("ivr-gateway", steps("ivr")),
        ("orchestrator", INTERACTIONS),
        ("sms-sender", f"{INTERACTIONS}.dead"),
        ("whatsapp-sender", DECISIONS),
        (table.OPERATOR, "elsewhere"),
    ],
)
async def test_a_service_writes_no_topic_that_is_not_its_own(
    world: World, ground: Ground, monkeypatch: pytest.MonkeyPatch, name: str, topic: str
) -> None:
    async with bus_of(ground, name, monkeypatch) as bus:
        with pytest.raises(Retry, match=r"no grant for topic|ClusterAuthorizationFailed"):
            await bus.publish([Message(topic, b"key", b"{}")])


@pytest.mark.parametrize(
    ("name", "group", "topic"),
    [
        ("analytics", "analytics", INTERACTIONS),
        ("console", "console", CONSENT),
        ("ingest", "ingest", CALLBACKS),
        ("ivr-gateway", "ivr-gateway.steps", steps("sms")),
        ("orchestrator", "orchestrator", CALLBACKS),
        ("sms-sender", "sms-sender.steps", steps("whatsapp")),
        ("whatsapp-sender", "orchestrator.consent", CONSENT),
        (table.OPERATOR, "analytics", DECISIONS),
    ],
)
async def test_a_service_reads_no_topic_and_joins_no_group_that_is_not_its_own(
    world: World,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    group: str,
    topic: str,
) -> None:
    async with bus_of(ground, name, monkeypatch) as bus:
        with pytest.raises(Retry, match=r"no grant for (topic|group)"):
            async with bus.subscribe(group, [topic]) as subscription:
                await subscription.poll(max_records=1, timeout=5.0)


async def test_a_service_makes_no_topics(
    world: World, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bus_of(ground, "sms-sender", monkeypatch) as bus:
        with pytest.raises(NotOurs, match=r"no grant to make .*aftercall\.extra"):
            await bus.create_topics({"aftercall.extra": 1})

    assert not await _exists(ground, "aftercall.extra")


async def test_records_are_set_aside_without_a_right_to_make_topics_and_the_operator_redrives_them(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, topic = "aside.", steps("sms")
    who = ("sms-sender", table.OPERATOR)
    acls = [acl for one in grants() if one.who in who for acl in one.acls(namespace=place)]
    await grant(ground.kafka, PLAIN, acls)
    admin = KafkaBus(ground.kafka, namespace=place)
    await admin.create_topics({topic: 1, dead(topic): 1})
    await admin.close()

    async with bus_of(ground, "sms-sender", monkeypatch, namespace=place) as bus:
        writer = DeadLetterWriter(bus, "sms-sender.steps")
        await writer.write_request(topic, b"no use", (), ValueError("not to be read"))
    async with bus_of(ground, table.OPERATOR, monkeypatch, namespace=place) as bus:
        (found,) = await list_dead(bus, topic)
        sent = await redrive(bus, topic)
        left = await list_dead(bus, topic)

    assert (found.group, found.value, sent, left) == ("sms-sender.steps", b"no use", 1, [])
