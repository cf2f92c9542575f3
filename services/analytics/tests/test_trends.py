"""Lines over time tell what scores tell of the same days."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from analytics.domain.selection import Period
from analytics.service import Intake, Packing
from analytics.testing import NOW
from analytics.testing.running import Api, answered
from analytics.testing.various import some_calls
from common.config import ConfigReader
from common.database import Database
from common.events.calls import Leg

FILTERS: list[dict[str, Any]] = [
    {},
    {"queue": ["billing", "sales"]},
    {"agent": ["a0", "a1", "a2"], "survey": "csat"},
    {"credit": "all"},
    {"date": "answer"},
    {"tag": "vip", "channel": "sms"},
    {"metric": "nps", "per": "metric"},
    {"score": [1, 5]},
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_a_point_of_a_line_is_the_score_of_its_group_in_these_days(
    api: Api, intake: Intake, database: Database, seed: int, packed: bool
) -> None:
    chance = random.Random(seed)
    await some_calls(intake, seed=seed)
    if packed:
        await Packing(database, ConfigReader(database), lambda: NOW).round()
    for wanted in chance.sample(FILTERS, 4):
        by = chance.choice(["queue", "agent", "team", "channel", "disposition"])
        period = chance.choice(list(Period))
        days = {"from_": "2025-12-20", "to": "2026-01-15"}
        trend = await api.get("trend", by=by, period=period, **days, **wanted)
        alone = await api.get("trend", period=period, **days, **wanted)

        assert trend["points"] == alone["points"]
        for number in chance.sample(range(len(trend["points"])), min(4, len(trend["points"]))):
            point = trend["points"][number]
            first, last = max(point["start"], days["from_"]), min(point["end"], days["to"])
            scores = await api.get("scores", by=by, from_=first, to=last, **wanted)
            lines = {
                group["value"]: told(group["points"][number]["scores"]) for group in trend["groups"]
            }
            groups = {group["value"]: told(group["scores"]) for group in scores["groups"]}
            assert {name: one for name, one in lines.items() if one} == {
                name: one for name, one in groups.items() if one
            }


def told(scores: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (one["survey"], one["question"], one["n"], one["value"], one["low"], one["histogram"])
        for one in scores
        if one["n"]
    ]


async def test_as_many_lines_as_can_be_read_those_of_most_answers(api: Api, intake: Intake) -> None:
    for number in range(23):
        legs = (Leg(agent_id=f"a{number:02}", agent_name=f"Agent {number}"),)
        names = {f"{number}-{i}": 5 for i in range(1 + number)}
        await answered(intake, names, legs=legs)

    body = await api.get("trend", by="agent", range="7d")
    alone = await api.get("trend", range="7d")

    assert [one["value"] for one in body["groups"]] == [f"a{n:02}" for n in range(3, 23)]
    assert body["groups"][0]["name"] == "Agent 3"
    assert body["groups_left_out"] == 3
    assert (alone["by"], alone["groups"], alone["groups_left_out"]) == (None, [], 0)


async def test_a_file_has_a_row_for_each_group_and_period(api: Api, intake: Intake) -> None:
    await answered(intake, {"c0": 5})
    await answered(intake, {"c1": 1}, ended_at=NOW - timedelta(days=1))

    file = await api.ask("export/trend", by="agent", range="yesterday")
    plain = await api.ask("export/trend", range="yesterday")

    head, total, group = file.text.splitlines()
    assert head.startswith("group,name,label,start")
    assert total.startswith(f"(total),,{date(2026, 1, 14)}")
    assert group.startswith(f"a1,Ana,{date(2026, 1, 14)}")
    assert plain.text.startswith("label,start")
