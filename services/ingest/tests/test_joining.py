"""Parts of a call become one call, in whatever order they came."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

from common.events.calls import Interaction, Leg
from common.events.values import Ending, Kind
from ingest.domain.interaction import Report
from ingest.domain.joining import joined, part

START = datetime(2026, 1, 5, 10, 10, tzinfo=UTC)
ID = UUID(int=1)


def report(minute: int, *, revision: int | None = None, **facts: Any) -> Report:
    values: dict[str, Any] = {"address": "+12025550101", "ending": Ending.CONNECTED, **facts}
    return Report(
        Interaction(
            id=ID,
            workspace="acme",
            kind=Kind.CALL,
            ended_at=START + timedelta(minutes=minute),
            started_at=START + timedelta(minutes=minute - 1),
            **values,
        ),
        revision,
    )


def test_the_order_of_arrival_does_not_matter() -> None:
    parts = [
        part(report(1, legs=(Leg(agent_id="a", talk_seconds=30.0),), tags=("new",))),
        part(report(3, legs=(Leg(agent_id="b", talk_seconds=50.0),), queue="billing")),
        part(report(3, revision=1767608061000, tags=("refund",), recording_url="https://r.test")),
    ]

    whole = joined(parts)

    assert all(joined(order) == whole for order in permutations(parts))
    assert [leg.agent_id for leg in whole.legs] == ["a", "b"]
    assert (whole.talk_seconds, whole.transfers, whole.queue) == (80.0, 1, "billing")
    assert (whole.tags, whole.recording_url) == (("refund",), "https://r.test")
    assert (whole.started_at, whole.ended_at) == (START, START + timedelta(minutes=3))


def test_who_talked_in_one_part_was_connected() -> None:
    parts = [part(report(1)), part(report(2, ending=Ending.VOICEMAIL))]

    assert joined(parts).ending is Ending.CONNECTED


def test_nobody_talked_then_the_last_part_says_how_it_ended() -> None:
    parts = [part(report(1, ending=Ending.MISSED)), part(report(2, ending=Ending.VOICEMAIL))]

    assert joined(parts).ending is Ending.VOICEMAIL


def test_a_wish_not_to_be_surveyed_in_any_part_holds() -> None:
    parts = [part(report(1, do_not_survey=True)), part(report(2))]

    assert joined(parts).do_not_survey


def test_an_address_known_to_one_part_is_known() -> None:
    hidden = report(2, address=None, address_problem="hidden")

    whole = joined([part(report(1)), part(hidden)])

    assert (whole.address, whole.address_problem) == ("+12025550101", None)


def test_the_same_report_is_the_same_part() -> None:
    first = report(1, attributes={"a": "1", "b": "2"})
    again = report(1, attributes={"b": "2", "a": "1"})

    assert part(first).id == part(again).id
    assert part(first).id != part(report(2)).id
