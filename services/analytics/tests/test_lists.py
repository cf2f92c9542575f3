"""Lists of calls and responses."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from analytics.service import Intake
from analytics.testing import ADDRESS, NOW, decision, delivery, response, told
from analytics.testing.running import Api, answered
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.sends import DeliveryStatus, StepKind
from common.events.values import Channel


async def test_responses_come_newest_call_first_in_pages(api: Api, intake: Intake) -> None:
    for number in range(5):
        await answered(intake, {f"c{number}": 5}, ended_at=NOW - timedelta(hours=number))

    seen: list[str] = []
    cursor: dict[str, str] = {}
    for expected in (2, 2, 1):
        body = await api.get("responses", limit=2, **cursor)
        assert len(body["responses"]) == expected
        seen += [row["call_id"] for row in body["responses"]]
        cursor = {"cursor": body["next_cursor"]}

    assert seen == ["c0", "c1", "c2", "c3", "c4"]
    assert body["next_cursor"] is None


async def test_a_response_has_all_keys_and_no_number(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision(tags=("vip",), disposition="refund", site="Pune")))
    sms = response(score=3, comment="It took long", state=ResponseState.IN_PROGRESS)
    web = response(score=2, channel=Channel.WEB, at=NOW + timedelta(minutes=1))
    await intake.on_responses(told(sms, web))
    again = delivery(status=DeliveryStatus.CANCELLED, step=1, kind=StepKind.REMINDER, revision=9)
    await intake.on_deliveries(told(delivery(), again))

    answer = await api.ask("responses", key="reader")

    (row,) = answer.json()["responses"]
    wanted = {
        "score": 3,
        "comment": "It took long",
        "state": "in_progress",
        "channel": "sms",
        "queue": "billing",
        "agent": "a1",
        "agent_name": "Ana",
        "team": "north",
        "disposition": "refund",
        "site": "Pune",
        "tags": ["vip"],
        "survey": "csat",
        "call_id": "c1",
        "address": "+1202…01",
    }
    assert {key: row[key] for key in wanted} == wanted
    assert [one["score"] for one in row["superseded"]] == [2]
    assert [(one["kind"], one["status"]) for one in row["tries"]] == [
        ("ask", "delivered"),
        ("reminder", "cancelled"),
    ]
    assert "5550101" not in answer.text


async def test_calls_tell_why_nobody_was_asked(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1"), decision("c2", reason=Reason.NO_CONSENT)))

    rows = {row["call_id"]: row for row in (await api.get("calls"))["calls"]}

    assert (rows["c1"]["asked"], rows["c1"]["reason"]) == (True, None)
    assert (rows["c2"]["asked"], rows["c2"]["reason"]) == (False, "no_consent")


async def test_calls_are_found_by_who_called_and_by_their_name(api: Api, intake: Intake) -> None:
    await intake.on_decisions(
        told(decision("c1"), decision("c2", ended_at=NOW - timedelta(days=2), test=True))
    )

    by_number = await api.find({"address": "+1 202-555-0101"})
    by_name = await api.find({"call_id": "c2"})
    lately = await api.find({"address": ADDRESS, "days": 1})
    nobody = await api.find({"address": "+12025550102"})

    assert [row["call_id"] for row in by_number.json()["calls"]] == ["c1", "c2"]
    assert [row["call_id"] for row in by_name.json()["calls"]] == ["c2"]
    assert [row["call_id"] for row in lately.json()["calls"]] == ["c1"]
    assert nobody.json()["calls"] == []
    assert "5550101" not in by_number.text


async def test_a_search_names_what_it_cannot_use(api: Api) -> None:
    for body, said in (
        ({}, "either this or call_id is needed"),
        ({"address": "911"}, "not a number in E.164"),
        ({"addres": "+12025550101"}, "there is no such field"),
    ):
        answer = await api.find(body)
        assert answer.status_code == 422
        assert said in answer.text


async def test_a_cursor_goes_on_with_its_own_filter_alone(intake: Intake, api: Api) -> None:
    await answered(intake, {f"c{number}": 5 for number in range(4)})
    cursor = (await api.get("responses", limit=1, queue="billing"))["next_cursor"]

    same = await api.get("responses", limit=3, queue="billing", cursor=cursor)
    other = await api.ask("responses", queue="sales", cursor=cursor)

    assert (len(same["responses"]), same["next_cursor"]) == (3, None)
    assert other.status_code == 422, other.text
    assert [one["field"] for one in other.json()["errors"]] == ["query.cursor"]


async def names(api: Api, path: str, **params: Any) -> list[str]:
    """Of all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = await api.get(path, limit=2, **params, **cursor)
        found += [row["call_id"] for row in body[path]]
        if body["next_cursor"] is None:
            return found
        cursor = {"cursor": body["next_cursor"]}


