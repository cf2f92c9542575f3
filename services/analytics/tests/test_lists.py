"""Lists of calls and responses."""

from datetime import timedelta

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
