"""W3C trace context: whose it is goes along with the event, whichever way it came in."""

import json
from typing import Any

import pytest

from common import topics
from common.bus import Message
from common.events import decode
from common.events.calls import Interaction
from common.telemetry.tracing import traceparent

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BODY: dict[str, Any] = {
    "id": "c-1",
    "kind": "call",
    "ending": "connected",
    "address": "+12025550101",
    "ended_at": "2026-01-05T10:00:00Z",
}
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/pbx",
    "type": "interaction.ended.v1",
    "data": BODY,
}


async def trace_of_the_call(ingest: Any) -> object:
    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    return decode(record.value, Interaction).traceparent


@pytest.mark.parametrize(
    ("event", "headers", "expected"),
    [
        ({"traceparent": TRACE}, {}, TRACE),
        ({"traceparent": TRACE}, {"traceparent": OTHER}, TRACE),
        ({}, {"traceparent": OTHER}, OTHER),
        ({"traceparent": "none"}, {"traceparent": OTHER}, OTHER),
    ],
)
async def test_an_events_own_trace_goes_before_that_of_its_request(
    ingest: Any, event: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    headers = {"content-type": "application/json", **headers}

    answer = await ingest.http.post(
        "/v1/events", content=json.dumps(EVENT | event), headers=headers
    )

    assert answer.status_code == 202, answer.text
    assert await trace_of_the_call(ingest) == expected


async def test_a_binary_event_brings_it_as_a_header(ingest: Any) -> None:
    attributes = {f"ce-{name}": str(value) for name, value in EVENT.items() if name != "data"}
    headers = {"content-type": "application/json", "ce-traceparent": TRACE, **attributes}

    answer = await ingest.http.post("/v1/events", content=json.dumps(BODY), headers=headers)

    assert answer.status_code == 202, answer.text
    assert await trace_of_the_call(ingest) == TRACE


async def test_a_record_of_an_intake_topic_brings_it_as_a_header(ingest: Any) -> None:
    topic = topics.intake("acme-bus")
    value = json.dumps(EVENT).encode()

    headers = (("traceparent", TRACE.encode()),)
    await ingest.runtime.bus.publish([Message(topic, None, value, headers)])

    assert await trace_of_the_call(ingest) == TRACE


async def test_without_one_none_is_made_up(ingest: Any) -> None:
    headers = {"content-type": "application/json"}
    await ingest.http.post("/v1/events", content=json.dumps(EVENT), headers=headers)

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert b"traceparent" not in record.value


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        TRACE.upper(),
        TRACE[:-1],
        TRACE + "-01",
        "ff" + TRACE[2:],
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
    ],
)
def test_what_is_malformed_counts_as_no_trace(wrong: str | None) -> None:
    assert traceparent(wrong) is None
    assert traceparent(wrong, TRACE) == TRACE
