"""`aftercall doctor` beside real platforms, and where something real is missing."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aftercall.doctor import ground as asked
from aftercall.doctor import traffic
from aftercall.doctor.callers import unread
from aftercall.doctor.findings import Level
from aftercall.doctor.outside import DRIFT, drift
from aftercall.doctor.whatsapp import LISTED, numbers, templates
from aftercall.main import app
from aftercall.platform import SERVICES
from common.bus.existing import Existing
from common.config import ConfigReader
from common.config.store import Document, save
from common.database import Database
from common.process.service import schemas
from common.testing.databases import MakeDatabase, Package
from common.testing.ports import free_port
from common.topics import partitions
from sandbox.carrier import Carrier
from sandbox.serving import serve
from sandbox.whatsapp.cloud import Business
from sandbox.whatsapp.endpoints import serve as cloud
from tests.e2e.commands import aftercall, up

SID, TOKEN = "AC00000000000000000000000000000009", "token-that-nobody-may-see"
SENDER = "+12025550190"
SCHEMAS: Sequence[Package] = [*schemas(SERVICES)]


@pytest.fixture
def migrations() -> Sequence[Package]:
    return SCHEMAS


def doctor(*words: str, **environment: str) -> Result:
    """In this process; what the environment of the test run has is left out."""
    kept = {name: None for name in os.environ if name.startswith("AFTERCALL_")}
    given = {"AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else", **environment}
    return CliRunner().invoke(app, ["doctor", "--json", *words], env={**kept, **given})


def findings(output: str) -> list[dict[str, Any]]:
    body: dict[str, Any] = json.loads(output)
    assert set(body) == {"status", "findings"}
    found: list[dict[str, Any]] = body["findings"]
    return found


def said(output: str, level: str) -> list[str]:
    """`area: text` of the findings of that level; each says what to do unless all is well."""
    found = [one for one in findings(output) if one["level"] == level]
    assert all(bool(one["todo"]) is (level != "ok") for one in found), found
    return [f"{one['area']}: {one['text']}" for one in found]


def documents(base_url: str) -> dict[str, Any]:
    account = {
        "id": "main",
        "provider": "twilio",
        "base_url": base_url,
        "account_sid": SID,
        "auth_token": "env:AFTERCALL_SECRET_DOCTOR_TOKEN",
        "senders": [{"number": SENDER}],
    }
    return {"workspace": {"id": "acme", "name": "Acme"}, "account": account}


async def configure(db: Database, base_url: str) -> None:
    async with db.transaction() as connection:
        wanted = [
            Document(workspace="acme", kind=kind, id=body["id"], body=body)
            for kind, body in documents(base_url).items()
        ]
        await save(connection, wanted, by="test")


@asynccontextmanager
async def carrier(token: str = TOKEN) -> AsyncIterator[Carrier]:
    async with serve(Carrier, accounts={SID: token}) as served:
        yield served


@pytest.fixture(params=["embedded", "kafka"])
async def ground(
    request: pytest.FixtureRequest, tmp_path: Path, make_database: MakeDatabase
) -> Mapping[str, str]:
    """The environment of a platform on either."""
    if request.param == "embedded":
        return {}
    return {
        "AFTERCALL_DATABASE_URL": await make_database(),
        "AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else",
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": request.getfixturevalue("kafka_servers"),
        "AFTERCALL_KAFKA_NAMESPACE": request.getfixturevalue("kafka_namespace"),
    }


def test_a_topic_that_is_kept_for_longer_than_the_page_on_privacy_says_is_told() -> None:
    there = {name: Existing(count, retention_days=28.0) for name, count in partitions().items()}

    [found] = asked.topics(there, sources=[], copies=1)

    assert found.level is Level.WARNING
    assert "kept for longer than docs/privacy.md says: " in found.text
    assert ".dead" not in found.text
    assert "aftercall.decisions" in found.text


async def test_a_running_platform_is_well(ground: Mapping[str, str], tmp_path: Path) -> None:
    port = free_port()
    data = ("--data", str(tmp_path / "data"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")}
    environment |= {
        **ground,
        "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "AFTERCALL_SECRET_DOCTOR_TOKEN": TOKEN,
    }
    async with carrier() as served, up(*data, "--port", str(port), environment=environment) as one:
        file = tmp_path / "acme.yaml"
        body = {f"{kind}s": [body] for kind, body in documents(served.base_url).items()}
        file.write_text(json.dumps(body))
        keyed = environment | {"AFTERCALL_KEY": one.key or "", "AFTERCALL_URL": one.url}
        applied = await aftercall("apply", str(file), environment=keyed)
        ended = await aftercall("doctor", "--json", *data, environment=environment)
        told = await aftercall("doctor", *data, environment=environment)

    assert applied.status == 0, applied.text
    assert (ended.status, told.status) == (0, 0), told.text
    assert said(ended.text, "problem") == []
    well = said(ended.text, "ok")
    for line in (
        f"migrations: all {len(schemas(SERVICES))} schemas are up to date",
        f"topics: all {len(partitions())} are there, as they should be",
        "secrets: all 1 that the configuration refers to are set",
        f"providers: account main of acme: {served.base_url[7:]} accepts its credentials",
        "clock: within 2 s of the database's clock",
        f"clock: within 2 s of the clock of {served.base_url[7:]}",
        "webhooks: /v1/sms/callbacks/main/inbound reaches sms-sender, which asks who is there",
        "webhooks: /v1/events reaches ingest, which asks who is there",
    ):
        assert line in well
    assert f"public address: http://127.0.0.1:{port} is this machine's own" in said(
        ended.text, "warning"
    )
    assert "ok       migrations: all " in told.text
    for secret in (TOKEN, SID, SENDER, "a pepper"):
        assert secret not in ended.text + told.text


async def test_what_is_missing_is_told_with_what_to_do(
    make_database: MakeDatabase, kafka_servers: str, kafka_namespace: str
) -> None:
    url = await make_database("common.config", "common.bus")

    ended = await asyncio.to_thread(
        doctor,
        AFTERCALL_DATABASE_URL=url,
        AFTERCALL_KAFKA_BOOTSTRAP_SERVERS=kafka_servers,
        AFTERCALL_KAFKA_NAMESPACE=kafka_namespace,
        AFTERCALL_PUBLIC_URL="http://127.0.0.1:1",
    )

    assert ended.exit_code == 1
    problems = said(ended.output, "problem")
    lacks = "migrations: orchestrator lacks orchestrator/0001_orchestrator.sql"
    assert any(line.startswith(lacks) for line in problems)
    assert any(line.startswith("topics: missing: aftercall.interactions,") for line in problems)
    assert any(line.startswith("webhooks: nothing answers at /v1/events") for line in problems)
    todo = {one["todo"] for one in findings(ended.output)}
    assert "Run `aftercall topics create`." in todo
    assert "documents: no workspace is configured" in said(ended.output, "warning")


async def test_a_token_that_the_provider_refuses_is_told_and_never_shown(
    database: Database, database_url: str
) -> None:
    async with carrier("another-token") as served:
        await configure(database, served.base_url)
        ended = await asyncio.to_thread(
            doctor,
            AFTERCALL_DATABASE_URL=database_url,
            AFTERCALL_PUBLIC_URL=served.base_url,
            AFTERCALL_SECRET_DOCTOR_TOKEN=TOKEN,
        )

    assert ended.exit_code == 1
    host = served.base_url.removeprefix("http://")
    problems = said(ended.output, "problem")
    refused = "refuses its credentials (http 401, code 20003)"
    assert f"providers: account main of acme: {host} {refused}" in problems
    path = "/v1/sms/callbacks/main/inbound"
    assert f"webhooks: {path} does not reach sms-sender: 404" in problems
    assert TOKEN not in ended.output
    assert SID not in ended.output


async def test_a_secret_that_is_not_set_is_named(database: Database, database_url: str) -> None:
    await configure(database, "http://127.0.0.1:1")

    ended = await asyncio.to_thread(doctor, AFTERCALL_DATABASE_URL=database_url)

    told = "account main of acme: the environment variable AFTERCALL_SECRET_DOCTOR_TOKEN is not set"
    assert f"secrets: {told}" in said(ended.output, "problem")


def test_database_and_broker_that_are_away_are_told_apart_and_without_the_password() -> None:
    ended = doctor(
        AFTERCALL_DATABASE_URL="postgresql://aftercall:hunter2@127.0.0.1:1/x",
        AFTERCALL_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
    )

    assert ended.exit_code == 1
    areas = {one["area"] for one in findings(ended.output) if one["level"] == "problem"}
    assert {"database", "broker"} <= areas
    assert "hunter2" not in ended.output


def test_a_setting_that_is_missing_is_named() -> None:
    ended = doctor(AFTERCALL_DATABASE_URL="postgresql://127.0.0.1:1/x", AFTERCALL_CONTACT_PEPPER="")

    assert ended.exit_code == 1
    (line,) = said(ended.output, "problem")
    assert line.startswith("configuration: AFTERCALL_CONTACT_PEPPER: ")


@pytest.mark.parametrize(
    ("seconds", "level", "text"),
    [
        (1.5, Level.OK, "within 2 s of the clock"),
        (-5, Level.WARNING, "5 s ahead of the clock"),
        (5, Level.WARNING, "5 s behind the clock"),
        (120, Level.PROBLEM, "120 s behind the clock"),
    ],
)
def test_clocks_that_differ_are_told(seconds: float, level: Level, text: str) -> None:
    (found,) = drift("the clock", timedelta(seconds=seconds), DRIFT)

    assert (found.level, found.text) == (level, text)


async def test_what_a_newer_release_wrote_is_named(database: Database, database_url: str) -> None:
    newer = {
        "flow": {"id": "night", "survey": "csat", "quiet_hours": "default"},
        "source": {"id": "acme-pbx", "vendor": "aircall", "agents": {}},
        "automation": {"id": "call-back"},
    }
    await configure(database, "http://127.0.0.1:1")
    async with database.transaction() as connection:
        documents = [
            Document(workspace="acme", kind=kind, id=body["id"], body=body)
            for kind, body in newer.items()
        ]
        await save(connection, documents, by="test")

    ended = await asyncio.to_thread(doctor, AFTERCALL_DATABASE_URL=database_url)

    assert ended.exit_code == 1
    told = "flow night of acme cannot be read: quiet_hours: this version does not know the field,"
    assert any(line.startswith(f"documents: {told}") for line in said(ended.output, "problem"))
    warned = said(ended.output, "warning")
    assert "documents: source acme-pbx of acme: not known here, passed over: agents" in warned
    kind = "acme has 1 of the kind automation, which this release does not know"
    assert f"documents: {kind}" in warned


async def test_all_templates_are_counted_and_those_that_wait_listed(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into whatsapp_sender.templates select 'acme', 'chat', 'aftercall_nps_' || n,"
            " 'en', 'approved', 'utility', '', now(), now() from generate_series(1, 60) n"
        )
    assert [one.text for one in await templates(database)] == [
        "all 60 WhatsApp templates are approved"
    ]
    async with database.transaction() as connection:
        await connection.execute("update whatsapp_sender.templates set status = 'pending'")
    texts = [one.text for one in await templates(database)]
    assert len(texts) == LISTED + 1
    assert texts[-1] == "10 more are not approved"


@pytest.mark.parametrize(
    ("quality", "verification", "level"),
    [
        ("green", "verified", "ok"),
        ("red", "verified", "warning"),
        ("green", "not_verified", "warning"),
    ],
)
async def test_how_whatsapp_numbers_stand_is_told(
    database: Database, quality: str, verification: str, level: str
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into whatsapp_sender.numbers values ('acme', 'chat', $1, 'connected', $2,"
            " '2k', 'Acme', 'approved', $3, 'approved', now())",
            SENDER,
            quality,
            verification,
        )

    (found,) = await numbers(database)

    assert found.level.value == level
    assert f"quality {quality}, messaging limit 2k" in found.text
    assert SENDER not in found.text


def test_a_folder_without_a_platform_is_told_in_a_line(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    ended = doctor("--data", nowhere)
    assert ended.exit_code == 1
    assert f"database: no platform has kept anything in {nowhere}" in said(ended.output, "problem")


async def test_templates_in_review_and_a_token_that_ends_are_told(
    database: Database, database_url: str
) -> None:
    soon = datetime.now(UTC) + timedelta(days=5)
    business = Business(
        id="1",
        token=TOKEN,
        secret=TOKEN,
        webhook="",
        numbers={"2": SENDER},
        expires_at=int(soon.timestamp()),
    )
    named = "env:AFTERCALL_SECRET_DOCTOR_TOKEN"
    secrets = dict.fromkeys(("access_token", "app_secret", "verify_token"), named)
    numbers = [{"number": SENDER, "phone_number_id": "2"}]
    async with cloud([business]) as meta:
        account = {"id": "chat", "channel": "whatsapp", "provider": "meta", "senders": numbers}
        account |= {"base_url": meta.base_url, "business_account_id": "1", **secrets}
        wanted = {"workspace": {"id": "acme", "name": "Acme"}, "account": account}
        async with database.transaction() as connection:
            documents = [
                Document(workspace="acme", kind=kind, id=body["id"], body=body)
                for kind, body in wanted.items()
            ]
            await save(connection, documents, by="test")
            await connection.execute(
                "insert into whatsapp_sender.templates values ('acme', 'chat', 'aftercall_nps_1',"
                " 'en', 'rejected', 'utility', 'abusive_content', now(), now())"
            )
        ended = await asyncio.to_thread(
            doctor,
            AFTERCALL_DATABASE_URL=database_url,
            AFTERCALL_PUBLIC_URL=meta.base_url,
            AFTERCALL_SECRET_DOCTOR_TOKEN=TOKEN,
        )

    host = meta.base_url.removeprefix("http://")
    told = f"providers: account chat of acme: {host} accepts its credentials"
    assert told in said(ended.output, "ok")
    warned = said(ended.output, "warning")
    assert "templates: aftercall_nps_1 (en) of acme is rejected: abusive_content" in warned
    ends = f"providers: account chat of acme: its token ends on {soon:%Y-%m-%d}"
    assert ends in warned
    assert TOKEN not in ended.output


ASKED = """
    with asked as (
        insert into orchestrator.invitations (workspace, id, interaction_id, contact_id, flow_id,
            questionnaire, planned_at, answers_until, test, status)
        select 'acme', md5($1 || n)::uuid, md5($1 || n)::uuid, md5($1 || n)::uuid, 'flow',
            md5('q')::uuid, now(), now(), false, $2 from generate_series(1, 60) n returning id
    ), people as (
        insert into orchestrator.contacts (workspace, id, address)
        select 'acme', md5($1 || n)::uuid, $1 || (5550000 + n) from generate_series(1, 60) n
    )
    insert into orchestrator.steps (workspace, invitation_id, number, kind, channel, state,
        due_at, send_by, sent_at)
    select 'acme', id, 0, 'ask', 'sms', 'sent', now(), now(), now() - interval '2 hours' from asked
