"""An answer on one channel and the next step on another at the same moment, a thousand times."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.testing import address
from sandbox.ledger import CallRequest, CreateRequest, Heard, Pressed, only
from sandbox.voice.callees import Callee, PicksUp
from sandbox.voice.calls import Call
from sandbox.whatsapp.cloud import Chat
from tests.races.conftest import Platform
from tests.races.racing import SILENCE, acknowledged, ask_and_answer, quiet

pytestmark = pytest.mark.e2e  # it takes its minutes
Told = Callable[[str, object], None]
SIZES = pytest.mark.parametrize("pairs", [120, pytest.param(500, marks=pytest.mark.drill)])
RINGS = 8.0  # seconds until they pick up: the word of an answer is there by then, on any machine
CLOSE = timedelta(milliseconds=250)
# From the answer to the word of it at the other sender: some hundred milliseconds, and on a machine
# that does other things more. Without that word it is as long as what waits there (decision 0171).
WORD = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached(Callee):
    """Picks up after some seconds, and answers what they are asked."""

    rung: set[str]

    async def ring(self, call: Call) -> PicksUp:
        self.rung.add(call.person)
        await asyncio.sleep(RINGS)
        return PicksUp.HUMAN


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    later = {"channel": request.param, "when": "silent", "after": f"{SILENCE:g}s"}
    return [{"channel": "sms"}, later]


@SIZES
@pytest.mark.parametrize("plan", ["ivr"], indirect=True)
async def test_nobody_is_asked_by_telephone_after_they_answered_by_text(
    platform: Platform, pairs: int, record_property: Told
) -> None:
    people = [address(index) for index in range(pairs)]
    rung: set[str] = set()
    for person in people:
        platform.carrier.switchboard.callees[person] = Reached(keys=("3",), rung=rung)

    await ask_and_answer(platform, people, rung)
    await quiet(platform)

    entries = platform.carrier.ledger.entries
    answered = acknowledged(platform)
    called = {request.to for request in only(entries, CallRequest)}
    asked = {heard.person: heard.at for heard in reversed(only(entries, Heard)) if heard.keys}
    rows = await _second_steps(platform, "ivr_gateway")
    taken_back = _taken_back(rows)
    later = [person for person in asked if asked[person] > answered[person]]
    assert answered.keys() == {*people}
    assert later == []  # who heard a question heard it before their answer was taken
    assert {one.person for one in only(entries, Pressed) if one.keys} <= asked.keys()
    assert taken_back.isdisjoint(called)
    await _all_answered(platform)
    assert min(pairs - len(called), len(called)) > pairs // 20  # else it was no race
    claims = {person: row["claimed_at"] for person, row in rows.items() if row["claimed_at"]}
    close = [p for p in claims if abs(claims[p] - answered[p]) < CLOSE]
    _tell(
        record_property,
        {
            "pairs by telephone": pairs,
            "never called": pairs - len(called),
            "of these taken back at the gateway": len(taken_back),
            "called and asked nothing": len(called - asked.keys()),
            "asked before their answer": len(asked),
            "claims within 250 ms of an answer": len(close),
            "questions heard after an answer": len(later),
        },
    )


@SIZES
@pytest.mark.parametrize("plan", ["whatsapp"], indirect=True)
async def test_nobody_is_asked_by_whatsapp_once_the_word_of_their_answer_is_there(
    platform: Platform, pairs: int, record_property: Told
) -> None:
    people = [address(index) for index in range(pairs)]
    reached: set[str] = set()

    def arrives(chat: Chat) -> None:
        reached.add(chat.person)

    platform.meta.listeners.append(arrives)

    await ask_and_answer(platform, people, reached)
    await quiet(platform)

    answered = acknowledged(platform)
    requests = only(platform.meta.ledger, CreateRequest)
    asked = {request.to: request.at for request in requests if request.accepted}
    rows = await _second_steps(platform, "whatsapp_sender")
    taken_back = _taken_back(rows)
    after = {p: asked[p] - answered[p] for p in asked if asked[p] > answered[p]}
    longest = max(after.values(), default=timedelta(0))
    assert answered.keys() == {*people}
    assert longest < WORD
    assert len(requests) == len(asked)  # and nobody twice
    assert taken_back.isdisjoint(asked)
    await _all_answered(platform)
    assert min(pairs - len(asked), len(asked), len(taken_back)) > pairs // 20  # else it was no race
    _tell(
        record_property,
        {
            "pairs by WhatsApp": pairs,
            "never asked there": pairs - len(asked),
            "of these taken back at the sender": len(taken_back),
            "asked before their answer": len(asked) - len(after),
            "asked before the word of it came": len(after),
            "the longest of these, ms": round(longest / timedelta(milliseconds=1)),
        },
    )


async def _second_steps(platform: Platform, sender: str) -> dict[str, Any]:
    rows = await platform.rows(
        f"select m.address, s.state, s.reason, s.called_back, s.claimed_at"
        f" from {sender}.sends s join {sender}.messages m"
        f" on m.workspace = s.workspace and m.send_id = s.id"
    )
    return {row["address"]: row for row in rows}


def _taken_back(rows: dict[str, Any]) -> set[str]:
    found = {person: row for person, row in rows.items() if row["state"] == "cancelled"}
    assert {row["reason"] for row in found.values()} <= {"answered"}
    return {*found}


async def _all_answered(platform: Platform) -> None:
    [statuses] = await platform.rows(
        "select array_agg(distinct status) as all from orchestrator.invitations"
    )
    assert statuses["all"] == ["answered"]


def _tell(record_property: Told, figures: dict[str, int]) -> None:
    for name, count in figures.items():
        record_property(name, count)
    print(figures)  # noqa: T201 - the figures are what the test shows
