"""Who sees some calls alone sees those, whatever they ask."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.service import Intake
from analytics.testing import ADDRESS, NOW, decision, interaction_of, response, told
from analytics.testing.running import Api, answered, take
from common.events.calls import Leg
from common.events.values import Direction
from common.process.sight import Sight

NORTH, SOUTH = Sight(teams=("north",)), Sight(teams=("south",))
ANN, NOBODY = Sight(agent="ann"), Sight()
OWN = {NORTH: {"n1", "n2", "n3"}, SOUTH: {"s1", "s2"}, ANN: {"n1", "n2"}, NOBODY: set[str]()}


@pytest.fixture
async def calls(intake: Intake) -> None:
    """`n` and `s` calls of two teams; what nobody took; one that south began and north ended."""

    def of(agent: str, team: str) -> tuple[Leg, ...]:
        return (Leg(agent_id=agent, team=team, queue="billing"),)

    await answered(intake, {"n1": 5, "n2": 1}, legs=of("ann", "north"))
    await answered(intake, {"s1": 2, "s2": 3}, legs=of("sam", "south"))
    moved = (*of("sam", "south"), *of("nia", "north"))
    await answered(intake, {"n3": 4}, legs=moved)
    await answered(intake, {"none": 3}, legs=())


WIDER: list[dict[str, Any]] = [
    {},
    {"team": ["north", "south"]},
    {"team": "south"},
    {"team": ""},
    {"agent": ["ann", "sam", "nia"]},
    {"agent": "sam", "credit": "first"},
    {"team": "south", "credit": "all"},
    {"queue": "billing"},
    {"queue": "billing", "survey": "csat"},
    {"date": "answer"},
    {"credit": "longest"},
    {"channel": "sms", "number": "+12025550190"},
]


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("wanted", WIDER, ids=str)
@pytest.mark.parametrize("sight", [NORTH, SOUTH, ANN, NOBODY], ids=str)
async def test_no_filter_shows_calls_of_others(
    api: Api, sight: Sight, wanted: dict[str, Any]
) -> None:
    """Lists, files and figures are of those that the filter picks of one's own, and of no more."""
    key = api.person(sight)
    everywhere = (await api.get("calls", limit=500, **wanted))["calls"]
    own = {call["call_id"] for call in everywhere} & OWN[sight]

    listed = (await api.get("calls", key=key, limit=500, **wanted))["calls"]
    assert {call["call_id"] for call in listed} == own
    replies = (await api.get("responses", key=key, **wanted))["responses"]
    assert {one["call_id"] for one in replies} == own
    for what in ("calls", "responses"):
        file = (await api.ask(f"export/{what}", key=key, **wanted)).text.splitlines()[1:]
        assert len(file) == len(own), file

    if wanted.get("date") == "answer":
        return
    for by in ({}, {"by": "agent"}, {"by": "team"}, {"by": "queue"}):
        assert (await api.get("funnel", key=key, **wanted, **by))["funnel"]["calls"] == len(own)
        body = await api.get("scores", key=key, **wanted, **by)
        assert body["funnel"]["answered"] == sum(s["n"] for s in body["scores"]) == len(own)
    points = (await api.get("trend", key=key, **wanted))["points"]
    assert sum(point["funnel"]["calls"] for point in points) == len(own)


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("sight", [NORTH, SOUTH, ANN, NOBODY], ids=str)
async def test_a_call_of_others_is_not_there_by_its_id_its_name_or_its_caller(
    api: Api, sight: Sight
) -> None:
    key = api.person(sight)
    for name in ("n1", "n2", "n3", "s1", "s2", "none"):
        expected = 200 if name in OWN[sight] else 404
        for path in ("calls", "responses"):
            answer = await api.ask(f"{path}/{interaction_of(name)}", key=key)
            assert answer.status_code == expected, (path, name)
        found = (await api.find({"call_id": name}, key=key)).json()["calls"]
        assert len(found) == (expected == 200)
    found = (await api.find({"address": ADDRESS, "limit": 1}, key=key)).json()["calls"]
    assert len(found) == (1 if OWN[sight] else 0)  # the newest of their own, if others are newer


