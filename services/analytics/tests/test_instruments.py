"""Figures are keyed by what an answer was measured by, and do not follow the configuration."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from analytics.service import Intake, differences, move_days
from analytics.testing import NOW, decision, rating, response, told
from analytics.testing.running import Api, answered, configure, rollups, stored, take
from common.config import ConfigReader
from common.database import Database
from common.events.questionnaire import QuestionKind
from common.events.responses import Answer
from common.events.values import Metric


async def scores(api: Api, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("scores", **params))["scores"]
    return found


async def test_one_survey_with_one_question_has_one_score(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5, "c2": 1})

    (csat,) = await scores(api)

    named = {"survey": "csat", "question": "score", "first": True, "metric": "csat", "n": 2}
    assert {key: csat[key] for key in named} == named


AFTER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"metric": Metric.NPS}, {"metric": "nps", "scale": [0, 10], "value": 100}),
    ({"metric": Metric.CES}, {"metric": "ces", "scale": [1, 7], "value": 5}),
    ({"scale": (1, 7)}, {"metric": "csat", "scale": [1, 7], "value": 0}),
]


@pytest.mark.parametrize(("change", "line"), AFTER)
async def test_a_changed_metric_or_scale_has_a_line_of_its_own_and_leaves_the_old_one(
    api: Api, intake: Intake, change: dict[str, Any], line: dict[str, Any]
) -> None:
    await answered(intake, {f"old{n}": 5 for n in range(10)})
    (before,) = await scores(api)
    assert (before["value"], before["mean"]) == (100, 5)

    value = 10 if change.get("metric") is Metric.NPS else 5
    await answered(intake, {"new": value}, **change)

    assert before in await scores(api)
    (new,) = [one for one in await scores(api) if one != before]
    assert {key: new[key] for key in line} == line
    assert new["n"] == 1


async def test_a_second_rating_has_its_own_scores(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1"), decision("c2")))
    ease = rating(7, "ease", metric=Metric.CES), rating(2, "ease", metric=Metric.CES)
    await intake.on_responses(
        told(response("c1", 5, more=[ease[0]]), response("c2", 1, more=[ease[1]]))
    )

    first, second = await scores(api)

    assert (first["question"], first["metric"], first["value"]) == ("score", "csat", 50)
    assert (second["question"], second["metric"], second["mean"]) == ("ease", "ces", 4.5)
    assert [one["question"] for one in await scores(api, question="ease")] == ["ease"]
    assert [one["question"] for one in await scores(api, metric="csat")] == ["score"]


async def test_a_further_question_is_told_from_facts_as_from_rollups(
    api: Api, intake: Intake
) -> None:
    await intake.on_decisions(told(decision("c1")))
    await intake.on_responses(told(response("c1", 5, more=[rating(3, "again")])))

    two_filters = await scores(api, queue="billing", agent="a1")

    assert two_filters == await scores(api, queue="billing")
    assert len(two_filters) == 2


async def test_a_score_per_metric_is_over_the_first_questions_of_all_surveys(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {"c1": 5})
    await answered(intake, {"c2": 1}, survey_id="other")
    await intake.on_decisions(told(decision("c3")))
    await intake.on_responses(told(response("c3", 4, more=[rating(1, "again")])))

    (csat,) = await scores(api, per="metric")

    assert (csat["survey"], csat["question"], csat["n"]) == (None, None, 3)
    assert csat["histogram"] == {"1": 1, "4": 1, "5": 1}


async def test_a_question_without_a_metric_has_a_histogram(api: Api, intake: Intake) -> None:
    choice = Answer(question_id="reason", low=1, high=12, value=11, answered_at=NOW)
    await intake.on_decisions(told(decision("c1")))
    await intake.on_responses(told(response("c1", 5, more=[choice])))

    _, reason = await scores(api)

    assert (reason["metric"], reason["value"], reason["n"]) == (None, None, 1)
    assert reason["histogram"] == {"11": 1}


def chosen(option: str, *options: str) -> Answer:
    return Answer(
        question_id="product",
        kind=QuestionKind.CHOICE,
        low=1,
        high=len(options),
        value=options.index(option) + 1,
        option=option,
        options=options,
        answered_at=NOW,
    )


@pytest.mark.parametrize("params", [{}, {"credit": "first"}])  # of rollups, and of the facts
async def test_a_choice_is_counted_by_its_options_in_whatever_order_they_were_offered(
    api: Api, intake: Intake, params: dict[str, str]
) -> None:
    for call, answer in {
        "c1": chosen("net", "phone", "net"),
        "c2": chosen("net", "net", "phone"),
        "c3": chosen("phone", "phone", "net"),
        "c4": chosen("tv", "phone", "net", "tv"),
    }.items():
        await intake.on_decisions(told(decision(call)))
        await intake.on_responses(told(response(call, 5, more=[answer])))

    found = [one for one in await scores(api, **params) if one["question"] == "product"]

    assert [(one["options"], one["n"], one["histogram"]) for one in found] == [
        ({"net": 2, "phone": 1}, 3, None),
        ({"net": 0, "phone": 0, "tv": 1}, 1, None),  # more options are another question
    ]


async def test_a_changed_choice_is_taken_back(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1")))
    first = response("c1", 5, more=[chosen("net", "phone", "net")])
    later = response("c1", 5, more=[chosen("phone", "phone", "net")], revision=first.revision + 1)
    await intake.on_responses(told(first))
    await intake.on_responses(told(later))

    (found,) = [one for one in await scores(api) if one["question"] == "product"]

    assert found["options"] == {"net": 0, "phone": 1}


ODD = [
    Answer(question_id="x", metric=Metric.CSAT, low=1, high=5, value=6, answered_at=NOW),
    Answer(question_id="x", metric=Metric.CSAT, low=5, high=1, value=3, answered_at=NOW),
    Answer(question_id="x", metric=Metric.CSAT, low=0, high=10**12, value=3, answered_at=NOW),
    Answer(question_id="x" * 9_000, metric=Metric.CSAT, low=1, high=5, value=3, answered_at=NOW),
]


@pytest.mark.parametrize("odd", ODD)
async def test_a_value_that_cannot_be_on_its_scale_is_in_no_score_and_is_told(
    api: Api, intake: Intake, odd: Answer
) -> None:
    name = "aftercall_analytics_answers_uncounted_total"
    before = REGISTRY.get_sample_value(name) or 0
    await intake.on_decisions(told(decision("c1")))
    await intake.on_responses(told(response("c1", 5, more=[odd])))

    assert [one["question"] for one in await scores(api)] == ["score"]
    assert (REGISTRY.get_sample_value(name) or 0) == before + 1
    (row,) = (await api.get("responses"))["responses"]
    assert row["answers"][1]["value"] == odd.value


async def test_nps_on_a_scale_that_is_not_its_own_has_no_figure(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5}, metric=Metric.NPS, scale=(1, 5))

    (nps,) = await scores(api)

    assert (nps["n"], nps["value"], nps["histogram"]) == (1, None, {"5": 1})


async def test_an_answer_tells_what_it_was_measured_by(api: Api, intake: Intake) -> None:
    why = Answer(question_id="why", kind=QuestionKind.COMMENT, text="slow", answered_at=NOW)
    await intake.on_decisions(told(decision("c1")))
    await intake.on_responses(told(response("c1", 2, more=[why])))

    (row,) = (await api.get("responses"))["responses"]

    told_of = [(one["kind"], one["metric"], one["scale"]) for one in row["answers"]]
    assert told_of == [("rating", "csat", [1, 5]), ("comment", None, None)]


LATE = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)  # the 1st of February in India


async def days(db: Database) -> set[date]:
    return {cell.start for cell in await rollups(db)}


async def test_a_change_of_zone_changes_no_old_figure(intake: Intake, database: Database) -> None:
    await answered(intake, {"c1": 5}, ended_at=LATE)
    await configure(database, zone="Asia/Kolkata")

    legs_later = decision("c1", ended_at=LATE, revision=2, queue="sales", legs=())
    await take(intake, legs_later, response("c1", 4, revision=2))
    assert await days(database) == {date(2026, 1, 31)}

    await answered(intake, {"c2": 5}, ended_at=LATE)
    assert await days(database) == {date(2026, 1, 31), date(2026, 2, 1)}
    assert {row[4] for row in await stored(database)} == {"UTC", "Asia/Kolkata"}
    assert await differences(database) == []


async def test_days_move_to_the_new_zone_when_that_is_asked_for(
    intake: Intake, database: Database
) -> None:
    at = LATE + timedelta(minutes=5)
    await intake.on_decisions(told(*(decision(f"c{n}", ended_at=LATE) for n in range(5))))
    await intake.on_responses(told(response("c1", 5, at=at), response("c2", 1, at=at)))
    await take(intake, response("waits for its decision", 3))
    before = await rollups(database)
    await configure(database, zone="Asia/Kolkata")

    moved = await move_days(database, ConfigReader(database))

    assert moved == {"acme": ("Asia/Kolkata", 5)}
    assert await days(database) == {date(2026, 2, 1)}
    after = await rollups(database)
    assert {cell._replace(start=date(2026, 1, 31)): n for cell, n in after.items()} == before
    answered_days = {row[-2] for row in await stored(database) if row[2] is not None}
    assert answered_days == {None, date(2026, 2, 1)}
    assert await differences(database) == []
    assert await move_days(database, ConfigReader(database)) == {}
