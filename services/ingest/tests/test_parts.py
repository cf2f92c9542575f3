"""Calls that a source reports in parts: kept at once, published once, amended later."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common import topics
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from common.errors import Retry
from common.events import decode, type_of
from common.events.calls import Interaction, InteractionAmended
from common.events.values import Ending, Kind
from common.streams.outbox import Relay
from ingest.domain.interaction import Report
from ingest.service import CallJoining, Housekeeping
from ingest.service.reading import IntakeReport

PATH = "/v1/sources/acme-parts/calls?key=the-secret-of-the-tests"
START = datetime.now(UTC) - timedelta(minutes=5)


def leg(agent: str, *, minute: int, **facts: Any) -> bytes:
    body = {
        "id": "c-1",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": (START + timedelta(minutes=minute)).isoformat(),
        "agent_id": agent,
        "talk_seconds": 40,
    }
    return json.dumps(body | facts).encode()


async def post(ingest: Any, *bodies: bytes) -> None:
    for body in bodies:
        assert (await ingest.http.post(PATH, content=body)).status_code == 202


async def test_the_legs_of_a_call_are_published_as_one(ingest: Any) -> None:
    first, second = leg("a", minute=1), leg("b", minute=3, queue="billing")

    await post(ingest, second, first, second, first)

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    call = decode(record.value, Interaction).data
    assert [part.agent_id for part in call.legs] == ["a", "b"]
    assert (call.talk_seconds, call.transfers, call.queue) == (80.0, 1, "billing")
    assert call.ended_at == START + timedelta(minutes=3)


async def test_what_comes_later_amends_with_a_growing_revision(ingest: Any) -> None:
    await post(ingest, leg("a", minute=1))
    [ended] = await ingest.arrived(topics.INTERACTIONS, 1)
    revisions = []
    for number in (2, 3):
        await post(ingest, leg("a", minute=1), leg("b", minute=1, disposition=f"no. {number}"))
        [record] = await ingest.arrived(topics.INTERACTIONS, 1)
        amended = decode(record.value, InteractionAmended).data
        assert amended.interaction.id == decode(ended.value, Interaction).data.id
        revisions.append((amended.revision, amended.interaction.disposition))

    assert type_of(ended.value) == "interaction.ended.v1"
    assert revisions == [(1, "no. 2"), (2, "no. 3")]


def report(**facts: Any) -> IntakeReport:
    whole: dict[str, Any] = {"id": UUID(int=1), "workspace": "acme", "kind": Kind.CALL} | facts
    whole |= {"ending": Ending.CONNECTED, "address": "+12025550101", "ended_at": START}
    return IntakeReport(Report(Interaction(**whole)), "mapped-json", timedelta(microseconds=1))


@pytest.fixture
async def topic(pglog_bus: PgLogBus) -> PgLogBus:
    await pglog_bus.create_topics({topics.INTERACTIONS: 1})
    return pglog_bus


def joining_by(database: Database, bus: PgLogBus) -> CallJoining:
    return CallJoining(database, Relay(database, bus, "ingest"))


async def published(bus: PgLogBus) -> list[bytes]:
    async with bus.subscribe("tests", [topics.INTERACTIONS]) as subscription:
        polled = await subscription.poll(max_records=100, timeout=0.1)
        return [record.value or b"" for records in polled.values() for record in records]


async def test_what_could_not_be_published_is_published_unchanged(
    database: Database, topic: PgLogBus
) -> None:
    closed = PgLogBus(database)
    await closed.close()
    dying = joining_by(database, closed)
    await dying.keep([report()])
    await dying.close_due()
    with pytest.raises(Retry):
        await dying.relay.drain()

    next_one = joining_by(database, topic)
    await next_one.keep([report(disposition="came between")])
    await next_one.close_due()
    await next_one.relay.drain()

    first, second = await published(topic)
    assert decode(first, Interaction).data.disposition is None
    assert decode(second, InteractionAmended).data.revision == 1
    assert decode(second, InteractionAmended).data.interaction.disposition == "came between"


async def test_an_amendment_waits_for_the_end_of_its_call(
    database: Database, topic: PgLogBus
) -> None:
    joining = joining_by(database, topic)
    tagged = report(tags=("refund",))
    amended = Report(tagged.report.interaction, 7)
    await joining.keep([IntakeReport(amended, "aircall", tagged.settle)])
    await joining.close_due()
    await joining.relay.drain()
    before = await published(topic)

    await joining.keep([report()])
    await joining.close_due()
    await joining.relay.drain()

    [ended] = await published(topic)
    assert before == []
    assert decode(ended, Interaction).data.tags == ("refund",)


async def test_a_call_that_grew_too_large_holds_up_no_other(
    database: Database, topic: PgLogBus
) -> None:
    joining = joining_by(database, topic)
    for number in range(6):
        notes = {f"{number}-{note}": "x" * 4000 for note in range(50)}
        await joining.keep([report(attributes=notes)])
    await joining.keep([report(id=UUID(int=2))])

    await joining.close_due()
    await joining.relay.drain()

    [record] = await published(topic)
    assert decode(record, Interaction).data.id == UUID(int=2)


async def test_old_parts_are_forgotten_once_they_are_published(
    database: Database, topic: PgLogBus
) -> None:
    joining = joining_by(database, topic)
    await joining.keep([report()])
    await joining.close_due()
    await joining.keep([report(id=UUID(int=2))])
    await database_says(database, "update ingest.calls set reported_at = now() - interval '8 days'")

    await Housekeeping(database, topic, ConfigReader(database)).forget()

    async with database.connection() as connection:
        rows = await connection.fetch("select interaction_id from ingest.parts")
    assert [row["interaction_id"] for row in rows] == [UUID(int=2)]


async def database_says(database: Database, statement: str, *arguments: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement, *arguments)
