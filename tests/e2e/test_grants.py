"""Each service is a user and a role of its own, and can do what it must, and nothing else.

That it can do what it must is what every other journey of this folder shows: they share a platform
whose services have exactly these grants.
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from aftercall.grants.postgres import role_of
from aftercall.main import app
from common.bus import Message, NotOurs
from common.bus.grants import Acl, Kind, Operation, Pattern
from common.bus.kafka import KafkaBus
from common.bus.kafka_grants import grant, set_passwords
from common.bus.kafka_topics import look
from common.bus.security import PLAIN, Protocol, Security
from common.certificates import Authority
from common.database import Database
from common.database.migrations import MayNotMigrate, migrate
from common.errors import Retry
from common.process.broker_settings import BrokerSettings
from common.process.database_settings import DatabaseSettings
from common.topics import CALLBACKS, CONSENT, DECISIONS, INTERACTIONS, intake, steps
from deploy import table
from sandbox.pbx.numbers import customer
from tests.e2e.commands import aftercall
from tests.e2e.ground import Ground
from tests.e2e.stack import PEPPER
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
    ground: Ground, name: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KafkaBus]:
    settings = broker(ground, name, monkeypatch)
    bus = KafkaBus(
        settings.kafka_bootstrap_servers or "",
        namespace=settings.kafka_namespace,
        security=settings.security,
    )
    try:
        yield bus
    finally:
        await bus.close()


def database_url(ground: Ground, name: str) -> str:
    told = ground.own(name)
    return DatabaseSettings(
        database_url=told["AFTERCALL_DATABASE_URL"],
        database_password_file=told["AFTERCALL_DATABASE_PASSWORD_FILE"],
    ).database_url.get_secret_value()


@asynccontextmanager
async def role(ground: Ground, name: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url(ground, name))
    try:
        yield connection
    finally:
        await connection.close()


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
    producer = AIOKafkaProducer(bootstrap_servers=ground.servers, **security.arguments())
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


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


@pytest.mark.parametrize("name", SERVICES)
async def test_a_role_may_use_its_own_tables_and_read_of_the_configuration_what_it_needs(
    world: World, ground: Ground, name: str
) -> None:
    async with role(ground, name) as connection:
        rows = await connection.fetch(
            """
            select table_schema as schema, table_name as name,
                   array_agg(privilege_type::text order by privilege_type) as may
            from information_schema.role_table_grants
            where grantee = any($1::text[]) group by 1, 2
            """,
            [role_of(name), f"{role_of(name)}_tenant"],
        )
    own, config, elsewhere = OWN[name], set(), set()
    for row in rows:
        if row["schema"] == "config":
            config.add(row["name"])
        elif row["schema"] != own:
            elsewhere.add((row["schema"], row["name"], *row["may"]))

    assert any(row["schema"] == own and "INSERT" in row["may"] for row in rows)
    assert elsewhere == {("bus", "migrations", "SELECT")}
    if name != "orchestrator":
        opens = {"current_secrets"} if table.BY_NAME[name].resolves else set()
        assert config == CONFIG | opens
        assert {tuple(row["may"]) for row in rows if row["schema"] == "config"} == {("SELECT",)}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("analytics", "select * from orchestrator.contacts"),
        ("console", "select * from config.api_keys"),
        ("console", "select * from config.current_secrets"),
        ("ingest", "insert into config.documents values ('a', 'flow', 'x', 1, '{}')"),
        ("ingest", "drop table ingest.outbox"),
        ("ingest", "alter table ingest.outbox disable row level security"),
        ("ingest", "create table ingest.more ()"),
        ("ingest", "delete from ingest.migrations"),
        ("ivr-gateway", "select * from sms_sender.sends"),
        ("orchestrator", "delete from config.changes"),
        ("orchestrator", "update analytics.facts set score = 5"),
        ("sms-sender", "set role aftercall_tenant"),
        ("sms-sender", "set role aftercall_ingest_tenant"),
        ("whatsapp-sender", "create schema more"),
        (table.OPERATOR, "select * from orchestrator.contacts"),
    ],
)
async def test_a_role_may_do_nothing_else(
    world: World, ground: Ground, name: str, statement: str
) -> None:
    async with role(ground, name) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_within_one_workspace_a_role_sees_its_rows_and_no_others(
    world: World, ground: Ground
) -> None:
    await world.tenant("granted-apart")
    database = await Database.connect(database_url(ground, "orchestrator"), size=1)
    try:
        async with database.scoped("granted-apart") as connection:
            seen = await connection.fetch("select distinct workspace from config.documents")
            me = await connection.fetchval("select current_user")
        async with database.connection() as connection:
            everybody = await connection.fetchval(
                "select count(distinct workspace) from config.documents"
            )
    finally:
        await database.close()

    assert me == "aftercall_orchestrator_tenant"
    assert [row["workspace"] for row in seen] == ["granted-apart"]
    assert everybody > 1


async def test_a_service_whose_role_may_not_migrate_waits_for_who_may(ground: Ground) -> None:
    async with role(ground, "ingest"):
        with pytest.raises(MayNotMigrate):
            await migrate(database_url(ground, "ingest"), "not_there", "ingest")


async def test_the_database_is_known_by_its_authority_and_its_name(
    ground: Ground, tmp_path: Path
) -> None:
    url = database_url(ground, "ingest")
    other = Authority.make(tmp_path / "other")

    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get"):
        await asyncpg.connect(url.replace(str(ground.ca_file), str(other.ca_file)))
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        await asyncpg.connect(url.replace("@localhost:", "@127.0.0.1:"))
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asyncpg.connect(url.partition("?")[0] + "?sslmode=disable")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(database_url(ground, "analytics").replace("analytics:", "ingest:"))


def doctor(ground: Ground, **more: str) -> dict[str, list[str]]:
    """What it finds as the operator, by level; no password is in it."""
    ours = {name: None for name in os.environ if name.startswith("AFTERCALL_")}
    told = {"AFTERCALL_CONTACT_PEPPER": PEPPER, "AFTERCALL_PUBLIC_URL": "http://127.0.0.1:1"}
    environment = {**ours, **told, **ground.own(table.OPERATOR), **more}
    ended = CliRunner().invoke(app, ["doctor", "--json"], env=environment)
    found: dict[str, list[str]] = {"ok": [], "warning": [], "problem": []}
    for one in json.loads(ended.output)["findings"]:
        found[one["level"]].append(f"{one['area']}: {one['text']}")
    for file in ground.passwords.glob("*/*-password"):
        assert file.read_text() not in ended.output
    return found


async def test_the_doctor_says_which_security_is_in_use(world: World, ground: Ground) -> None:
    found = await asyncio.to_thread(doctor, ground)

    for line in (
        "encryption: broker: SASL_SSL, SCRAM-SHA-512 as operator, certificate and name are checked",
        "encryption: database: TLS, certificate and name are checked as aftercall_operator",
        f"rights: {len(SERVICES) + 1} roles have what they need",
    ):
        assert line in found["ok"]
    assert [line for line in found["ok"] if line.startswith("grants: all ")]
    areas = {line.partition(":")[0] for line in found["problem"]}
    assert not areas & {"encryption", "rights", "grants", "broker", "database", "migrations"}


async def test_the_doctor_says_what_is_wrong_with_it(ground: Ground, tmp_path: Path) -> None:
    other = Authority.make(tmp_path / "other")
    wrong = tmp_path / "password"
    wrong.write_text("not the operator's")
    url = ground.own(table.OPERATOR)["AFTERCALL_DATABASE_URL"]

    def told(**more: str) -> Awaitable[dict[str, list[str]]]:
        return asyncio.to_thread(doctor, ground, **more)

    unknown = await told(
        AFTERCALL_KAFKA_CA_FILE=str(other.ca_file),
        AFTERCALL_DATABASE_URL=url.replace(str(ground.ca_file), str(other.ca_file)),
    )
    elsewhere = await told(
        AFTERCALL_KAFKA_BOOTSTRAP_SERVERS=ground.servers.replace("localhost", "127.0.0.1"),
        AFTERCALL_DATABASE_URL=url.replace("@localhost:", "@127.0.0.1:"),
    )
    refused = await told(
        AFTERCALL_KAFKA_PASSWORD_FILE=str(wrong), AFTERCALL_DATABASE_PASSWORD_FILE=str(wrong)
    )
    plain = await told(AFTERCALL_KAFKA_BOOTSTRAP_SERVERS=ground.kafka)
    half = await told(AFTERCALL_KAFKA_USER="")

    for area in ("broker", "database"):
        assert "its certificate is refused: self-signed certificate" in one_of(unknown, area)
        assert "its certificate is refused: IP address mismatch" in one_of(elsewhere, area)
        assert "it refuses this user or password" in one_of(refused, area)
    assert one_of(plain, "broker").endswith("does this listener speak SASL_SSL?")
    said = "AFTERCALL_KAFKA_USER is not set, and AFTERCALL_KAFKA_SECURITY is SASL_SSL"
    assert half["problem"] == [f"configuration: {said}"]


def one_of(found: dict[str, list[str]], area: str) -> str:
    (line,) = (line for line in found["problem"] if line.startswith(f"{area}: "))
    return line


async def test_the_doctor_names_what_is_not_granted_and_an_upgrade_grants_it_in_the_database(
    world: World, ground: Ground
) -> None:
    taken = "select on console.migrations"
    async with world.db.connection() as connection:
        await connection.execute(f"revoke {taken} from aftercall_console")
        await connection.execute("grant select on orchestrator.contacts to aftercall_analytics")

    lacking = await asyncio.to_thread(doctor, ground, AFTERCALL_KAFKA_NAMESPACE="another.")
    upgraded = await aftercall("db", "upgrade", environment=ground.environment(table.MIGRATIONS))
    again = await asyncio.to_thread(doctor, ground)

    assert f"rights: not granted: aftercall_console: {taken}" in lacking["problem"]
    assert not [line for line in lacking["problem"] if "User:console" in line]  # it needs none
    (sms,) = (line for line in lacking["problem"] if "User:sms-sender lacks" in line)
    assert "Describe on topic another.aftercall.callbacks, " in sms
    assert upgraded.status == 0, upgraded.text
    assert not [line for line in again["problem"] if line.startswith(("rights", "grants"))]
    async with role(ground, "analytics") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("select * from orchestrator.contacts")