@pytest.mark.usefixtures("calls")
async def test_what_a_person_may_see_holds_in_their_own_workspace_alone(api: Api) -> None:
    elsewhere = api.person(NORTH, workspace="other")
    assert (await api.get("calls", key=elsewhere))["calls"] == []
    assert (await api.ask("calls", key=elsewhere, workspace="acme")).status_code == 403


async def test_a_name_of_another_agent_is_told_only_with_calls_of_ones_own(
    api: Api, intake: Intake
) -> None:
    south = (Leg(agent_id="sam", agent_name="Sam", team="south"),)
    await answered(intake, {"s1": 5}, legs=south)

    body = await api.get("funnel", key=api.person(NORTH), by="agent", agent="sam")

    assert body["groups"] == []


async def test_there_is_to_filter_by_what_ones_own_calls_have(api: Api, intake: Intake) -> None:
    """Dimensions, surveys and traits alike, the same as for who sees all but for the calls."""
    ours = (Leg(agent_id="ann", agent_name="Ann", team="north", queue="billing"),)
    theirs = (Leg(agent_id="sam", agent_name="Sam", team="south", queue="sales"),)
    untold = {"direction": Direction.OUTBOUND, "tags": ("secret",), "survey_id": "exit"}
    mine = decision("c1", legs=ours, tags=("vip", "late"), queue="billing", site="b")
    await intake.on_decisions(
        told(
            mine,
            decision("c2", legs=theirs, queue="sales", **untold),
            decision("c3", legs=ours, queue="past", ended_at=NOW - timedelta(days=90)),
        )
    )
    await intake.on_responses(
        told(response("c1", 5, language="hi"), response("c2", 5, language="es"))
    )
    days = {"from_": "2026-01-01", "to": "2026-01-31"}

    for sight in (NORTH, ANN):
        values = (await api.get("values", key=api.person(sight), **days))["values"]
        shown = {name: [one["value"] for one in of] for name, of in values.items()}
        assert values["agent"] == [{"value": "ann", "name": "Ann"}]
        assert (shown["team"], shown["queue"]) == (["north"], ["billing"])
        assert (shown["language"], shown["direction"]) == (["hi"], ["inbound"])
        assert (shown["tag"], shown["survey"]) == (["late", "vip"], ["csat"])
        assert (shown["site"], shown["flow"]) == (["b"], ["after-call"])
    everybody = (await api.get("values", **days))["values"]
    assert everybody.keys() == values.keys()
    nobody = (await api.get("values", key=api.person(NOBODY), **days))["values"]
    assert not any(nobody.values())


async def test_numbers_in_what_people_wrote_are_masked_for_who_sees_some_calls_alone(
    api: Api, intake: Intake
) -> None:
    await take(intake, decision(), response(comment="call +1 202 555 0101 back"))

    async def comments(key: str) -> list[str]:
        one = await api.get(f"responses/{interaction_of('c1')}", key=key)
        (listed,) = (await api.get("responses", key=key))["responses"]
        file = (await api.ask("export/responses", key=key)).text
        return [one["comment"], listed["comment"], file]

    for shown in await comments(api.person(NORTH)):
        assert "0101" not in shown.replace("…01", "")
        assert "call … back" in shown
    for shown in await comments("reader"):
        assert "call +1 202 555 0101 back" in shown


async def test_an_amended_call_is_theirs_whose_it_is_now(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision()))
    moved = decision(legs=(Leg(agent_id="sam", team="south"),), revision=1)
    await intake.on_decisions(told(moved))

    assert len((await api.get("calls", key=api.person(SOUTH)))["calls"]) == 1
    assert (await api.get("calls", key=api.person(NORTH)))["calls"] == []
