"""Whether a score moved is told by a test, in a word; figures and files say the same."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.changes import Verdict, change
from analytics.domain.figures import Line, Scored
from analytics.service import Intake
from analytics.testing import NOW
from analytics.testing.running import Api, answered
from common.events.values import Metric
from common.scores import score_of

SCALES = {Metric.CSAT: (1, 5), Metric.NPS: (0, 10), Metric.CES: (1, 7)}


def scored(metric: Metric, counts: dict[int, int]) -> Scored:
    low, high = SCALES[metric]
    return Scored(
        line=Line(None, None, metric, low, high),
        first=True,
        metric=metric,
        score=score_of(metric, counts, low=low, high=high),
        histogram=counts,
    )


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    # R. G. Newcombe 1998, Statistics in Medicine 17, table II, method 10: 56/70 and 48/80.
    found = change(scored(Metric.CSAT, {5: 56, 1: 14}), scored(Metric.CSAT, {4: 48, 2: 32}))
    assert found is not None
    assert found.value == pytest.approx(20)
    assert (found.low, found.high) == pytest.approx((5.24, 33.39), abs=0.005)
    assert found.verdict is Verdict.UP


def test_a_difference_of_means_has_welchs_interval() -> None:
    # R: t.test(c(1, 2, 3), c(4, 5, 6))
    found = change(scored(Metric.CES, {1: 1, 2: 1, 3: 1}), scored(Metric.CES, {4: 1, 5: 1, 6: 1}))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((-5.266958, -0.733042), abs=1e-6)
    assert found.verdict is Verdict.DOWN


def test_few_equal_answers_do_not_prove_a_change_and_many_do() -> None:
    few = change(scored(Metric.CES, {7: 3}), scored(Metric.CES, {6: 3}))
    many = change(scored(Metric.CES, {7: 40}), scored(Metric.CES, {6: 40}))
    assert few is not None
    assert many is not None
    assert few.verdict is Verdict.NO_CLEAR_CHANGE
    assert many.verdict is Verdict.UP
    assert many.low is not None
    assert many.low < 1


def test_nothing_is_compared_with_nothing() -> None:
    assert change(scored(Metric.NPS, {10: 3}), scored(Metric.NPS, {})) is None


@given(st.sampled_from(list(SCALES)), st.data())
def test_a_change_backwards_is_its_mirror(metric: Metric, data: Any) -> None:
    low, high = SCALES[metric]
    counts = st.dictionaries(st.integers(low, high), st.integers(1, 50), min_size=2)
    one, other = scored(metric, data.draw(counts)), scored(metric, data.draw(counts))
    there, back = change(one, other), change(other, one)
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(-back.value)
    if there.low is not None:
        assert back.high is not None
        assert there.low == pytest.approx(-back.high)
    mirror = {Verdict.UP: Verdict.DOWN, Verdict.DOWN: Verdict.UP}
    assert back.verdict is mirror.get(there.verdict, there.verdict)


@given(st.sampled_from(list(SCALES)), st.data())
def test_a_score_has_not_changed_since_itself(metric: Metric, data: Any) -> None:
    low, high = SCALES[metric]
    one = scored(
        metric,
        data.draw(st.dictionaries(st.integers(low, high), st.integers(1, 50), min_size=1)),
    )
    found = change(one, one)
    assert found is not None
    assert found.value == 0
    assert found.verdict is Verdict.NO_CLEAR_CHANGE


async def two_weeks(intake: Intake) -> None:
    """40 of 50 were content in the week before, 20 of 50 in this one."""
    for week, content in ((1, 40), (0, 20)):
        await answered(
            intake,
            {f"w{week}-{n}": 5 if n < content else 1 for n in range(50)},
            ended_at=NOW - timedelta(days=7 * week),
        )


@pytest.mark.integration
async def test_the_api_compares_with_the_days_before(api: Api, intake: Intake) -> None:
    await two_weeks(intake)
    body = await api.get("scores", range="7d", compare="previous", by="queue")
    [score] = body["scores"]
    assert (score["value"], score["before"]["value"]) == (40, 80)
    assert score["change"]["value"] == -40
    assert score["change"]["verdict"] == "down"
    assert body["groups"][0]["scores"][0]["change"] == score["change"]


@pytest.mark.integration
async def test_without_compare_nothing_is_compared(api: Api, intake: Intake) -> None:
    await two_weeks(intake)
    [score] = (await api.get("scores", range="28d"))["scores"]
    assert score["n"] == 100
    assert score["change"] is None


@pytest.mark.integration
async def test_a_range_and_days_at_once_are_refused(api: Api) -> None:
    answer = await api.ask("scores", range="7d", from_="2026-01-01")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.range"


@pytest.mark.integration
async def test_rows_are_picked_by_the_score_that_was_given(api: Api, intake: Intake) -> None:
    await answered(intake, {"good": 5, "bad": 1})
    [row] = (await api.get("responses", score="1"))["responses"]
    assert row["call_id"] == "bad"


async def _file(api: Api, what: str, **params: Any) -> list[dict[str, str]]:
    answer = await api.ask(f"export/{what}", **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.integration
async def test_a_file_holds_the_numbers_of_the_api(api: Api, intake: Intake) -> None:
    await two_weeks(intake)
    chosen: dict[str, Any] = {"range": "28d", "by": "agent", "compare": "previous"}
    body = await api.get("scores", **chosen)
    rows = await _file(api, "scores", **chosen)
    assert [row["group"] for row in rows] == ["(total)", "a1"]
    assert [float(row["value"]) for row in rows] == [body["scores"][0]["value"]] * 2

    [point, *_] = [row for row in await _file(api, "trend", range="7d") if row["n"] != "0"]
    assert point["n"] == "50"
    [funnel, *_] = await _file(api, "funnel", range="28d")
    assert (funnel["calls"], funnel["answered"], funnel["not_asked_opted_out"]) == (
        "100",
        "100",
        "0",
    )


@pytest.mark.integration
async def test_a_file_of_rows_has_all_of_them_whatever_a_page_holds(
    api: Api, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.endpoints.export.PAGE", 7)
    await answered(intake, {f"c{n}": 1 + n % 5 for n in range(23)})
    rows = await _file(api, "responses")
    assert sorted(row["call_id"] for row in rows) == sorted(f"c{n}" for n in range(23))
    assert len(await _file(api, "calls", score="5")) == 4


@pytest.mark.integration
async def test_no_cell_of_a_file_is_a_formula(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5}, disposition="=HYPERLINK(1)")
    [row] = await _file(api, "calls")
    assert row["disposition"] == "'=HYPERLINK(1)"
    answer = await api.ask("export/calls", bom="true")
    assert answer.content.startswith("\ufeff".encode())
