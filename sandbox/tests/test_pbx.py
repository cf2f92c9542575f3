"""Calls in vendors' own formats: the same every time, true to the facts, sent like a PBX."""

import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import phonenumbers
import pytest

from sandbox.ledger import CallEnded, Ledger, only
from sandbox.pbx import numbers
from sandbox.pbx.calls import Kind, PbxCall, Post
from sandbox.pbx.play import Played, deliveries, play
from sandbox.pbx.scenario import VENDORS, Style, scenario
from sandbox.receiver import Receiver

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
MANY = scenario(600, now=NOW, seed=3, style=Style(extras=True))


def parsed(post: Post) -> dict[str, Any]:
    text = post.body.decode()
    if text.startswith("cdr=%7B"):
        text = unquote(text[4:])
    elif text.startswith("cdr="):
        text = base64.b64decode(text[4:]).decode()
    elif text.startswith("myoperator="):
        text = parse_qs(text)["myoperator"][0]
    body: dict[str, Any] = json.loads(text)
    return body


def told_by(vendor: str) -> list[PbxCall]:
    calls = [call for call in MANY.calls if call.vendor == vendor]
    assert calls
    return calls


def test_the_same_seed_tells_the_same_calls() -> None:
    assert scenario(50, now=NOW, seed=1) == scenario(50, now=NOW, seed=1)
    assert scenario(50, now=NOW, seed=1) != scenario(50, now=NOW, seed=2)


def test_a_scenario_has_calls_of_every_kind_and_vendor() -> None:
    calls = scenario(200, now=NOW).calls

    assert {call.kind for call in calls} == set(Kind)
    assert {call.vendor for call in calls} == set(VENDORS)
    assert {call.direction for call in calls} == {"inbound", "outbound"}
    assert len({(call.vendor, call.call_id) for call in calls}) == 200
    assert any(2 <= len(call.posts) <= 5 for call in calls)


def test_times_lie_within_the_last_minutes_and_in_order() -> None:
    calls = scenario(200, now=NOW, within=timedelta(minutes=2)).calls
    ends = [call.ended_at for call in calls]

    assert ends == sorted(ends)
    assert NOW - timedelta(minutes=2, seconds=1) <= ends[0] <= ends[-1] <= NOW
    for call in calls:
        assert call.started_at <= (call.answered_at or call.started_at) <= call.ended_at
        assert call.connected == bool(call.agents) == (call.talk_seconds > 0)


def test_repeat_callers_called_before_and_the_opted_out_are_named() -> None:
    first = {call.customer: call.kind for call in reversed(MANY.calls)}
    repeats = [call for call in MANY.calls if call.kind is Kind.REPEAT]

    assert any(first[call.customer] is Kind.CONNECTED for call in repeats)
    assert set(MANY.opted_out) == {
        call.customer for call in MANY.calls if call.kind is Kind.OPTED_OUT
    }


def test_every_number_is_valid_and_nobodys() -> None:
    people = [numbers.customer(index) for index in range(numbers.CUSTOMERS)]
    assert len(set(people)) == numbers.CUSTOMERS
    ours = [*numbers.LINES.values(), *numbers.INTERNAL, *numbers.TEST]
    for number in [*people[::37], *people[: len(numbers.AREA_CODES)], *ours]:
        parsed_number = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number(parsed_number)
        assert phonenumbers.region_code_for_number(parsed_number) == "US"
        assert number[-7:-2] == "55501"


@pytest.mark.parametrize(("region", "national"), [("US", True), (None, False)])
def test_every_spelling_is_the_same_number(region: str | None, national: bool) -> None:
    number = numbers.customer(7)
    for way in range(9):
        text = numbers.spelled(number, way, national=national)
        found = phonenumbers.parse(text, region)
        assert phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) == number


def test_copies_differ_in_spelling_but_tell_the_same_call() -> None:
    calls = scenario(60, now=NOW, style=Style(copies=5)).calls
    for call in calls:
        assert len(call.posts) == 5
        if call.customer:
            assert len({post.body for post in call.posts}) == 5