"""


async def test_the_doctor_tells_of_numbers_that_do_not_answer_and_of_who_was_not_answered(
    database: Database,
) -> None:
    workspace = Document(
        workspace="acme", kind="workspace", id="acme", body={"id": "acme", "name": "Acme"}
    )
    async with database.transaction() as connection:
        await save(connection, [workspace], by="test")
        await connection.execute(ASKED, "+1212", "answered")
        await connection.execute(ASKED, "+1312", "asked")
        await connection.execute(
            "insert into sms_sender.unanswered values ('acme', $1, 'strangers', 7)",
            datetime.now(UTC).date(),
        )
    config = await ConfigReader(database).current()

    told = [
        *await traffic.answers(database, config),
        *await traffic.not_answered(database, config),
    ]

    assert [(one.level, one.text) for one in told] == [
        (
            Level.WARNING,
            "0 of 60 asks to +13125 (US) of acme were answered, while others answer",
        ),
        (
            Level.WARNING,
            "sms_sender: 7 messages to acme were not answered today: more people who were not"
            " asked wrote than `stranger_replies` allows in an hour",
        ),
    ]


async def test_a_source_whose_numbers_cannot_be_read_is_told(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.executemany(
            "insert into ingest.tallies values ('acme', $1, now()::date, $2, $3)",
            [
                *(("pbx", "", 400), ("pbx", "invalid", 100)),
                *(("desk", "", 400), ("desk", "invalid", 8)),
                *(("new", "", 10), ("new", "invalid", 10)),
            ],
        )
    (told,) = await unread(database)
    assert told.text == (
        "source pbx of acme: 25% of 400 callers in 7 days have a number that cannot be read"
    )
    async with database.transaction() as connection:
        await connection.execute("delete from ingest.tallies where source = 'pbx'")
    (told,) = await unread(database)
    assert told.text == "the numbers of callers can be read, of 1 sources"
