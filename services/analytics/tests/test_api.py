"""The REST API: what a reader of figures gets."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from analytics.service import Intake
from analytics.testing import NOW, decision, delivery, published, response, told
from analytics.testing.running import Api, answered
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.sends import DeliveryStatus
from common.events.values import Metric


async def test_what_was_published_is_what_the_api_tells(api: Api) -> None:
    calls = [decision("c1"), decision("c2"), decision("c3", reason=Reason.FREQUENCY_CAP)]
    await api.runtime.bus.publish(
        published(response("c1", 5), *calls, delivery("c2"), delivery("c1"))
    )

    wanted = {"calls": 3, "asked": 2, "delivered": 2, "answered": 1}
    for _ in range(400):  # the topics are read one by one
        funnel = (await api.get("funnel"))["funnel"]
        if {key: funnel[key] for key in wanted} == wanted:
            break
        await asyncio.sleep(0.05)

    assert {key: funnel[key] for key in wanted} == wanted
    assert funnel["not_asked"] == {"frequency_cap": 1}


async def test_scores_carry_n_interval_and_formula(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5, "c2": 4, "c3": 1})

    body = await api.get("scores")

    (csat,) = body["scores"]
    assert csat["metric"] == "csat"
    assert csat["scale"] == [1, 5]
    assert csat["value"] == pytest.approx(200 / 3)
    assert csat["low"] < csat["value"] < csat["high"]
    assert csat["n"] == 3
    assert csat["histogram"] == {"1": 1, "4": 1, "5": 1}
    assert "Wilson" in csat["formula"]
    assert body["funnel"]["calls"] == 3


async def test_each_metric_has_its_own_score(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})
    await answered(intake, {"n1": 10, "n2": 0}, survey_id="nps", metric=Metric.NPS)
    await answered(intake, {"e1": 6}, survey_id="ces", metric=Metric.CES)

    found = {score["metric"]: score for score in (await api.get("scores"))["scores"]}

    assert {metric: score["value"] for metric, score in found.items()} == {
        "csat": 100,
        "nps": 0,
        "ces": 6,
    }
    assert found["ces"]["scale"] == [1, 7]
    assert found["ces"]["easy"]["value"] == 100


async def test_the_rates_name_their_denominators(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})
    await intake.on_decisions(told(decision("c2"), decision("c3"), decision("c4")))
    sent = delivery("c3", DeliveryStatus.SENT)
    await intake.on_deliveries(told(delivery("c2"), sent, delivery("c4", DeliveryStatus.FAILED)))

    funnel = (await api.get("funnel"))["funnel"]

    delivered, accepted = funnel["response_rate_delivered"], funnel["response_rate_sent"]
    assert (delivered["numerator"], delivered["denominator"], delivered["value"]) == (1, 2, 50)
    assert (accepted["numerator"], accepted["denominator"]) == (1, 3)
    assert (funnel["asked"], funnel["failed"]) == (4, 1)


async def test_why_nobody_was_asked_is_counted_by_agent_queue_and_day(
    api: Api, intake: Intake
) -> None:
    """An agent who keeps many callers from being asked is seen."""

    def of(agent: str, number: int, reason: Reason | None, days: int = 0) -> Any:
        legs = (Leg(agent_id=agent, agent_name=agent, queue="billing"),)
        ended = NOW - timedelta(days=days)
        name = f"{agent}{number}"
        return decision(name, reason=reason, legs=legs, ended_at=ended)

    await intake.on_decisions(
        told(
            of("ann", 1, Reason.DO_NOT_SURVEY),
            of("ann", 2, Reason.DO_NOT_SURVEY, days=1),
            of("ann", 3, Reason.QUOTA),
            of("ann", 4, None),
            of("ben", 1, Reason.SHARED_CAP),
            of("ben", 2, None, days=1),
        )
    )

    agents = {
        one["value"]: one["funnel"] for one in (await api.get("funnel", by="agent"))["groups"]
    }
    assert agents["ann"]["not_asked"] == {"do_not_survey": 2, "quota": 1}
    assert agents["ben"]["not_asked"] == {"shared_cap": 1}
    kept = {name: one["do_not_survey_rate"] for name, one in agents.items()}
    assert (kept["ann"]["numerator"], kept["ann"]["denominator"], kept["ann"]["value"]) == (
        2,
        4,
        50,
    )
    queues = (await api.get("funnel", by="queue"))["groups"]
    assert [one["funnel"]["not_asked"] for one in queues] == [
        {"do_not_survey": 2, "shared_cap": 1, "quota": 1}
    ]
    days = (await api.get("trend", agent="ann", period="day"))["points"]
    assert [one["funnel"]["not_asked"] for one in days][-2:] == [
        {"do_not_survey": 1},
        {"do_not_survey": 1, "quota": 1},
    ]


async def test_groups_add_up_to_the_total(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5, "c2": 3})
    await answered(intake, {"c3": 1}, queue="sales", legs=())

    body = await api.get("scores", by="queue")

    groups = {group["value"]: group["scores"][0]["n"] for group in body["groups"]}
    assert groups == {"billing": 2, "sales": 1}
    assert body["scores"][0]["n"] == 3


async def test_agents_are_named(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})
    await answered(intake, {"c2": 5}, legs=())

    groups = (await api.get("scores", by="agent"))["groups"]

    assert [(group["value"], group["name"]) for group in groups] == [("", None), ("a1", "Ana")]


async def test_small_groups_are_hidden_from_readers_and_shown_to_admins(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {f"b{n}": 5 for n in range(9)})
    await answered(intake, {f"s{n}": 5 for n in range(6)}, queue="sales", legs=())
    await answered(intake, {f"t{n}": 1 for n in range(2)}, queue="tech", legs=())

    async def shown(key: str) -> set[str]:
        groups = (await api.get("scores", key=key, by="queue"))["groups"]
        for score in (group["scores"][0] for group in groups):
            assert (score["value"] is None) == score["suppressed"]
            assert (score["histogram"] is None) == score["suppressed"]
        return {group["value"] for group in groups if not group["scores"][0]["suppressed"]}

    assert await shown("reader") == {"billing"}  # one small group alone could be worked out
    assert await shown("admin") == {"billing", "sales", "tech"}


async def test_a_transferred_call_is_put_down_to_whom_the_reader_says(
    api: Api, intake: Intake
) -> None:
    legs = (
        Leg(agent_id="first", talk_seconds=5),
        Leg(agent_id="longest", talk_seconds=500),
        Leg(agent_id="last", talk_seconds=50),
    )
    await answered(intake, {"c1": 5}, legs=legs)

    for credit in ("first", "longest", "last"):
        groups = (await api.get("scores", by="agent", credit=credit))["groups"]
        assert [group["value"] for group in groups] == [credit]
        body = await api.get("scores", agent=credit, credit=credit)
        assert body["scores"][0]["n"] == 1
    body = await api.get("scores", by="agent", credit="all")
    assert [group["value"] for group in body["groups"]] == ["first", "last", "longest"]
    assert body["scores"][0]["n"] == 1
    one = await api.get("scores", by="agent", credit="all", agent="first")
    assert [group["value"] for group in one["groups"]] == ["first"]


async def test_a_trend_has_gaps_where_nobody_answered(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5}, ended_at=NOW - timedelta(days=2))
    await answered(intake, {"c2": 1})

    body = await api.get("trend", from_="2026-01-13", to="2026-01-16")

    values = [(point["label"], point["scores"][0]["value"]) for point in body["points"]]
    assert values == [
        ("2026-01-13", 100),
        ("2026-01-14", None),
        ("2026-01-15", 0),
        ("2026-01-16", None),
    ]


async def test_weeks_are_iso_weeks_and_months_are_months(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5}, ended_at=NOW.replace(year=2025, month=12, day=31))
    await answered(intake, {"c2": 5}, ended_at=NOW.replace(day=4))
    await answered(intake, {"c3": 5}, ended_at=NOW.replace(day=5))

    async def counts(period: str) -> dict[str, int]:
        asked = {"from_": "2025-12-01", "to": "2026-01-11"}
        points = (await api.get("trend", period=period, **asked))["points"]
        return {p["label"]: n for p in points if (n := p["scores"][0]["n"])}

    assert await counts("week") == {"2026-W01": 2, "2026-W02": 1}
    assert await counts("month") == {"2025-12": 1, "2026-01": 2}


async def test_days_may_be_those_of_the_answers(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1"), decision("c2")))
    late = response("c1", 4, at=NOW + timedelta(days=3))
    await intake.on_responses(told(late, response("c2", 5)))

    body = await api.get("scores", from_="2026-01-18", to="2026-01-18", date="answer")

    assert body["scores"][0]["histogram"] == {"4": 1}
    assert body["funnel"] is None


async def test_the_last_thirty_days_are_the_default(api: Api, intake: Intake) -> None:
    await answered(intake, {"new": 5}, ended_at=NOW - timedelta(days=29))
    await answered(intake, {"old": 1}, ended_at=NOW - timedelta(days=30))

    body = await api.get("scores")

    assert (body["from"], body["to"], body["zone"]) == ("2025-12-17", "2026-01-15", "UTC")
    assert body["scores"][0]["n"] == 1


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("scores", {"qeue": "billing"}, "query.qeue"),
    ("scores", {"by": "mood"}, "query.by"),
    ("scores", {"metric": "happiness"}, "query.metric.0"),
    ("scores", {"channel": "fax"}, "query.channel.0"),
    ("scores", {"from_": "yesterday"}, "query.from"),
    ("scores", {"from_": "2026-02-01", "to": "2026-01-01"}, "query.from"),
    ("scores", {"from_": "2001-01-01", "to": "2026-01-01"}, "query.from"),
    ("scores", {"date": "ask"}, "query.date"),
    ("scores", {"credit": "nobody"}, "query.credit"),
    ("scores", {"queue": "a\x00b"}, "query.queue"),
    ("scores", {"queue": "x" * 201}, "query.queue.0"),
    ("trend", {"by": "day"}, "query.by"),
    ("trend", {"by": "queue", "range": "364d"}, "query.period"),
    ("trend", {"period": "hour"}, "query.period"),
    ("trend", {"from_": "2020-01-01", "to": "2026-01-01"}, "query.period"),
    ("funnel", {"date": "answer"}, "query.date"),
    ("responses", {"limit": "0"}, "query.limit"),
    ("responses", {"cursor": "here"}, "query.cursor"),
    ("responses", {"cursor": "bnVsbA=="}, "query.cursor"),
    ("calls", {"limit": "many"}, "query.limit"),
]


async def test_what_is_not_understood_is_named(api: Api) -> None:
    for path, params, field in REFUSED:
        answer = await api.ask(path, **params)

        assert answer.status_code == 422, answer.text
        assert field in {error["field"] for error in answer.json()["errors"]}


async def test_a_key_reads_its_own_workspace_only(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})

    assert (await api.get("scores", key="other"))["scores"] == []
    assert (await api.get("responses", key="other"))["responses"] == []
    assert (await api.ask("scores", key="other", workspace="acme")).status_code == 403
    assert (await api.ask("scores", key="writer")).status_code == 403
    assert (await api.ask("scores", key="nobody")).status_code == 401


async def test_an_operator_says_which_workspace(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})

    body = await api.get("scores", key="operator", workspace="acme")

    assert body["scores"][0]["n"] == 1
    for params in ({}, {"workspace": "nowhere"}):
        assert (await api.ask("scores", key="operator", **params)).status_code == 422


async def test_who_has_no_key_is_told_how_to_come(api: Api) -> None:
    answer = await api.http.get("/v1/scores")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Aftercall"'
    assert answer.text.endswith("}\n")
