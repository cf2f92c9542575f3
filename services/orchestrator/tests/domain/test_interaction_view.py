"""An interaction is read as far as deciding looks at it, and passed on as it came."""

import msgspec
import pytest

from common.errors import BadInput
from common.events import decode, encode, head_of
from common.events.calls import Leg
from common.events.decisions import Decision
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.interaction_view import view_of
from orchestrator.service.events import decided
from orchestrator.testing import NOW, call, compiled, ended, viewed

FULL = call(
    site="Manila",
    legs=(Leg(agent_id="a1", team="day"), Leg(agent_id="a2", talk_seconds=20.5)),
    wait_seconds=3.0,
    attributes={"crm": "0042"},
    linked=("+12025550177",),
)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_deciding_about_an_outline_and_about_the_whole_is_the_same() -> None:
    of_outline = decided(decide(viewed(FULL), Facts(), workspace=compiled(), now=NOW))
    of_whole = decided(decide(FULL, Facts(), workspace=compiled(), now=NOW))

    assert decode(of_outline.value, Decision) == decode(of_whole.value, Decision)


def test_a_decision_carries_what_only_a_newer_ingest_knows_of() -> None:
    event = msgspec.json.decode(encode(ended(FULL)))
    event["data"]["mood_of_the_line"] = {"noise": [1, 2]}

    told = decided(
        decide(view_of(head_of(msgspec.json.encode(event))), Facts(), workspace=compiled(), now=NOW)
    )

    interaction = msgspec.json.decode(told.value)["data"]["interaction"]
    assert interaction == event["data"]


def test_the_trace_of_a_call_is_heard_with_it() -> None:
    assert viewed(FULL, traceparent=TRACE).traceparent == TRACE
    assert viewed(FULL).traceparent is msgspec.UNSET


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"id": 5}', "Expected `uuid`, got `int` - at `$.data.id`"),
        (b"{}", "missing required field `id`"),
        (b"null", "Expected `object`, got `null`"),
        (b'"\xff"', "Expected `object`, got `str`"),
    ],
)
def test_what_cannot_be_read_names_the_field(data: bytes, problem: str) -> None:
    event = b'{"type": "interaction.ended.v1", "data": %s}' % data
    with pytest.raises(BadInput, match=problem.replace("$", r"\$")):
        view_of(head_of(event))