def test_aircall_bodies_have_its_fields() -> None:
    for call in told_by("aircall"):
        body = parsed(call.posts[0])
        data = body["data"]
        assert (body["event"], body["token"]) == ("call.ended", "made-up-token")
        assert (str(data["id"]), data["status"]) == (call.call_id, "done")
        assert data["ended_at"] == call.ended_at.timestamp()
        assert (data["answered_at"] is not None) == call.connected
        assert data["number"]["name"] == call.queue
        assert (data["transferred_to"] is not None) == (call.kind is Kind.TRANSFERRED)
        if call.ending in ("missed", "abandoned"):
            assert data["missed_call_reason"]
        assert [parsed(post)["event"] for post in call.extras] == ["call.hungup", "call.tagged"]


def test_freeswitch_bodies_have_its_fields() -> None:
    for call in told_by("freeswitch"):
        body = parsed(call.posts[0])
        facts = {name: unquote(value) for name, value in body["variables"].items()}
        assert facts["uuid"] == call.call_id
        assert facts["end_epoch"] == str(int(call.ended_at.timestamp()))
        assert (facts["bridge_epoch"] != "0") == call.connected
        assert facts["cc_queue"] == f"{call.queue}@default"
        assert ("cc_agent" in facts) == call.connected
        assert ("transfer_history" in facts) == (call.kind is Kind.TRANSFERRED)
        assert body["callflow"][0]["caller_profile"]["destination_number"] == call.line[1:]
        for extra in call.extras:
            profile = parsed(extra)["callflow"][0]["caller_profile"]
            assert "originator" in profile


def test_myoperator_bodies_have_its_fields() -> None:
    for call in told_by("myoperator"):
        body = parsed(call.posts[0])
        answered = [leg for leg in body["_ld"] if leg["_ds"] == "ANSWER"]
        assert (body["_ai"], body["_dn"]) == (call.call_id, call.queue)
        assert body["_et"] == call.ended_at.timestamp()
        assert [leg["_rr"][0]["_na"] for leg in answered] == [agent.name for agent in call.agents]
        assert sum(leg["_et"] - leg["_st"] for leg in answered) == call.talk_seconds
        assert len(body["_dr"]) == len("00:03:58")


def test_cloudevents_are_structured_and_keep_their_id() -> None:
    for call in told_by("cloudevents"):
        events = [parsed(post) for post in call.posts]
        assert {post.content_type for post in call.posts} == {"application/cloudevents+json"}
        assert len({(event["source"], event["id"]) for event in events}) == 1
        data = events[0]["data"]
        assert (data["id"], data["ending"], data["kind"]) == (call.call_id, call.ending, "call")
        assert datetime.fromisoformat(data["ended_at"]) == call.ended_at


def test_copies_are_delivered_after_the_first_report() -> None:
    order = deliveries(MANY.calls, seed=1)

    assert len(order) == sum(len(call.posts) + len(call.extras) for call in MANY.calls)
    seen: set[str] = set()
    for delivery in order:
        assert delivery.first == (delivery.call.call_id not in seen)
        seen.add(delivery.call.call_id)


async def test_calls_are_posted_and_posted_again_when_refused_for_now(platform: Receiver) -> None:
    calls = scenario(40, now=NOW, seed=2).calls
    platform.answers.extend([(503, "text/plain", "")] * 3)
    ledger, opinions, seen = Ledger(), Counter[str](), list[int]()

    def arrived(number: str, quality: float) -> None:
        assert 0 <= quality <= 1
        opinions[number] += 1

    def progress(played: Played) -> None:
        seen.append(played.bodies)

    played = await play(
        calls,
        {vendor: f"{platform.url}/{vendor}" for vendor in VENDORS},
        headers={"cloudevents": {"Authorization": "Bearer key"}},
        ledger=ledger,
        had_call=arrived,
        progress=progress,
    )

    bodies = sum(len(call.posts) for call in calls)
    assert (played.calls, played.bodies, dict(played.statuses)) == (40, bodies, {204: bodies})
    assert len(platform.requests) == bodies + 3
    assert len(only(ledger, CallEnded)) == 40
    assert opinions == Counter(call.customer for call in calls if call.customer)
    assert seen[-1] == bodies
    events = [request for request in platform.requests if request.url.endswith("cloudevents")]
    assert {request.headers.get("authorization") for request in events} == {"Bearer key"}
