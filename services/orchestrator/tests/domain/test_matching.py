"""Which flow an interaction matches, and which one of several wins."""

from datetime import timedelta
from typing import Any

import pytest

from common.config import Conditions
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.values import Direction, Ending, Kind
from orchestrator.domain.deciding import Facts, decide
from orchestrator.testing import LINE, NOW, call, compiled, flow


def reason(interaction: Any, workspace: Any, facts: Facts | None = None) -> Reason | None:
    return decide(interaction, facts or Facts(), workspace=workspace, now=NOW).reason


@pytest.mark.parametrize(
    ("when", "changes", "matches"),
    [
        (Conditions(numbers=(LINE,)), {}, True),
        (Conditions(numbers=("+12025550192",)), {}, False),
        (Conditions(numbers=(LINE,), queues=("billing",)), {}, True),
        (Conditions(numbers=(LINE,), queues=("sales",)), {}, False),
        (Conditions(queues=("billing",)), {"queue": None}, True),  # the last leg's
        (Conditions(directions=(Direction.OUTBOUND,)), {}, False),
        (Conditions(), {"direction": None}, True),
        (Conditions(directions=()), {"direction": Direction.INTERNAL}, True),
        (Conditions(), {"kind": Kind.TICKET}, False),
        (Conditions(kinds=(Kind.TICKET,)), {"kind": Kind.TICKET}, True),
        (Conditions(tags=("vip", "b2b")), {"tags": ("b2b",)}, True),
        (Conditions(tags=("vip",)), {"tags": ("b2b",)}, False),
        (Conditions(without_tags=("spam",)), {"tags": ("b2b", "spam")}, False),
        (Conditions(agent_tags=("new",)), {"legs": (Leg(agent_tags=("new",)), Leg())}, True),
        (Conditions(agent_tags=("new",)), {}, False),
        (Conditions(countries=("US",)), {"country": None}, True),  # read from the number
        (Conditions(countries=("GB",)), {}, False),
    ],
)
def test_conditions(when: Conditions, changes: dict[str, Any], matches: bool) -> None:
    assert (reason(call(**changes), compiled(flow(when=when))) is None) is matches


def test_a_flow_may_ask_about_missed_calls() -> None:
    missed = call(ending=Ending.MISSED, talk_seconds=0.0)

    assert reason(missed, compiled(flow(when=Conditions(endings=(Ending.MISSED,))))) is None


def test_a_source_that_tells_six_fields_is_enough() -> None:
    least = call(
        direction=None, our_number=None, queue=None, country=None, talk_seconds=None, legs=()
    )

    assert reason(least, compiled()) is None


def test_the_highest_priority_wins_and_the_loser_is_named() -> None:
    workspace = compiled(flow("low"), flow("high", priority=5), flow("lower", priority=-1))

    decision = decide(call(), Facts(), workspace=workspace, now=NOW)

    assert (decision.flow_id, decision.lost_flows) == ("high", ("low", "lower"))


def test_a_loser_never_asks_when_the_winner_refuses() -> None:
    workspace = compiled(
        flow("open"), flow("strict", priority=1, minimum_talk=timedelta(minutes=5))
    )

    decision = decide(call(), Facts(), workspace=workspace, now=NOW)

    assert (decision.flow_id, decision.reason) == ("strict", Reason.TALK_TIME)
