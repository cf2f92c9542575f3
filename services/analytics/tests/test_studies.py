"""Drivers and rankings over REST: asked, reckoned in the background, kept."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import httpx

from analytics.service import Intake
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api
from common.events.calls import Leg
from common.events.values import Metric


async def some_calls(intake: Intake, count: int = 150) -> None:
    """Who waited long gives low scores; who is the agent makes no difference."""
    chance = random.Random(1)
    decisions, responses = [], []
    for number in range(count):
        waited = chance.choice([1.0, 30.0, 300.0])
        decisions.append(
            decision(
                f"c{number}",
                ended_at=NOW - timedelta(hours=number),
                wait_seconds=waited,
                talk_seconds=chance.uniform(20, 600),
                legs=(Leg(agent_id=f"a{number % 4}", agent_name=f"Agent {number % 4}"),),
            )
        )
        score = {1.0: 5, 30.0: 4, 300.0: 2}[waited] - chance.choice([0, 0, 1])
        responses.append(response(f"c{number}", score))
    await intake.on_decisions(told(*decisions))
    await intake.on_responses(told(*responses))


async def post(api: Api, path: str, *, key: str = "admin", **query: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer ac_{key}_secret"}
    return await api.http.post(f"/v1/{path}", params=query, headers=headers)


async def done(api: Api, kind: str, *, key: str = "admin", **query: Any) -> Any:
    asked = await post(api, f"studies/{kind}", key=key, **query)
    assert asked.status_code == 202, asked.text
    while True:
        found = await api.get(f"studies/{asked.json()['id']}", key=key)
        if found["state"] in ("done", "failed"):
            return found
        await asyncio.sleep(0.05)


async def test_what_goes_with_low_scores_is_found(intake: Intake, api: Api) -> None:
    await some_calls(intake)
    study = await done(api, "drivers", metric="csat")
    found = study["drivers"]

    assert study["progress"] == 1
    assert (found["n"], found["answers"], found["left_out_calls"]) == (150, 150, 0)
    assert found["winner"] == found["drivers"][0]["name"] == "wait"
    assert found["drivers"][0]["effect"] < 0
    assert found["left_out"]["transfers"] == "is the same for every call"
    assert found["tentative"]
    assert (await api.get("studies"))["studies"] == [study]


async def test_a_filter_holds_for_a_study_too(intake: Intake, api: Api) -> None:
    await some_calls(intake)
    study = await done(api, "drivers", metric="csat", agent="a1")

    assert study["state"] == "failed"
    assert study["problem"].startswith(("62 more", "63 more"))
    assert study["question"]["filters"] == {"agent": ["a1"]}


async def test_agents_who_differ_by_chance_are_ranked_close_together(
    intake: Intake, api: Api
) -> None:
    await some_calls(intake)
    found = (await done(api, "ranking", metric="csat", by="agent"))["ranking"]

    assert {one["name"] for one in found["groups"]} == {f"Agent {n}" for n in range(4)}
    assert [one["rank"] for one in found["groups"]] == [1, 2, 3, 4]
    values, shrunken = ([one[key] for one in found["groups"]] for key in ("value", "shrunken"))
    assert max(shrunken) - min(shrunken) < max(values) - min(values)


async def test_groups_of_few_answers_are_ranked_for_admins_alone(intake: Intake, api: Api) -> None:
    await some_calls(intake, 40)
    await intake.on_decisions(told(decision("few", legs=(Leg(agent_id="new"),))))
    await intake.on_responses(told(response("few", 1)))

    async def of_new(key: str) -> Any:
        found = (await done(api, "ranking", metric="csat", by="agent", key=key))["ranking"]
        return next(one for one in found["groups"] if one["group"] == "new")

    assert (await of_new("admin"))["value"] == 0
    assert (await of_new("reader"))["value"] is None


async def test_what_makes_no_study_is_refused_by_name(api: Api) -> None:
    for path, query, field in (
        ("studies/ranking", {"metric": "csat"}, "query.by"),
        ("studies/drivers", {"metric": "csat", "by": "agent"}, "query.by"),
        ("studies/drivers", {}, "query.metric"),
        ("studies/luck", {"metric": "csat"}, "path.kind"),
    ):
        answer = await post(api, path, **query)
        assert answer.status_code in (400, 422), answer.text
        assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_study_of_another_workspace_is_not_there(intake: Intake, api: Api) -> None:
    study = await done(api, "drivers", metric=Metric.CES.value)

    assert study["state"] == "failed"
    answer = await api.ask(f"studies/{study['id']}", key="other")
    assert answer.status_code == 404
    assert (await api.get("studies", key="other"))["studies"] == []
