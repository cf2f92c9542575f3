"""Few answers are not told, neither by a figure nor by what lies between two."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from analytics.domain.discretion import hidden, picked
from analytics.domain.figures import Line
from analytics.service import Intake
from analytics.testing import NOW
from analytics.testing.running import Api, answered
from common.events.calls import Leg
from common.process.sight import Sight

LINE = Line("csat", "score", "csat", 1, 5)
# (agent, queue) -> answers: few of cat's, one agent's in a queue, and enough of the others.
ANSWERS = {
    ("ann", "billing"): 7,
    ("ann", "tech"): 6,
    ("ben", "billing"): 8,
    ("ben", "tech"): 3,
    ("cat", "billing"): 3,
    ("dan", "tech"): 9,
}
PLACES = list(ANSWERS)
AGENTS, QUEUES = ("ann", "ben", "cat", "dan"), ("billing", "tech")


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ({"a": 2, "b": 2, "c": 9, "d": 7}, {"a", "b", "d"}),  # 4 are as good as told together
        ({"a": 2, "b": 3, "c": 9}, {"a", "b"}),
        ({"a": 1, "b": 5, "c": 5}, {"a", "b"}),
    ],
)
def test_what_is_hidden_is_never_few_together(answers: dict[str, int], kept: set[str]) -> None:
    assert hidden(answers) == kept


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        (["a"], True),
        (["b"], True),  # hidden beside `a`: alone it tells `a` by subtraction
        (["c"], False),
        (["b", "c"], True),  # what is left out is `a`
        (["a", "c"], True),
        (["a", "b"], False),
        (["a", "b", "c"], False),
        ([], False),
    ],
)
def test_a_filter_picks_all_hidden_groups_or_none(values: list[str], secret: bool) -> None:
    groups = {name: {LINE: n} for name, n in {"a": 3, "b": 9, "c": 20}.items()}
    assert picked(values, groups) == ({LINE} if secret else set())


@pytest.fixture
async def counted(intake: Intake) -> None:
    for (agent, queue), n in ANSWERS.items():
        legs = (Leg(agent_id=agent, team="north", queue=queue),)
        names = {f"{agent}-{queue}-{i}": 1 + i % 5 for i in range(n)}
        await answered(intake, names, legs=legs, queue=queue)


def _vector(agents: Iterable[str], queues: Iterable[str]) -> list[int]:
    chosen = set(agents), set(queues)
    return [int(agent in chosen[0] and queue in chosen[1]) for agent, queue in PLACES]


def _tells(known: Sequence[Sequence[int]], wanted: Sequence[int]) -> bool:
    """Whether sums of what is known, with any factors, make what is wanted."""
    return _rank([*known, wanted]) == _rank(known)


def _rank(vectors: Sequence[Sequence[int]]) -> int:
    rows = [[Fraction(value) for value in vector] for vector in vectors]
    rank = 0
    for column in range(len(rows[0])):
        place = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if place is None:
            continue
        rows[rank], rows[place] = rows[place], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def _subsets(values: Sequence[str]) -> list[list[str]]:
    every = [[v for i, v in enumerate(values) if mask >> i & 1] for mask in range(1 << len(values))]
    return every[1:]


async def _told(api: Api, key: str, **wanted: Any) -> list[list[int]]:
    """The sums of answers that an answer of the API gives away."""
    agents, queues = wanted.get("agent", AGENTS), wanted.get("queue", QUEUES)
    body = await api.get("scores", key=key, **wanted)
    found = []
    if body["scores"] and not body["scores"][0]["suppressed"]:
        found.append(_vector(agents, queues))
    for group in body["groups"]:
        if group["scores"] and not group["scores"][0]["suppressed"]:
            one = [group["value"]]
            by_agent = wanted["by"] == "agent"
            found.append(_vector(one if by_agent else agents, queues if by_agent else one))
    return found


@pytest.mark.usefixtures("counted")
async def test_no_sums_of_what_a_supervisor_is_told_make_a_group_of_few(api: Api) -> None:
    """Every filter by agents, by queues and by both, in total and by group."""
    key = api.person(Sight(teams=("north",)))
    filters: list[dict[str, Any]] = [{}]
    filters += [{"agent": agents} for agents in _subsets(AGENTS)]
    filters += [{"queue": queues} for queues in _subsets(QUEUES)]
    filters += [{"agent": [a], "queue": [q]} for a in AGENTS for q in QUEUES]
    known: list[list[int]] = []
    for wanted in filters:
        for by in ({}, {"by": "agent"}, {"by": "queue"}):
            known += await _told(api, key, **wanted, **by)

    assert _vector(AGENTS, QUEUES) in known
    assert not _tells(known, _vector(["cat"], QUEUES))
    assert not _tells(known, _vector(["ben"], ["tech"]))


@pytest.mark.usefixtures("counted")
async def test_no_sums_of_what_a_key_is_told_by_one_dimension_make_a_group_of_few(api: Api) -> None:
    for name, values in (("agent", AGENTS), ("queue", QUEUES)):
        known: list[list[int]] = []
        for by in ({}, {"by": name}):
            for chosen in _subsets(values):
                known += await _told(api, "reader", **{name: chosen}, **by)
            known += await _told(api, "reader", **by)
        assert _vector(AGENTS, QUEUES) in known
        assert not _tells(known, _vector(["cat"], QUEUES))


@pytest.mark.usefixtures("counted")
async def test_admins_are_told_all(api: Api) -> None:
    assert await _told(api, "admin", agent=["cat"])
    assert await _told(api, "admin", agent=["ben"], queue=["tech"])
    assert not await _told(api, "reader", agent=["cat"])
    assert not await _told(api, "reader", agent=["ben"], queue=["tech"])


async def test_a_day_of_few_answers_is_a_point_without_a_value(api: Api, intake: Intake) -> None:
    await answered(intake, {f"few{n}": 5 for n in range(2)})
    for day in range(1, 4):
        ended_at = NOW - timedelta(days=day)
        await answered(intake, {f"d{day}-{n}": 5 for n in range(day + 5)}, ended_at=ended_at)

    async def shown(key: str) -> list[int]:
        points = (await api.get("trend", key=key, range="7d"))["points"]
        return [p["scores"][0]["n"] for p in points if p["scores"][0]["value"] is not None]

    assert await shown("admin") == [8, 7, 6, 2]
    assert await shown(api.person(Sight(teams=("north",)))) == [8, 7]  # 6 less is the total less 2


async def test_a_survey_of_few_answers_is_not_what_its_metric_has_less_the_other(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {f"a{n}": 5 for n in range(9)})
    await answered(intake, {f"b{n}": 1 for n in range(3)}, survey_id="other")

    async def shown(**wanted: Any) -> list[bool]:
        scores = (await api.get("scores", key="reader", **wanted))["scores"]
        return [one["value"] is not None for one in scores]

    assert await shown(per="metric") == [True]
    assert await shown() == [False, False]
    assert await shown(survey="csat", per="metric") == [False]
    assert await shown(survey="other") == [False]


async def test_of_days_before_with_few_answers_only_their_number_is_told(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {f"now{n}": 5 for n in range(6)})
    await answered(intake, {f"then{n}": 1 for n in range(2)}, ended_at=NOW - timedelta(days=8))

    (score,) = (await api.get("scores", key="reader", range="7d", compare="previous"))["scores"]

    assert (score["value"], score["before"]["n"]) == (100.0, 2)
    assert (score["before"]["value"], score["change"]) == (None, None)


# Days ago -> agent -> answers.
BY_DAY: Mapping[int, Mapping[str, int]] = {
    1: {"ann": 7, "ben": 9, "cat": 3},
    2: {"ann": 6, "ben": 2, "cat": 11},
    3: {"ann": 8, "ben": 12, "cat": 7},
    4: {"ann": 1, "cat": 9},
    5: {"ben": 6, "dan": 2},
}
Cells = Sequence[tuple[int, str]]


def _sum_of(cells: Cells, days: Iterable[int], agents: Iterable[str] | None) -> list[int]:
    of_days, chosen = set(days), None if agents is None else set(agents)
    return [int(day in of_days and (chosen is None or one in chosen)) for day, one in cells]


def _shown(scores: Sequence[Any]) -> bool:
    return bool(scores) and not scores[0]["suppressed"] and scores[0]["n"] > 0


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("wanted", [{}, {"agent": ["ann", "ben"]}, {"queue": "billing"}], ids=str)
@pytest.mark.parametrize("restricted", ["reader", "supervisor"])
async def test_no_sums_of_lines_over_time_make_a_point_of_few(
    api: Api, intake: Intake, restricted: str, wanted: dict[str, Any], others: bool
) -> None:
    """With everything that the same filter tells by days, and by agents."""
    key = api.person(Sight(teams=("north",))) if restricted == "supervisor" else restricted
    cells: list[tuple[int, str]] = []
    few: list[tuple[int, str]] = []
    for day, agents in BY_DAY.items():
        more = {f"z{n}": 1 for n in range(17)} if others and day == 3 else {}
        for agent, n in {**agents, **more}.items():
            names = {f"{agent}-{day}-{i}": 1 + i % 5 for i in range(n)}
            legs = (Leg(agent_id=agent, team="north", queue="billing"),)
            await answered(intake, names, legs=legs, ended_at=NOW - timedelta(days=day))
            cells.append((day, agent))
            few += [(day, agent)] if n < 5 else []
    chosen = wanted.get("agent")
    days = {(NOW - timedelta(days=day)).date().isoformat(): day for day in BY_DAY}

    trend = await api.get("trend", key=key, range="7d", by="agent", **wanted)
    whole = await api.get("scores", key=key, range="7d", by="agent", **wanted)

    known = [_sum_of(cells, BY_DAY, chosen)] if _shown(whole["scores"]) else []
    for group in whole["groups"]:
        known += [_sum_of(cells, BY_DAY, [group["value"]])] if _shown(group["scores"]) else []
    for agents, points in (
        (chosen, trend["points"]),
        *(([group["value"]], group["points"]) for group in trend["groups"]),
    ):
        for point in points:
            if _shown(point["scores"]):
                known.append(_sum_of(cells, [days[point["start"]]], agents))
    assert len(known) > 1
    assert len(trend["groups"]) <= 20
    for day, agent in few:
        assert not _tells(known, _sum_of(cells, [day], [agent])), (day, agent)
