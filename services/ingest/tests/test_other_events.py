"""CloudEvents about something else, and what their senders ask before they send."""

import json
from typing import Any

import pytest

from common import topics
from common.bus import Message
from common.streams.dead_letters import list_dead

SECRET = "the-secret-of-the-tests"
OTHER = {
    "specversion": "1.0",
    "type": "com.example.ticket.reassigned",
    "id": "e-1",
    "source": "/desk",
    "data": {"whatever": [1, None]},
}
OURS = OTHER | {
    "type": "interaction.ended.v1",
    "data": {
        "id": "c-1",
        "kind": "call",
        "direction": "inbound",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": "2026-01-05T10:14:21Z",
    },
}


@pytest.mark.parametrize("event", [OTHER, {k: v for k, v in OTHER.items() if k != "data"}])
async def test_an_event_about_something_else_is_ignored_and_said_so(
    ingest: Any, event: dict[str, Any]
) -> None:
    answer = await ingest.http.post("/v1/events", json=event)
    assert (answer.status_code, answer.json()["why"]) == (200, "other_type")


async def test_likewise_with_its_attributes_in_headers(ingest: Any) -> None:
    headers = {f"ce-{name}": OTHER[name] for name in ("specversion", "type", "id", "source")}
    answer = await ingest.http.post("/v1/events", json=OTHER["data"], headers=headers)
    assert (answer.status_code, answer.json()["why"]) == (200, "other_type")


@pytest.mark.parametrize("wrong", ["interaction.ended", "interaction.ended.v2", "", 7, None])
async def test_a_type_like_ours_is_a_mistake_that_its_sender_hears_of(
    ingest: Any, wrong: Any
) -> None:
    answer = await ingest.http.post("/v1/events", json=OURS | {"type": wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "type"


async def test_what_else_is_wrong_with_it_is_told(ingest: Any) -> None:
    answer = await ingest.http.post("/v1/events", json=OTHER | {"specversion": "0.3"})
    assert answer.status_code == 422


async def test_in_a_batch_it_stands_in_nobodys_way(ingest: Any) -> None:
    batch = {"content-type": "application/cloudevents-batch+json"}
    mixed = json.dumps([OTHER, OURS, OTHER, OURS | {"id": 7}])
    answer = await ingest.http.post("/v1/events", content=mixed, headers=batch)
    assert answer.status_code == 202
    told = answer.json()
    assert [one["index"] for one in told["accepted"]] == [1]
    assert (told["ignored"], [one["field"] for one in told["errors"]]) == (2, ["3.id"])

    answer = await ingest.http.post("/v1/events", content=json.dumps([OTHER]), headers=batch)
    assert (answer.status_code, answer.json()["ignored"]) == (200, 1)


async def test_of_a_source_it_is_ignored_too_and_nothing_is_kept(ingest: Any) -> None:
    answer = await ingest.http.post(f"/v1/sources/acme-bus/calls/{SECRET}", json=OTHER)
    assert (answer.status_code, answer.json()["why"]) == (200, "other_type")

    topic = topics.intake("acme-bus")
    bodies = [json.dumps(one).encode() for one in (OTHER, OURS)]
    await ingest.runtime.bus.create_topics({topic: 3})
    await ingest.runtime.bus.publish([Message(topic, b"any", body) for body in bodies])
    await ingest.arrived(topics.INTERACTIONS, 1)
    assert await list_dead(ingest.runtime.bus, topic) == []


@pytest.mark.parametrize(
    "path", ["/v1/events", "/v1/sources/acme-bus/calls", f"/v1/sources/acme-bus/calls/{SECRET}"]
)
async def test_who_asks_before_sending_is_told_yes(ingest: Any, path: str) -> None:
    asks = {"webhook-request-origin": "eventgrid.example.net", "webhook-request-rate": "120"}
    answer = await ingest.http.options(path, headers=asks)
    assert answer.status_code == 200
    assert answer.headers["webhook-allowed-origin"] == "*"
    assert answer.headers["webhook-allowed-rate"] == "*"
    assert answer.headers["allow"] == "POST"
