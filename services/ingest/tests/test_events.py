"""`POST /v1/events` on the real application: what is taken, what is refused by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from common import topics
from common.events import decode
from common.events.calls import Interaction, InteractionAmended

EVENT = "/v1/events"
JSON = {"content-type": "application/json"}


def now(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def event(*, outer: dict[str, Any] | None = None, **data: Any) -> bytes:
    """A CloudEvent that is taken as it is; what is given replaces or adds, None takes away."""
    call = {
        "id": "c-1",
        "kind": "call",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": now(minutes=-1),
    }
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/pbx/boston",
        "type": "interaction.ended.v1",
        "data": {name: value for name, value in (call | data).items() if value is not None},
    }
    whole |= outer or {}
    return json.dumps({name: v for name, v in whole.items() if v is not None}).encode()


def fields_of(refused: httpx.Response) -> list[str]:
    return [error["field"] for error in refused.json().get("errors", ())]


def without(name: str) -> bytes:
    return event(outer={name: None})


async def test_a_cloud_event_is_accepted_and_published(ingest: Any) -> None:
    answer = await ingest.http.post(EVENT, content=event(talk_seconds=229), headers=JSON)

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    published = decode(record.value, Interaction)
    assert answer.status_code == 202
    assert answer.json() == {"interaction_id": str(published.data.id), "address_problem": None}
    assert (published.workspace, published.time) == ("acme", published.data.ended_at)
    assert record.key == str(published.data.contact_id).encode()


async def test_the_same_call_five_times_is_one_event(ingest: Any) -> None:
    ended_at = now(minutes=-1)
    spellings = ["+12025550101", "+1 202-555-0101", "tel:+12025550101", "0012025550101"]
    for number, spelling in enumerate([*spellings, spellings[0]]):
        body = event(outer={"id": f"e-{number}"}, address=spelling, ended_at=ended_at)
        await ingest.http.post(EVENT, content=body, headers=JSON)

    records = await ingest.arrived(topics.INTERACTIONS, 5)
    assert len({(record.key, record.value) for record in records}) == 1


async def test_an_amendment_is_published_as_one(ingest: Any) -> None:
    attributes = {"type": "interaction.amended.v1", "time": "2026-01-05T10:14:21Z"}
    body = event(outer=attributes, disposition="refund")

    answer = await ingest.http.post(EVENT, content=body, headers=JSON)

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    amended = decode(record.value, InteractionAmended).data
    assert answer.status_code == 202
    assert (amended.revision, amended.interaction.disposition) == (1767608061000, "refund")


async def test_a_call_without_a_usable_number_still_gets_its_decision(ingest: Any) -> None:
    problems = {"anonymous": "hidden", "": "hidden", "12": "invalid", "sip:a@b": "invalid"}
    for address, problem in problems.items():
        body = event(id=f"c-{address}", address=address)
        answer = await ingest.http.post(EVENT, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["address_problem"]) == (202, problem)

    records = await ingest.arrived(topics.INTERACTIONS, len(problems))
    found = [(record.key, decode(record.value, Interaction).data) for record in records]
    addresses = {
        call.call_id: (call.address, call.contact_id, call.address_problem) for _, call in found
    }
    assert addresses == {f"c-{address}": (None, None, why) for address, why in problems.items()}
    assert all(key == str(call.id).encode() for key, call in found)


REFUSED: list[tuple[str, bytes, int, str | None]] = [
    ("empty", b"", 400, ""),
    ("malformed", b"not json", 400, ""),
    ("cut off", event()[:-2], 400, ""),
    ("no utf-8", b"\xff" + event(), 400, ""),
    ("raw NUL", event().replace(b"c-1", b"c\x00"), 400, ""),
    ("deep", event(disposition="x").replace(b'"x"', b"[" * 9_000), 400, ""),
    ("deep 2", event(disposition="x").replace(b'"x"', b'{"a":' * 9_000), 400, ""),
    ("a list", b"[]", 422, ""),
    ("null", b"null", 422, ""),
    ("a megabyte", event(disposition="x" * 1_000_000), 413, None),
    ("no specversion", without("specversion"), 422, "specversion"),
    ("old version", event(outer={"specversion": "0.3"}), 422, "specversion"),
    ("no event id", without("id"), 422, "id"),
    ("no source", without("source"), 422, "source"),
    ("no type", without("type"), 422, "type"),
    ("unknown type", event(outer={"type": "interaction.over"}), 422, "type"),
    ("no data", without("data"), 422, "data"),
    ("data is text", event(outer={"data": "x"}), 422, "data"),
    ("xml", event(outer={"datacontenttype": "text/xml"}), 422, "datacontenttype"),
    ("local time", event(outer={"time": "2026-01-05T10:14:21"}), 422, "time"),
    ("when amended", event(outer={"type": "interaction.amended.v1"}), 422, "time"),
    *(
        (
            f"amended in {year}",
            event(outer={"type": "interaction.amended.v1", "time": f"{year}-01-01T00:00:00Z"}),
            422,
            "time",
        )
        for year in (1970, 2099)
    ),
    ("workspace", event(outer={"workspace": "other"}), 422, "workspace"),
    ("of an audience", event(kind="audience"), 422, "data.kind"),
    *(
        (f"no {name}", event(**{name: None}), 422, f"data.{name}")
        for name in ("id", "kind", "ending", "address", "ended_at")
    ),
    *(
        (f"{name}: {value!r}", event(**{name: value}), 422, f"data.{field or name}")
        for name, value, field in [
            ("id", 17, None),
            ("id", "", None),
            ("id", "x" * 201, None),
            ("id", "a\x00b", None),
            ("kind", "letter", None),
            ("ending", "eaten", None),
            ("direction", "sideways", None),
            ("address", 12025550101, None),
            ("address", ["+12025550101"], None),
            ("address", "+1202555\x000101", None),
            ("ended_at", "yesterday", None),
            ("ended_at", "2026-01-05T10:14:20", None),
            ("ended_at", "2026-01-05", None),
            ("ended_at", 1767608060, None),
            ("ended_at", "1767608060", None),
            ("ended_at", "0001-01-01T00:00:00+05:00", None),
            ("ended_at", "1999-12-31T23:59:59Z", None),
            ("ended_at", "9999-12-31T23:59:59Z", None),
            ("started_at", "1970-01-01T00:00:00Z", None),
            ("agent_answered_at", "2199-01-01T00:00:00Z", None),
            ("talk_seconds", "229", None),
            ("talk_seconds", -1, None),
            ("wait_seconds", True, None),
            ("hold_seconds", 1e9, None),
            ("transfers", 1.5, None),
            ("transfers", 101, None),
            ("tags", "refund", None),
            ("tags", ["ok", 17], "tags.1"),
            ("tags", ["x"] * 51, None),
            ("legs", [{"agent_name": "As\x00ha"}], "legs.0.agent_name"),
            ("legs", [{"talk_seconds": "long"}], "legs.0.talk_seconds"),
            ("legs", [{"talk_seconds": False}], "legs.0.talk_seconds"),
            ("attributes", {"order": 17}, "attributes.order"),
            ("do_not_survey", "yes", None),
            ("test", 1, None),
        ]
    ),
    ("NaN", event(talk_seconds=0).replace(b": 0", b": NaN"), 422, "data.talk_seconds"),
]


async def test_a_bad_event_is_refused_by_name_and_stops_nothing(ingest: Any) -> None:
    wrong = {}
    for number, (name, body, status, field) in enumerate(REFUSED):
        before = await ingest.http.post(EVENT, content=event(id=f"b-{number}"), headers=JSON)
        refused = await ingest.http.post(EVENT, content=body, headers=JSON)
        after = await ingest.http.post(EVENT, content=event(id=f"a-{number}"), headers=JSON)
        assert (before.status_code, after.status_code) == (202, 202)
        assert refused.headers["content-type"] == "application/problem+json", name
        if refused.status_code != status or (field is not None and field not in fields_of(refused)):
            wrong[name] = refused.text

    assert wrong == {}
    records = await ingest.arrived(topics.INTERACTIONS, 2 * len(REFUSED))
    assert {decode(r.value, Interaction).data.call_id for r in records} == {
        f"{when}-{number}" for when in "ab" for number in range(len(REFUSED))
    }


async def test_many_wrong_fields_are_all_named(ingest: Any) -> None:
    body = event(id=17, ended_at="yesterday", tags="x", outer={"specversion": None})

    answer = await ingest.http.post(EVENT, content=body, headers=JSON)

    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"specversion", "data.id", "data.ended_at", "data.tags"}


async def test_the_content_type_counts(ingest: Any) -> None:
    expected = {
        "application/json": 202,
        "application/cloudevents+json": 202,
        "Application/CloudEvents+JSON; charset=utf-8": 202,
        "application/cloudevents-batch+json": 422,  # no list
        "text/plain": 415,
        "application/x-www-form-urlencoded": 415,
    }

    answers = {
        name: await ingest.http.post(EVENT, content=event(), headers={"content-type": name})
        for name in expected
    }

    assert {name: answer.status_code for name, answer in answers.items()} == expected


KEYS: list[tuple[str, str, str | None, int]] = [
    ("Bearer ac_acme_the-key", "", None, 202),
    ("Bearer ac_acme_the-key", "?workspace=acme", "acme", 202),
    ("Bearer ac_acme_the-key", "?workspace=other", None, 403),
    ("Bearer ac_acme_another-key", "", None, 401),
    ("Bearer ac_nobody_the-key", "", None, 401),
    ("Basic ac_acme_the-key", "", None, 401),
    ("", "", None, 401),
    ("Bearer ac_reader_the-key", "", None, 403),
    ("Bearer ac_operator_the-key", "", None, 422),
    ("Bearer ac_operator_the-key", "?workspace=acme", None, 202),
    ("Bearer ac_operator_the-key", "", "acme", 202),
    ("Bearer ac_operator_the-key", "?workspace=acme", "other", 422),
    ("Bearer ac_operator_the-key", "?workspace=nowhere", None, 422),
]


async def test_the_key_says_which_workspace(ingest: Any) -> None:
    answered = []
    for authorization, query, attribute, _ in KEYS:
        body = event(outer={"workspace": attribute})
        headers = JSON | {"authorization": authorization}
        answer = await ingest.http.post(EVENT + query, content=body, headers=headers)
        answered.append((authorization, query, attribute, answer.status_code))

    assert answered == KEYS


async def test_no_answer_is_given_before_the_event_is_durable(ingest: Any) -> None:
    await ingest.runtime.bus.close()

    answer = await ingest.http.post(EVENT, content=event(), headers=JSON)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_a_source_that_sends_cloud_events_needs_no_key(ingest: Any) -> None:
    path = "/v1/sources/acme-bus/calls?key=the-secret-of-the-tests"
    headers = {"content-type": "application/cloudevents+json", "authorization": ""}

    answer = await ingest.http.post(path, content=event(), headers=headers)

    again = await ingest.http.post(EVENT, content=event(), headers=JSON)
    assert (answer.status_code, answer.json()) == (202, again.json())
