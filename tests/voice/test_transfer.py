"""Whoever is unhappy is put through to a person, where the flow says so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from channel.content import Prompt, Transfer
from channel.rendering import Ending
from common.config.models import Flow
from common.config.person_line import PersonLine
from common.config.store import Document, save
from common.database import Database
from common.events.questionnaire import Band
from ivr_gateway.domain.transferring import put_through
from sandbox.ledger import PutThrough, only
from sandbox.voice.endpoints import callee_of
from sms_sender.testing import OURS
from tests.voice.running import CSAT, Line, call_step, calling

COLLEAGUE = "+12025550160"
ANNOUNCED = "We are sorry. Please stay on the line: we put you through to a colleague."
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
AT_ALL_HOURS = {"number": COLLEAGUE, "hours": "00:00-24:00", "days": DAYS}


async def flow_with(line: Line, **transfer: Any) -> None:
    body = {"id": "flow", "survey": "after-call", "enabled": True, "call_hours": "00:00-24:00"}
    flow = Document(
        workspace="acme",
        kind="flow",
        id="flow",
        body=body | {"plan": [{"channel": "ivr"}], "transfer": {**AT_ALL_HOURS, **transfer}},
    )
    async with line.runtime.db.transaction() as connection:
        await save(connection, [flow], by="test")
    await line.runtime.config.current()


@pytest.fixture
async def caring(database: Database, network: str) -> AsyncIterator[Line]:
    async with calling(database, network=network) as line:
        await flow_with(line)
        yield line


async def test_a_low_score_is_put_through_and_both_ways_are_counted(caring: Line) -> None:
    asked = await caring.call(call_step(), keys=("1",))

    assert caring.heard()[-1] == ANNOUNCED
    (put,) = only(caring.carrier.ledger, PutThrough)
    assert (put.to, put.caller, put.status) == (COLLEAGUE, OURS, "completed")
    row = await caring.row(asked.id)
    assert (row["state"], row["seconds"], row["transferred"]) == ("delivered", 21, 40)
    used = await caring.gateway.usage.read("acme", since=None, until=None)
    assert [(one.seconds, one.transferred) for one in used.flows] == [(21, 40)]
    assert [one.score for one in await caring.responses()] == [1]


async def test_others_are_thanked(caring: Line) -> None:
    await caring.call(call_step(), keys=("5",))

    assert caring.heard()[-1] == "Thank you for your time. Goodbye."
    assert only(caring.carrier.ledger, PutThrough) == []


@pytest.mark.parametrize("picks_up", ["busy", "no-answer"])
async def test_when_nobody_takes_it_they_hear_so_politely(caring: Line, picks_up: str) -> None:
    caring.carrier.switchboard.callees[COLLEAGUE] = callee_of({"picks_up": picks_up})

    asked = await caring.call(call_step(), keys=("2",))

    assert caring.heard()[-2:] == [
        ANNOUNCED,
        "Sorry, nobody can take your call right now. Goodbye.",
    ]
    assert (await caring.row(asked.id))["transferred"] is None


SUNDAY, MONDAY = datetime(2026, 1, 4, 12, tzinfo=UTC), datetime(2026, 1, 5, 12, tzinfo=UTC)
THANKS = Prompt(text="Thanks.")


def ended(at: datetime, *, band: Band | None = Band.LOW, zone: str = "UTC") -> Any:
    flow = Flow(id="f", survey="s", transfer=PersonLine(number=COLLEAGUE))
    ending = Ending(questionnaire=CSAT, band=band, flow=flow, zone=zone, our_number=OURS, now=at)
    found = put_through(THANKS, ending)
    assert isinstance(found, Prompt)
    return found.transfer


@pytest.mark.parametrize(
    ("at", "zone", "open"),
    [
        (MONDAY, "UTC", True),
        (MONDAY.replace(hour=18), "UTC", False),
        (MONDAY.replace(hour=8), "UTC", False),
        (MONDAY.replace(hour=8), "Europe/Berlin", True),
        (SUNDAY, "UTC", False),
        (datetime(2026, 1, 5, 0, 30, tzinfo=ZoneInfo("Asia/Kolkata")), "Asia/Kolkata", False),
    ],
)
def test_only_in_opening_hours_of_the_workspace(at: datetime, zone: str, open: bool) -> None:
    assert (ended(at, zone=zone) is not None) is open


def test_only_the_bands_that_it_says_and_not_without_a_score() -> None:
    assert isinstance(ended(MONDAY), Transfer)
    assert ended(MONDAY, band=Band.MIDDLE) is None
    assert ended(MONDAY, band=None) is None


def test_a_flow_that_is_gone_puts_nobody_through() -> None:
    ending = Ending(
        questionnaire=structs.replace(CSAT),
        band=Band.LOW,
        flow=None,
        zone="UTC",
        our_number=OURS,
        now=MONDAY,
    )

    assert put_through(THANKS, ending) is THANKS
