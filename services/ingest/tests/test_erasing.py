"""Erased contacts: parts of their calls go, and older ones are not kept again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common import topics
from common.bus.pglog import PgLogBus
from common.database import Database
from common.events import envelope
from common.events.calls import Interaction
from common.events.consent import ContactErased
from common.events.values import Ending, Kind
from common.ids import contact_id, erasure_id
from common.streams.outbox import Relay
from ingest.domain.interaction import Report
from ingest.service import CallJoining, Erasing
from ingest.service import erasing as module
from ingest.service.reading import IntakeReport

NUMBER = "+12025550101"
WHO = contact_id(b"pepper", "acme", NUMBER)
NOW = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)


def report(number: int = 1, *, who: UUID | None = WHO, ended_at: datetime = NOW) -> IntakeReport:
    call = Interaction(
        id=UUID(int=number),
        workspace="acme",
        kind=Kind.CALL,
        ending=Ending.CONNECTED,
        address=NUMBER if who else None,
        contact_id=who,
        ended_at=ended_at,
    )
    return IntakeReport(Report(call), "mapped-json", timedelta(seconds=30))


def erased(at: datetime) -> Any:
    return envelope(
        ContactErased(contact_id=WHO, erased_at=at),
        aggregate=erasure_id(WHO, at),
        revision=0,
        source="/orchestrator",
        time=at,
        workspace="acme",
    )


@pytest.fixture
async def bus(pglog_bus: PgLogBus) -> PgLogBus:
    await pglog_bus.create_topics({topics.INTERACTIONS: 1, topics.ERASURES: 1})
    return pglog_bus


async def left(database: Database) -> tuple[list[int], list[int]]:
    """(calls of parts, calls)"""
    async with database.connection() as connection:
        parts = await connection.fetch("select interaction_id from ingest.parts order by number")
        calls = await connection.fetch("select interaction_id from ingest.calls order by 1")
    return [row[0].int for row in parts], [row[0].int for row in calls]


async def test_parts_of_before_go_and_do_not_come_again(
    database: Database, bus: PgLogBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 2)
    joining = CallJoining(database, Relay(database, bus, "ingest"))
    later = NOW + timedelta(hours=1)
    await joining.keep([report(number) for number in range(1, 6)])
    await joining.keep([report(6, who=None), report(7, ended_at=later)])
    erasing = Erasing(database, bus)

    finish = await erasing.on_erased([erased(NOW + timedelta(minutes=1))])
    await finish()
    await joining.keep([report(1), report(8)])

    assert await left(database) == ([6, 7], [6, 7])
    async with bus.subscribe("tests", [topics.ERASURES]) as told:
        polled = await told.poll(max_records=10, timeout=1.0)
    assert sum(map(len, polled.values())) == 1


async def test_what_the_version_before_kept_is_found(database: Database, bus: PgLogBus) -> None:
    joining = CallJoining(database, Relay(database, bus, "ingest"))
    await joining.keep([report(1), report(2, who=None)])
    async with database.transaction() as connection:
        await connection.execute("update ingest.parts set contact_id = null")

    await Erasing(database, bus).on_erased([erased(NOW)])

    assert await left(database) == ([2], [2])
