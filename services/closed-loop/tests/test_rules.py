"""When people are told, and what they read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics.testing import response
from closed_loop.domain.notices import low_rating, notice
from closed_loop.domain.rules import Digest, Kind, Rule, is_low, tell_at
from closed_loop.domain.shape import unknown_call
from common.events.responses import Response
from common.events.values import Metric
from common.phone.texts import without_numbers

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
CONSOLE = "https://surveys.example.com/console"


def rule(**changes: Any) -> Rule:
    given = {"workspace": "acme", "id": UUID(int=1), "name": "Billing", "kind": Kind.LOW_RATING}
    return Rule(**{**given, **changes})


def call(**changes: Any) -> dict[str, Any]:
    found = unknown_call(response())
    return {**found, "flow_id": "after-call", "queue": "billing", "team": "north", **changes}


def said(**changes: Any) -> Response:
    return response(**{"score": 1, **changes})


@pytest.mark.parametrize(
    ("digest", "told_at", "due"),
    [
        (Digest.AT_ONCE, None, NOON),
        (Digest.AT_ONCE, NOON - timedelta(hours=2), NOON),
        (Digest.AT_ONCE, NOON - timedelta(minutes=20), NOON + timedelta(minutes=40)),
        (Digest.HOURLY, None, NOON + timedelta(hours=1)),
        (Digest.DAILY, None, datetime(2026, 1, 16, 7, 0, tzinfo=UTC)),  # eight in Berlin
    ],
)
def test_it_is_told_when_the_rule_says(
    digest: Digest, told_at: datetime | None, due: datetime
) -> None:
    chosen = rule(digest=digest, cool_down=timedelta(hours=1), told_at=told_at)

    assert tell_at(chosen, NOON, "Europe/Berlin") == due


def test_what_is_raised_before_the_morning_is_told_the_same_morning() -> None:
    early = datetime(2026, 7, 15, 3, 0, tzinfo=UTC)

    assert tell_at(rule(digest=Digest.DAILY), early, "Europe/Berlin") == datetime(
        2026, 7, 15, 6, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, True),
        ({"queues": ["billing", "sales"]}, True),
        ({"queues": ["sales"]}, False),
        ({"teams": ["north"]}, True),
        ({"teams": ["north"], "queues": ["sales"]}, False),
        ({"flows": ["after-call"]}, True),
        ({"flows": ["another"]}, False),
        ({"surveys": ["csat"]}, True),
        ({"surveys": ["nps"]}, False),
    ],
)
def test_a_rule_is_about_what_it_names(chosen: dict[str, Any], wanted: bool) -> None:
    assert rule(**chosen).wants(call(), said()) is wanted


def test_a_team_of_an_earlier_leg_hears_of_it_too() -> None:
    assert rule(teams=["south"]).wants(call(teams=["south", "north"]), said())


@pytest.mark.parametrize(
    ("metric", "score", "low"),
    [
        (Metric.CSAT, 2, True),
        (Metric.CSAT, 3, False),
        (Metric.NPS, 6, True),
        (Metric.NPS, 7, False),
        (Metric.CES, 3, True),
        (Metric.CES, 4, False),
    ],
)
def test_low_is_the_band_of_the_metric(metric: Metric, score: int, low: bool) -> None:
    assert is_low(response(score=score, metric=metric)) is low


def test_no_score_is_not_low() -> None:
    assert not is_low(response(score=None))


def test_a_notice_names_what_was_said_and_where_to_look() -> None:
    alert = low_rating(
        call(agent="a1", agent_name="Ana"), said(comment="too long"), console=CONSOLE
    )
    told = notice(rule(), [alert], more=0, console=CONSOLE)

    assert told.subject == "Billing: low rating"
    assert "CSAT 1 by sms (queue billing, team north, agent Ana)" in told.text
    assert "“too long”" in told.text
    assert f"{CONSOLE}/calls/{alert['interaction_id']}" in told.text


def test_a_digest_says_how_many_and_shows_the_first() -> None:
    alert = low_rating(call(), said(), console=CONSOLE)
    told = notice(rule(), [alert, alert], more=5, console=CONSOLE)

    assert told.subject == "Billing: 7 × low rating"
    assert "and 5 more" in told.text


@pytest.mark.parametrize(
    "comment",
    [
        "call me at +1 (202) 555-0101 please",
        "12025550101",
        "my number is 0202 / 555 01 01",
        "on 202.555.0101 or 202-555-0101",
    ],
)
def test_no_telephone_number_is_in_what_people_read(comment: str) -> None:
    assert "555" not in without_numbers(comment)
    assert "555" not in str(low_rating(call(), said(comment=comment), console=CONSOLE))


@pytest.mark.parametrize("comment", ["waited 45 minutes, 3 times", "order 12345", "10 out of 10"])
def test_other_figures_stay(comment: str) -> None:
    assert without_numbers(comment) == comment


def test_a_name_cannot_begin_a_header_of_its_own() -> None:
    told = notice(rule(name="x\r\nBcc: y@example.com"), [], more=1, console=CONSOLE)

    assert "\n" not in told.subject
    assert "\r" not in told.subject
