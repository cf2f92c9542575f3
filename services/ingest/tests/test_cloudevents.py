"""CloudEvents as the SDK sends them, over real HTTP: structured, binary and batch."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings import http as binding
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import conversion
from cloudevents.v1 import http as first_sdk

from common import topics

BATCH = "application/cloudevents-batch+json"
SOURCE = "/pbx/zürich 1"  # percent-encoded in a header


def attributes(number: int, **changes: Any) -> dict[str, Any]:
    required = {
        "id": f"e-{number}",
        "source": SOURCE,
        "type": "interaction.ended.v1",
        "specversion": "1.0",
        "time": datetime.now(UTC),
        "workspace": "acme",
    }
    return {name: value for name, value in (required | changes).items() if value is not None}


def data(number: int, **changes: Any) -> dict[str, Any]:
    call = {
        "id": f"c-{number}",
        "kind": "call",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        "customer_name": "Zoë",
    }
    return {name: value for name, value in (call | changes).items() if value is not None}


def event(number: int, **changes: Any) -> CloudEvent:
    return CloudEvent(attributes(number), data(number, **changes))


def batch(*events: CloudEvent | bytes) -> bytes:
    """The SDK writes the events, and no batch of its own: that is a JSON array of them."""
    written = [one if isinstance(one, bytes) else JSONFormat().write(one) for one in events]
    return b"[" + b",".join(written) + b"]"


async def test_the_sdks_structured_and_binary_events_are_the_same_calls(
    listening: Any,
) -> None:
    said = CloudEvent(attributes(2, datacontenttype="application/json"), data(2))
    as_bytes = CloudEvent(attributes(3), json.dumps(data(3)).encode())
    unsaid = {"content-type": "application/octet-stream"}  # what many HTTP clients fill in
    for headers, message in [
        ({}, binding.to_structured_event(event(0))),
        ({}, binding.to_binary_event(event(1))),
        ({}, binding.to_binary_event(said)),
        ({}, binding.to_structured_event(as_bytes)),
        (unsaid, binding.to_binary_event(event(4))),
    ]:
        answer = await listening.post(message.body, headers | message.headers)
        assert answer.status_code == 202, answer.text

    calls = await listening.published(5)
    assert set(calls) == {"c-0", "c-1", "c-2", "c-3", "c-4"}
    assert {(call.source, call.customer_name, call.workspace) for call in calls.values()} == {
        (SOURCE, "Zoë", "acme")
    }


async def test_the_first_sdks_events_are_taken_too(listening: Any) -> None:
    produced = [
        convert(first_sdk.CloudEvent(attributes(number, source="/pbx", time=None), data(number)))
        for number, convert in enumerate([conversion.to_structured, conversion.to_binary])
    ]

    answers = [await listening.post(body, headers) for headers, body in produced]

    assert [answer.status_code for answer in answers] == [202, 202], answers[-1].text
    assert set(await listening.published(2)) == {"c-0", "c-1"}


async def test_a_bad_event_of_a_batch_loses_none_of_the_good(listening: Any) -> None:
    body = batch(
        event(0),
        event(1, ended_at="yesterday", kind="letter"),
        event(2, address="anonymous"),
        b"17",
        JSONFormat().write(CloudEvent(attributes(4, workspace="other"), data(4))),
        event(5),
    )

    answer = await listening.post(body, {"content-type": BATCH})

    calls = await listening.published(3)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == [
        {"index": index, "interaction_id": str(calls[call].id), "address_problem": problem}
        for index, call, problem in [(0, "c-0", None), (2, "c-2", "hidden"), (5, "c-5", None)]
    ]
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"1.data.ended_at", "1.data.kind", "3", "4.workspace"}


async def test_the_same_batch_again_is_the_same_events(listening: Any) -> None:
    body = batch(event(0), event(1))

    answers = [await listening.post(body, {"content-type": BATCH}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    records = await listening.ingest.arrived(topics.INTERACTIONS, 4)
    assert len({record.value for record in records}) == 2


@pytest.mark.parametrize("odd", [b"NaN", b'"\\ud83d"'])
async def test_what_is_no_json_for_us_in_one_event_is_no_trouble_of_the_others(
    listening: Any, odd: bytes
) -> None:
    body = batch(event(0), event(1, disposition="odd"), event(2)).replace(b'"odd"', odd)

    answer = await listening.post(body, {"content-type": BATCH})

    assert answer.status_code == 202
    assert {one["index"] for one in answer.json()["accepted"]} == {0, 2}
    assert {error["field"].partition(".")[0] for error in answer.json()["errors"]} == {"1"}


REFUSED: list[tuple[str, bytes, int, set[str]]] = [
    (
        "all bad",
        batch(event(0, id=None), event(1, ending="eaten")),
        422,
        {"0.data.id", "1.data.ending"},
    ),
    ("no list", JSONFormat().write(event(0)), 422, {""}),
    ("cut off", batch(event(0))[:-1], 400, {""}),
    ("no JSON", b"", 400, {""}),
    ("too many", batch(*[b"{}"] * 1001), 413, set()),
    ("too large", batch(event(0), b'"' + b"x" * 1_100_000 + b'"'), 413, set()),
    ("one too large", batch(event(0, disposition="x" * 300_000)), 422, {"0"}),
]


async def test_a_batch_of_nothing_good_is_refused_by_index_and_field(listening: Any) -> None:
    for name, body, status, fields in REFUSED:
        answer = await listening.post(body, {"content-type": BATCH})
        assert answer.headers["content-type"] == "application/problem+json", name
        named = {error["field"] for error in answer.json().get("errors", ())}
        assert (answer.status_code, named) == (status, fields), name

    after = await listening.post(batch(event(9)), {"content-type": BATCH})
    assert after.status_code == 202
    assert set(await listening.published(1)) == {"c-9"}


async def test_an_empty_batch_is_no_error(listening: Any) -> None:
    answer = await listening.post(b"[]", {"content-type": BATCH})

    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": [], "errors": [], "ignored": 0},
    )


async def test_an_operators_batch_names_its_workspaces(listening: Any) -> None:
    operator = {"authorization": "Bearer ac_operator_the-key", "content-type": BATCH}
    nameless = JSONFormat().write(CloudEvent(attributes(1, workspace=None), data(1)))

    answer = await listening.post(batch(event(0), nameless), operator)
    named = await listening.post(batch(event(2), nameless), operator, "?workspace=acme")

    assert [error["field"] for error in answer.json()["errors"]] == ["1.workspace"]
    assert [len(one.json()["accepted"]) for one in (answer, named)] == [1, 2]


async def test_no_batch_is_acknowledged_before_it_is_durable(listening: Any) -> None:
    await listening.ingest.runtime.bus.close()

    answer = await listening.post(batch(event(0), b"17"), {"content-type": BATCH})

    assert answer.status_code == 503


BINARY: dict[str, tuple[dict[str, str | None], bytes | None, int, list[str]]] = {
    "no id": ({"ce-id": None}, None, 422, ["ce-id"]),
    "no version": ({"ce-specversion": None}, None, 422, ["ce-specversion"]),
    "another type": ({"ce-type": "interaction.over"}, None, 422, ["ce-type"]),
    "bad encoding": ({"ce-source": "%FF"}, None, 422, ["ce-source"]),
    "no time": ({"ce-type": "interaction.amended.v1", "ce-time": None}, None, 422, ["ce-time"]),
    "workspace": ({"ce-workspace": "other"}, None, 422, ["ce-workspace"]),
    "data": (
        {},
        b'{"id":"c-1"}',
        422,
        ["data.kind", "data.ending", "data.address", "data.ended_at"],
    ),
    "envelope": ({}, b'{},"id":"e-2"', 400, [""]),
    "no data": ({}, b"", 400, [""]),
    "xml": ({"content-type": "text/xml"}, b"<call/>", 415, []),
    "avro": ({"content-type": "application/cloudevents+avro"}, b"x", 415, []),
}


async def test_a_bad_binary_event_is_refused_by_its_header(listening: Any) -> None:
    answered = {}
    for case, (changed, body, _, _) in BINARY.items():
        message = binding.to_binary_event(event(1))
        headers = {name: v for name, v in (message.headers | changed).items() if v is not None}
        answer = await listening.post(message.body if body is None else body, headers)
        named = [error["field"] for error in answer.json().get("errors", ())]
        answered[case] = (answer.status_code, named)

    assert answered == {case: (status, fields) for case, (_, _, status, fields) in BINARY.items()}


async def test_a_source_of_cloud_events_may_send_binary_ones(listening: Any) -> None:
    message = binding.to_binary_event(event(0))
    url = f"{listening.url}/v1/sources/acme-bus/calls?key=the-secret-of-the-tests"

    answer = await listening.client.post(url, content=message.body, headers=message.headers)

    assert answer.status_code == 202, answer.text
    assert set(await listening.published(1)) == {"c-0"}
