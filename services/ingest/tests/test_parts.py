"""Calls that a source tells in parts: kept at once, told once, amended later."""

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
from ingest.domain.interaction import Reported
from ingest.service import Ingest
from ingest.service.reading import Told

PATH = "/v1/sources/acme-parts/calls?key=the-secret-of-the-tests"
START = datetime.now(UTC) - timedelta(minutes=5)


def leg(agent: str, *, minute: int, **facts: Any) -> bytes:
    told = {
        "id": "c-1",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": (START + timedelta(minutes=minute)).isoformat(),
        "agent_id": agent,
        "talk_seconds": 40,
    }
    return json.dumps(told | facts).encode()


async def post(ingest: Any, *bodies: bytes) -> None:
    for body in bodies:
        assert (await ingest.http.post(PATH, content=body)).status_code == 202


async def test_the_legs_of_a_call_are_told_as_one(ingest: Any) -> None:
    first, second = leg("a", minute=1), leg("b", minute=3, queue="billing")

    await post(ingest, second, first, second, first)

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    told = decode(record.value, Interaction).data
    assert [part.agent_id for part in told.legs] == ["a", "b"]
    assert (told.talk_seconds, told.transfers, told.queue) == (80.0, 1, "billing")
    assert told.ended_at == START + timedelta(minutes=3)


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


def told(**facts: Any) -> Told:
    whole: dict[str, Any] = {"id": UUID(int=1), "workspace": "acme", "kind": Kind.CALL} | facts
    whole |= {"ending": Ending.CONNECTED, "address": "+12025550101", "ended_at": START}
    return Told(Reported(Interaction(**whole)), "mapped-json", timedelta(microseconds=1))


@pytest.fixture
async def topic(pglog_bus: PgLogBus) -> PgLogBus:
    await pglog_bus.create_topics({topics.INTERACTIONS: 1})
    return pglog_bus


def service(database: Database, bus: PgLogBus) -> Ingest:
    return Ingest(
        db=database,
        bus=bus,
        relay=Relay(database, bus, "ingest"),
        config=ConfigReader(database),
        pepper=b"of the tests",
    )


async def published(bus: PgLogBus) -> list[bytes]:
    async with bus.subscribe("tests", [topics.INTERACTIONS]) as subscription:
        polled = await subscription.poll(max_records=100, timeout=0.1)
        return [record.value or b"" for records in polled.values() for record in records]


async def test_what_could_not_be_published_is_published_unchanged(
    database: Database, topic: PgLogBus
) -> None:
    closed = PgLogBus(database)
    await closed.close()
    dying = service(database, closed)
    await dying.keep([told()])
    await dying.close_due()
    with pytest.raises(Retry):
        await dying.relay.drain()

    next_one = service(database, topic)
    await next_one.keep([told(disposition="came between")])
    await next_one.close_due()
    await next_one.relay.drain()

    first, second = await published(topic)
    assert decode(first, Interaction).data.disposition is None
    assert decode(second, InteractionAmended).data.revision == 1
    assert decode(second, InteractionAmended).data.interaction.disposition == "came between"


async def test_an_amendment_waits_for_the_end_of_its_call(
    database: Database, topic: PgLogBus
) -> None:
    ingest = service(database, topic)
    tagged = told(tags=("refund",))
    await ingest.keep([Told(Reported(tagged.reported.interaction, 7), "aircall", tagged.settle)])
    await ingest.close_due()
    await ingest.relay.drain()
    before = await published(topic)

    await ingest.keep([told()])
    await ingest.close_due()
    await ingest.relay.drain()

    [ended] = await published(topic)
    assert before == []
    assert decode(ended, Interaction).data.tags == ("refund",)


async def test_a_call_that_grew_too_large_holds_up_no_other(
    database: Database, topic: PgLogBus
) -> None:
    ingest = service(database, topic)
    for number in range(6):
        notes = {f"{number}-{note}": "x" * 4000 for note in range(50)}
        await ingest.keep([told(attributes=notes)])
    await ingest.keep([told(id=UUID(int=2))])

    await ingest.close_due()
    await ingest.relay.drain()

    [record] = await published(topic)
    assert decode(record, Interaction).data.id == UUID(int=2)


async def test_old_parts_are_forgotten_once_they_are_told(
    database: Database, topic: PgLogBus
) -> None:
    ingest = service(database, topic)
    await ingest.keep([told()])
    await ingest.close_due()
    await ingest.keep([told(id=UUID(int=2))])
    await database_says(database, "update ingest.calls set heard_at = now() - interval '8 days'")

    await ingest.forget()

    async with database.connection() as connection:
        rows = await connection.fetch("select interaction_id from ingest.parts")
    assert [row["interaction_id"] for row in rows] == [UUID(int=2)]


async def database_says(database: Database, statement: str, *arguments: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement, *arguments)
