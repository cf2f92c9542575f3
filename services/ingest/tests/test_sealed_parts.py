"""With keys, parts of calls are kept sealed until their call is whole."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common import topics
from common.bus.pglog import PgLogBus
from common.database import Database
from common.events import decode
from common.events.calls import Interaction
from common.events.values import Ending, Kind
from common.sealing import MasterKeys, is_sealed, new_key
from common.streams.outbox import Relay
from ingest.domain.interaction import Report
from ingest.repository import contacts
from ingest.service import CallJoining
from ingest.service.reading import IntakeReport

ANN, CONTACT = "+12025550101", UUID(int=7)


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


def report(call: int, **facts: Any) -> IntakeReport:
    told = Interaction(
        id=UUID(int=call),
        workspace="acme",
        kind=Kind.CALL,
        ending=Ending.CONNECTED,
        address=ANN,
        contact_id=CONTACT,
        ended_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
        **facts,
    )
    return IntakeReport(Report(told), "mapped-json", timedelta(microseconds=1))


async def rows(database: Database, statement: str) -> list[Any]:
    async with database.connection() as connection:
        found: list[Any] = await connection.fetch(statement)
        return found


@pytest.fixture
async def joining(database: Database, pglog_bus: PgLogBus) -> CallJoining:
    await pglog_bus.create_topics({topics.INTERACTIONS: 1})
    return CallJoining(database, Relay(database, pglog_bus, "ingest"))


async def waiting(database: Database) -> list[Interaction]:
    """What is to be published."""
    found = await rows(database, "select value from ingest.outbox order by id")
    return [decode(row["value"], Interaction).data for row in found]


async def test_parts_are_joined_from_what_is_sealed_and_from_before(
    joining: CallJoining, database: Database
) -> None:
    await joining.keep([report(1, queue="billing"), report(1, tags=("new",))])
    stored = await rows(database, "select report from ingest.parts")
    assert all(is_sealed(row["report"]) for row in stored)
    assert ANN.encode() not in b"".join(row["report"] for row in stored)

    await joining.close_due()

    [call] = await waiting(database)
    assert (call.address, call.queue, call.tags) == (ANN, "billing", ("new",))


async def test_a_call_that_does_not_open_waits_and_holds_up_no_other(
    joining: CallJoining, database: Database
) -> None:
    await joining.keep([report(1), report(2)])
    await rows(
        database,
        "update ingest.parts set report = set_byte(report, 40, 255 - get_byte(report, 40))"
        f" where interaction_id = '{UUID(int=1)}'",
    )

    await joining.close_due()

    assert [one.id for one in await waiting(database)] == [UUID(int=2)]
    left = await rows(database, "select interaction_id from ingest.calls where closes_at > now()")
    assert [row["interaction_id"] for row in left] == [UUID(int=1)]


async def test_a_person_is_told_what_is_kept_of_their_calls(
    joining: CallJoining, database: Database
) -> None:
    await joining.keep([report(1)])

    async with database.connection() as connection:
        held = await contacts.held_of(connection, "acme", CONTACT)

    assert ANN in str(held.tables["parts"])
