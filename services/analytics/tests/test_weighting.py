"""Weighted scores against other ways of reckoning them: answer by answer, and by calibration."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

import numpy as np
import pytest
from scipy.optimize import root
from statsmodels.stats.weightstats import DescrStatsW

from analytics.domain.packing import Counting, Day, Sieve
from analytics.domain.selection import Selection
from analytics.domain.weighting import FEWEST, Method, Stratum, Weighted, weighted
from analytics.repository import weighting
from analytics.service import Intake, Packing
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api
from analytics.testing.various import some_calls
from common.config import ConfigReader
from common.database import Database
from common.events.values import Channel, Metric
from common.scores import csat, nps, wilson

Answers = dict[Stratum, dict[int, int]]


def any_frame(
    seed: int, *, cells: int, least: int, most: int
) -> tuple[dict[Stratum, int], Answers]:
    chance = random.Random(seed)
    asked: dict[Stratum, int] = {}
    answers: Answers = {}
    for number in range(cells):
        cell = Stratum(f"c{number % 3}", f"q{number // 3 % 4}", f"d{number // 12}")
        n = chance.randint(least, most)
        answers[cell] = dict(Counter(chance.choices(range(1, 6), range(1, 6), k=n)))
        asked[cell] = n + chance.randint(0, 40 * most)
    return asked, answers


def each(answers: Answers) -> list[tuple[Stratum, int]]:
    """Every answer by itself."""
    return [(c, v) for c, of in answers.items() for v, times in of.items() for _ in range(times)]


def raked_by_calibration(
    asked: Mapping[Stratum, int], found: Sequence[tuple[Stratum, int]]
) -> list[float]:
    """Weights exp(x . b) that meet the margins, by solving for b."""
    columns = [
        np.array([float(cell[place] == value) for cell, _ in found])
        for place in range(3)
        for value in sorted({cell[place] for cell in asked})[(place > 0) :]
    ]
    x = np.column_stack(columns)
    total = sum(asked.values())
    targets = [
        sum(times for cell, times in asked.items() if cell[place] == value) / total * len(found)
        for place in range(3)
        for value in sorted({cell[place] for cell in asked})[(place > 0) :]
    ]
    solved = root(lambda b: x.T @ np.exp(x @ b) - targets, np.zeros(x.shape[1]), tol=1e-13)
    assert solved.success
    return list(np.exp(x @ solved.x))


def cut(weights: Sequence[float]) -> list[float]:
    most = 5 * sorted(weights)[(len(weights) - 1) // 2]
    kept = [min(one, most) for one in weights]
    return [one * len(kept) / sum(kept) for one in kept]


def holds(found: Weighted | None, weights: Sequence[float], values: Sequence[int]) -> None:
    """The share of 4 and 5 and the mean, with the interval of so many effective answers."""
    assert found is not None
    n_eff = sum(weights) ** 2 / sum(one**2 for one in weights)
    hits = np.array([one >= 4 for one in values], dtype=float)
    share = DescrStatsW(hits, weights=np.array(weights)).mean
    expected = wilson(share * n_eff, n_eff)
    score = found.score
    assert found.n_eff == pytest.approx(n_eff, rel=1e-6)
    assert (score.value, score.low, score.high) == pytest.approx(
        (expected.value, expected.low, expected.high), rel=1e-6
    )
    assert score.mean == pytest.approx(np.average(values, weights=weights), rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_with_enough_answers_in_every_cell_it_is_post_stratified(seed: int) -> None:
    asked, answers = any_frame(seed, cells=12, least=10, most=30)
    found = weighted(Metric.CSAT, asked, answers, low=1, high=5)

    every = each(answers)
    n = Counter(cell for cell, _ in every)
    total = sum(asked.values())
    weights = [asked[cell] / total * len(every) / n[cell] for cell, _ in every]
    holds(found, cut(weights), [value for _, value in every])
    assert found is not None
    assert found.method is Method.POST_STRATIFIED
    assert found.trimmed == sum(one > 5 * median(sorted(weights)) for one in weights)


@pytest.mark.parametrize("seed", range(10))
def test_with_few_answers_in_a_cell_it_is_raked_to_the_margins(seed: int) -> None:
    asked, answers = any_frame(seed, cells=24, least=3, most=20)
    found = weighted(Metric.CSAT, asked, answers, low=1, high=5)

    every = each(answers)
    holds(found, cut(raked_by_calibration(asked, every)), [value for _, value in every])
    assert found is not None
    assert found.method is Method.RAKED


def test_a_worked_example() -> None:
    """Half were asked by SMS, where nine in ten are content; calls answer three times as often."""
    sms, ivr = Stratum("sms", "q", "d"), Stratum("ivr", "q", "d")
    answers = {sms: {5: 90, 1: 10}, ivr: {5: 120, 1: 180}}

    found = weighted(Metric.CSAT, {sms: 1000, ivr: 1000}, answers, low=1, high=5)

    # Raw 210 / 400 = 52.5; each half counts 200: 2 a text, 2/3 a call. 400^2 / (400 + 400/3) = 300.
    assert found is not None
    assert found.score.value == pytest.approx(65.0)
    assert found.n_eff == pytest.approx(300.0)
    assert found.differs(csat({5: 210, 1: 190}))


def test_those_who_answer_alike_often_weigh_alike() -> None:
    cells = [Stratum("sms", f"q{n}", "d") for n in range(4)]
    answers = {cell: {0: 10 + n, 9: 20 - n} for n, cell in enumerate(cells)}
    raw = nps({0: 46, 9: 74})

    found = weighted(Metric.NPS, dict.fromkeys(cells, 500), answers, low=0, high=10)

    assert found is not None
    assert found.n_eff == pytest.approx(120)
    assert found.score.value == pytest.approx(raw.value)
    assert (found.score.low, found.score.high) == pytest.approx((raw.low, raw.high))
    assert not found.differs(raw)


def test_nobody_weighs_more_than_five_times_the_median() -> None:
    heavy, light = Stratum("sms", "rare", "d"), Stratum("sms", "often", "d")
    asked = {heavy: 100_000, light: 100}
    found = weighted(Metric.CSAT, asked, {heavy: {5: 10}, light: {1: 90}}, low=1, high=5)

    assert found is not None
    assert found.trimmed == 10
    assert found.score.value == pytest.approx(100 * 50 / 140)  # 10 answers count 50, 90 count 90


def test_a_cell_that_nobody_answered_in_is_put_to_others_of_its_margins() -> None:
    asked = {Stratum("sms", "a", "d"): 500, Stratum("sms", "b", "d"): 500, Stratum("", "", "d"): 9}
    answers = {Stratum("sms", "a", "d"): {5: 30}, Stratum("sms", "b", "d"): {1: 30}}

    found = weighted(Metric.CSAT, asked, answers, low=1, high=5)

    assert found is not None
    assert found.method is Method.RAKED
    assert 40 < (found.score.value or 0) < 60


def test_few_answers_have_no_weighted_figure() -> None:
    cell = Stratum("sms", "q", "d")
    few = weighted(Metric.CSAT, {cell: 100}, {cell: {5: FEWEST - 1}}, low=1, high=5)
    assert few is None


async def test_packed_days_and_facts_have_the_same_cells(
    intake: Intake, database: Database
) -> None:
    await some_calls(intake, seed=21, calls=200)
    whole = Selection(workspace="acme", first=NOW.date().replace(year=2025), last=NOW.date())
    found: list[Any] = []
    for packs in (False, True):
        if packs:
            await Packing(database, ConfigReader(database), lambda: NOW).round()
        async with database.scoped("acme", frozen=True) as connection:
            found.append(await weighting.read(connection, whole))

    assert found[0] == found[1]
    asked = sum(sum(cells.values()) for cells in found[0].asked.values())
    assert asked > 100
    assert len(found[0].answers) > 1


def test_very_many_cells_and_outcomes_are_counted_by_what_occurs() -> None:
    """Half a million places by ten million outcomes: no table of them would fit."""
    sparse = Counting(Sieve({}), "cell", 500_000, 10_000_000)
    dense = Counting(Sieve({}), "cell", 3, 4)
    found = []
    for counting, cells, outcomes in (
        (sparse, [499_999, 7, 499_999, 7], [9_999_999, 0, 9_999_999, 5]),
        (dense, [2, 1, 2, 1], [3, 0, 3, 2]),
    ):
        for _ in range(2):
            columns = {"cell": np.array(cells, "<u4"), "outcome": np.array(outcomes, "<u4")}
            counting.add(Day(4, {name: one.tobytes() for name, one in columns.items()}), "")
        found += [tuple(map(list, pairs)) for _, *pairs in counting.pairs()]

    assert found == [
        ([7, 7, 499_999], [0, 5, 9_999_999], [2, 2, 4]),
        ([1, 1, 2], [0, 2, 3], [2, 2, 4]),
    ]


@pytest.mark.parametrize("packs", [False, True])
async def test_of_too_many_cells_the_api_says_what_to_narrow(
    intake: Intake, database: Database, api: Api, monkeypatch: pytest.MonkeyPatch, packs: bool
) -> None:
    await biased(intake)
    if packs:
        now = NOW + timedelta(days=3)
        assert await Packing(database, ConfigReader(database), lambda: now).round()
    monkeypatch.setattr(weighting, "MOST_CELLS", 2)
    assert (await api.ask("scores", weighted="true")).status_code == 200
    monkeypatch.setattr(weighting, "MOST_CELLS", 1)

    answer = await api.ask("scores", weighted="true")
    narrow = await api.ask("scores", weighted="true", queue="sales")

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "query.weighted"
    assert "fewer days" in error["message"]
    assert narrow.status_code == 200


async def biased(intake: Intake) -> None:
    """Two queues of as many asks; whoever is unhappy answers in one of them, all in the other."""
    names = {queue: [f"{queue}{n}" for n in range(60)] for queue in ("billing", "sales")}
    for queue, of_queue in names.items():
        decided = (decision(name, queue=queue, legs=(), channel=Channel.SMS) for name in of_queue)
        await intake.on_decisions(told(*decided))
    unhappy = [response(name, 1) for name in names["billing"][:15]]
    await intake.on_responses(told(*unhappy, *(response(name, 5) for name in names["sales"])))


async def test_the_api_tells_it_beside_the_raw_figure(intake: Intake, api: Api) -> None:
    await biased(intake)

    (plain,) = (await api.get("scores", key="reader"))["scores"]
    (one,) = (await api.get("scores", key="reader", weighted="true"))["scores"]

    assert plain["weighted"] is None
    assert (one["value"], one["n"]) == (80.0, 75)
    assert one["weighted"]["value"] == pytest.approx(50.0)
    assert one["weighted"]["differs"]
    assert one["weighted"]["method"] == "post_stratified"
    assert 0 < one["weighted"]["n_eff"] < 75


@pytest.mark.parametrize("with_it", [{"score": 5}, {"date": "answer"}, {"state": "finished"}])
async def test_among_those_who_answered_there_is_nothing_to_weigh(
    api: Api, with_it: dict[str, Any]
) -> None:
    answer = await api.ask("scores", weighted="true", **with_it)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.weighted"


async def test_what_is_not_shown_has_no_weighted_figure(intake: Intake, api: Api) -> None:
    await biased(intake)
    await intake.on_decisions(told(decision("few", survey_id="rare")))
    await intake.on_responses(told(response("few", 2, survey_id="rare")))

    found = await api.get("scores", key="reader", weighted="true")

    of_rare = next(one for one in found["scores"] if one["survey"] == "rare")
    assert of_rare["suppressed"]
    assert of_rare["weighted"] is None