async def test_lists_come_in_the_order_that_is_asked_for(api: Api, intake: Intake) -> None:
    for number, score in enumerate((3, 1, 5, 1, 2)):
        at = NOW - timedelta(days=number)
        await answered(intake, {f"c{number}": score}, ended_at=at)
    await intake.on_decisions(told(decision("words", ended_at=NOW - timedelta(hours=1))))
    await intake.on_responses(told(response("words", None, comment="No mark from me")))

    assert await names(api, "responses", sort="newest") == ["c0", "words", "c1", "c2", "c3", "c4"]
    assert await names(api, "responses", sort="oldest") == ["c4", "c3", "c2", "c1", "words", "c0"]
    lowest = await names(api, "responses", sort="lowest_score")
    assert lowest == ["c1", "c3", "c4", "c0", "c2", "words"]
    assert (await names(api, "calls", sort="oldest"))[:2] == ["c4", "c3"]


async def test_a_cursor_goes_on_in_its_own_order_alone(intake: Intake, api: Api) -> None:
    await answered(intake, {f"c{number}": 5 for number in range(4)})
    for sort, other in (("newest", "oldest"), ("lowest_score", "newest"), ("oldest", "newest")):
        cursor = (await api.get("responses", limit=1, sort=sort))["next_cursor"]

        refused = await api.ask("responses", sort=other, cursor=cursor)

        assert refused.status_code == 422, refused.text
        assert "of another filter or sort" in refused.text


async def test_an_order_that_there_is_not_is_refused_by_its_name(api: Api) -> None:
    for path, params, said in (
        ("calls", {"sort": "lowest_score"}, "oldest"),
        ("responses", {"sort": "score"}, "lowest_score"),
        ("responses", {"sort": "lowest_score", "date": "answer"}, "days of calls"),
        ("responses", {"sort": "lowest_score", "agent": "a1", "credit": "all"}, "with the last"),
        ("export/responses", {"sort": "lowest_score"}, "oldest"),
    ):
        answer = await api.ask(path, **params)
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == ["query.sort"]
        assert said in answer.text


async def test_a_file_comes_in_the_order_that_is_asked_for(api: Api, intake: Intake) -> None:
    for number in range(3):
        await answered(intake, {f"c{number}": 5}, ended_at=NOW - timedelta(hours=number))

    file = await api.ask("export/responses", sort="oldest")

    places = [file.text.index(f",c{number},") for number in (2, 1, 0)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "change", [{4: 10**9}, {4: "low"}, {0: "never"}, {1: "0001-01-01T00:00:00+14:00"}, {2: "me"}]
)
async def test_a_cursor_that_somebody_made_up_is_refused(
    api: Api, intake: Intake, change: dict[int, Any]
) -> None:
    await answered(intake, {"c0": 5, "c1": 5})
    page = await api.get("responses", limit=1, sort="lowest_score")
    told = json.loads(base64.urlsafe_b64decode(page["next_cursor"]))
    for place, value in change.items():
        told[place] = value
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()

    answer = await api.ask("responses", sort="lowest_score", cursor=forged)

    assert answer.status_code == 422, answer.text
    assert "not a cursor of this API" in answer.text
