"""The intake topics on the running application: the same calls, another way in."""

import json
from pathlib import Path
from typing import Any

import pytest

from common import topics
from common.bus import Message
from common.events import decode
from common.events.calls import Interaction
from common.streams.dead_letters import list_dead

VENDORS = Path(__file__).parent / "vendors"
SECRET = "the-secret-of-the-tests"
CASES = {
    "aircall/connected": "acme-aircall",
    "aircall/hidden-caller": "acme-aircall",
    "freeswitch/connected-as-form": "acme-freeswitch",
    "mapped-json/our-own-names": "acme-pbx",
}
CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/pbx/boston",
    "type": "interaction.ended.v1",
    "data": {
        "id": "c-1",
        "kind": "call",
        "ending": "connected",
        "address": "+1 202-555-0101",
        "ended_at": "2026-01-05T10:14:20Z",
    },
}


async def write(ingest: Any, source: str, *bodies: bytes, content_type: str = "") -> None:
    """What a vendor's own Kafka client would do, all records on one partition."""
    headers = (("content-type", content_type.encode()),) if content_type else ()
    topic = topics.intake(source)
    await ingest.runtime.bus.create_topics({topic: 3})
    await ingest.runtime.bus.publish([Message(topic, b"any", body, headers) for body in bodies])


@pytest.mark.parametrize("case", CASES)
async def test_http_and_topic_report_the_same_interaction(ingest: Any, case: str) -> None:
    request = json.loads((VENDORS / f"{case}.json").read_text())
    source = CASES[case]

    await write(ingest, source, request["body"].encode())
    [by_topic] = await ingest.arrived(topics.INTERACTIONS, 1)
    path = f"/v1/sources/{source}/calls/{SECRET}"
    await ingest.http.post(path, content=request["body"], headers=request["headers"])

    [by_http] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert (by_http.key, by_http.value) == (by_topic.key, by_topic.value)


@pytest.mark.parametrize("content_type", ["application/cloudevents+json; charset=UTF-8", ""])
async def test_a_cloud_event_keeps_its_identity_on_any_topic(
    ingest: Any, content_type: str
) -> None:
    body = json.dumps(CLOUD_EVENT).encode()

    await write(ingest, "acme-freeswitch", body, content_type=content_type)
    [by_topic] = await ingest.arrived(topics.INTERACTIONS, 1)
    await ingest.http.post("/v1/events", content=body, headers={"content-type": "application/json"})

    [by_http] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert (by_http.key, by_http.value) == (by_topic.key, by_topic.value)
    assert decode(by_topic.value, Interaction).data.source == "/pbx/boston"


def mapped(number: int) -> bytes:
    return json.dumps(
        {
            "id": f"c-{number}",
            "ending": "connected",
            "address": "+12025550101",
            "ended_at": "2026-01-05T10:14:20Z",
        }
    ).encode()


BAD: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"not json", "not JSON"),
    (b"\x00\xff", "not JSON"),
    (b"[" * 200_000, "nested too deeply"),
    (b"[]", "must be an object"),
    (b'{"id":"c-1"}', "ending"),
    (b'{"specversion":"1.0"}', "source"),
    (mapped(1).replace(b"2026-01-05T10:14:20Z", b"2026-01-05T10:14:20"), "ended_at"),
    (mapped(1).replace(b"2026-01-05", b"1970-01-05"), "call.ended_at"),
    (mapped(1).replace(b"c-1", b"c\\u0000"), "call.id"),
    (mapped(1).replace(b"c-1", b"c" * 300_000), "larger than"),
]


async def test_thirty_bad_records_in_a_row_stop_nothing(ingest: Any) -> None:
    bad = BAD * 3

    await write(ingest, "acme-pbx", mapped(1), *(body for body, _ in bad), mapped(2))

    records = await ingest.arrived(topics.INTERACTIONS, 2)
    assert {decode(r.value, Interaction).data.call_id for r in records} == {"c-1", "c-2"}
    dead = await list_dead(ingest.runtime.bus, topics.intake("acme-pbx"))
    assert [record.value for record in dead] == [body for body, _ in bad]
    assert [
        cause for record, (_, cause) in zip(dead, bad, strict=True) if cause not in record.error
    ] == []


async def test_the_topic_of_an_unknown_source_is_all_dead(ingest: Any) -> None:
    await write(ingest, "nobody", mapped(1), mapped(2))
    await ingest.arrived(topics.dead(topics.intake("nobody")), 2)

    dead = await list_dead(ingest.runtime.bus, topics.intake("nobody"))
    assert [record.value for record in dead] == [mapped(1), mapped(2)]


async def test_a_configured_source_has_its_topic_without_being_asked(ingest: Any) -> None:
    message = Message(topics.intake("acme-aircall"), None, b"{}")
    for _ in range(100):
        try:
            await ingest.runtime.bus.publish([message])
        except Exception:
            continue
        break

    assert len(await ingest.arrived(topics.intake("acme-aircall"), 1)) == 1
