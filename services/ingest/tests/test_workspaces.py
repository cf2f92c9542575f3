"""The same ids of two workspaces, and of two sources, are different calls and webhooks."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook as Signer

from common import topics
from common.bus.pglog import PgLogBus
from common.database import Database
from common.events import decode
from common.events.calls import Interaction
from common.events.values import Ending, Kind
from common.streams.outbox import Relay
from ingest import repository
from ingest.domain.interaction import Report
from ingest.domain.joining import CallKey
from ingest.domain.signature import Webhook
from ingest.service import CallJoining
from ingest.service.reading import IntakeReport

SECRET = "the-secret-of-the-tests"
HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
JSON = {"content-type": "application/json"}
ENDED_AT = datetime.now(UTC) - timedelta(minutes=5)


def body(**facts: Any) -> bytes:
    call = {
        "id": "c-1",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": ENDED_AT.isoformat(),
    }
    return json.dumps(call | facts).encode()


async def calls(ingest: Any, count: int) -> list[Interaction]:
    records = await ingest.arrived(topics.INTERACTIONS, count)
    return [decode(record.value, Interaction).data for record in records]


async def test_the_same_call_id_is_another_call_in_each_workspace_and_source(ingest: Any) -> None:
    sources = ("acme-parts", "acme-hooked-parts", "other-parts")
    for leg in ("first", "second"):
        for source in sources:
            path = f"/v1/sources/{source}/calls/{SECRET}"
            answer = await ingest.http.post(path, content=body(agent_id=f"{leg} of {source}"))
            assert answer.status_code == 202, answer.text

    found = await calls(ingest, 3)

    assert {call.source: call.workspace for call in found} == {
        "acme-parts": "acme",
        "acme-hooked-parts": "acme",
        "other-parts": "other",
    }
    assert len({call.id for call in found}) == 3
    for call in found:
        agents = {leg.agent_id for leg in call.legs}
        assert agents == {f"first of {call.source}", f"second of {call.source}"}


async def test_the_same_source_and_call_in_a_cloud_event_is_a_call_in_each_workspace(
    ingest: Any,
) -> None:
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/pbx",
        "type": "interaction.ended.v1",
        "data": json.loads(body()) | {"kind": "call"},
    }
    operator = JSON | {"authorization": "Bearer ac_operator_the-key"}
    for workspace in ("acme", "other"):
        path = f"/v1/events?workspace={workspace}"
        answer = await ingest.http.post(path, content=json.dumps(event), headers=operator)
        assert answer.status_code == 202, answer.text

    found = await calls(ingest, 2)

    assert {call.workspace for call in found} == {"acme", "other"}
    assert len({call.id for call in found}) == len({call.contact_id for call in found}) == 2


async def test_the_same_webhook_id_is_new_in_each_workspace_and_source(listening: Any) -> None:
    at = datetime.now(UTC)
    headers = JSON | {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(HOOK).sign("msg_1", at, body().decode()),
    }
    sources = ("acme-hooks", "acme-hooked-parts", "other-hooks")

    answers = [
        await listening.post(body(), headers, f"?source={source}", key=False)
        for source in (*sources, *sources)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 409, 409, 409]


async def test_a_webhook_is_remembered_for_the_workspace_that_the_source_belonged_to(
    database: Database,
) -> None:
    webhook = Webhook("msg_1", ENDED_AT, sha256(b"{}").digest())

    async with database.transaction() as connection:
        new = [
            await repository.remember_webhook(connection, workspace, "pbx", webhook)
            for workspace in ("acme", "other")
        ]

    assert new == [True, True]


def report(workspace: str, **facts: Any) -> IntakeReport:
    """All with one id, as no derived one is: the workspace alone tells them apart."""
    interaction = Interaction(
        id=UUID(int=1),
        workspace=workspace,
        kind=Kind.CALL,
        ending=Ending.CONNECTED,
        address="+12025550101",
        ended_at=ENDED_AT,
        **facts,
    )
    return IntakeReport(Report(interaction), "mapped-json", timedelta(microseconds=1))


@pytest.fixture
async def topic(pglog_bus: PgLogBus) -> PgLogBus:
    await pglog_bus.create_topics({topics.INTERACTIONS: 1})
    return pglog_bus


async def test_the_parts_of_one_workspaces_call_are_not_anothers(
    database: Database, topic: PgLogBus
) -> None:
    joining = CallJoining(database, Relay(database, topic, "ingest"))
    await joining.keep([report("acme", queue="billing"), report("other", queue="sales")])
    await joining.keep([report("acme", disposition="refund")])

    await joining.close_due()

    async with database.connection() as connection:
        rows = await connection.fetch("select value from ingest.outbox order by id")
    found = [decode(row["value"], Interaction).data for row in rows]
    assert {(call.workspace, call.queue, call.disposition) for call in found} == {
        ("acme", "billing", "refund"),
        ("other", "sales", None),
    }


async def test_what_is_published_of_one_workspaces_call_leaves_anothers_open(
    database: Database, topic: PgLogBus
) -> None:
    joining = CallJoining(database, Relay(database, topic, "ingest"))
    await joining.keep([report("acme"), report("other")])

    async with database.transaction() as connection:
        await repository.mark_published(connection, {CallKey("acme", UUID(int=1)): 0})
        due = await repository.due_calls(connection, limit=10)

    assert [call.key.workspace for call in due] == ["other"]
