"""An admitted sender's body that cannot be read is kept, and taken in when it can be."""

import asyncio
import json
from typing import Any

import pytest

from common import topics
from common.bus import Message
from common.config.store import Document, save
from common.events import decode
from common.events.calls import Interaction
from common.streams.dead_letters import list_dead, redrive
from ingest.service import Intake

SECRET = "the-secret-of-the-tests"
PBX = f"/v1/sources/acme-pbx/calls?key={SECRET}"
TOPIC = topics.intake("acme-pbx")
THEIRS = {
    "call": "c-1",
    "ending": "connected",
    "direction": "inbound",
    "from": "+12025550101",
    "ended_at": "2026-01-05T10:14:20Z",
}
MAPPING = {name: name for name in ("direction", "ending", "ended_at")} | {
    "id": "call",
    "caller": "from",
}


async def mend_mapping(database: Any, mapping: dict[str, str] = MAPPING) -> None:
    source = {
        "id": "acme-pbx",
        "vendor": "mapped-json",
        "region": "US",
        "secrets": ["env:AFTERCALL_SECRET_ACME_SECRET"],
        "mapping": mapping,
    }
    async with database.transaction() as connection:
        await save(
            connection,
            [Document(workspace="acme", kind="source", id="acme-pbx", body=source)],
            by="tests",
        )


async def test_a_refused_body_is_taken_in_once_the_mapping_is_mended(
    ingest: Any, database: Any
) -> None:
    for body in (json.dumps(THEIRS), "{", "\x00"):
        answer = await ingest.http.post(PBX, content=body.encode())
        assert answer.status_code in (400, 422), answer.text

    kept = await list_dead(ingest.runtime.bus, TOPIC)
    assert [record.value for record in kept] == [json.dumps(THEIRS).encode(), b"{", b"\x00"]
    assert all(SECRET.encode() not in (record.value or b"") for record in kept)
    await mend_mapping(database)
    await asyncio.sleep(1.1)  # as old as configuration may be
    assert await redrive(ingest.runtime.bus, TOPIC) == 3

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert decode(record.value, Interaction).data.call_id == "c-1"


async def test_what_a_refused_request_said_in_its_query_is_not_lost(
    ingest: Any, database: Any
) -> None:
    told = {name: value for name, value in THEIRS.items() if name != "call"}
    answer = await ingest.http.post(f"{PBX}&call=c%2F7", content=json.dumps(told).encode())
    assert answer.status_code == 422

    await mend_mapping(database, MAPPING | {"id": "?call"})
    await asyncio.sleep(1.1)  # as old as configuration may be
    assert await redrive(ingest.runtime.bus, TOPIC) == 1

    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert decode(record.value, Interaction).data.call_id == "c/7"
    kept = await ingest.arrived(topics.dead(TOPIC), 1)
    assert all(SECRET.encode() not in (value or b"") for _, value in kept[0].headers)


async def test_nobody_who_is_not_admitted_has_a_body_kept(ingest: Any) -> None:
    wrong = "/v1/sources/acme-pbx/calls?key=wrong"
    assert (await ingest.http.post(wrong, content=b"{")).status_code == 401
    unsigned = f"/v1/sources/acme-signed/calls/{SECRET}"
    assert (await ingest.http.post(unsigned, content=b"{}")).status_code == 401

    for source in ("acme-pbx", "acme-signed"):
        assert await list_dead(ingest.runtime.bus, topics.intake(source)) == []


async def test_what_is_kept_of_one_source_is_bounded(ingest: Any) -> None:
    from ingest.app import app

    intake: Intake = app.state.parts[Intake]
    intake.unusable.most = 2_500

    for _ in range(4):
        answer = await ingest.http.post(PBX, content=b"{" + b" " * 999)
        assert answer.status_code == 400

    assert len(await list_dead(ingest.runtime.bus, TOPIC)) == 2


@pytest.mark.parametrize("value", [None, b""])
async def test_headers_without_a_value_and_repeated_ones_are_no_trouble(
    ingest: Any, value: bytes | None
) -> None:
    headers = (("content-type", None), ("Content-Type", b"application/json"), ("x", value))
    ours = {"id": "c-2", "ending": "connected", "address": "+12025550101"}
    body = json.dumps(ours | {"ended_at": THEIRS["ended_at"]}).encode()
    await ingest.runtime.bus.create_topics({TOPIC: 3})
    await ingest.runtime.bus.publish(
        [Message(TOPIC, b"any", None, headers), Message(TOPIC, b"any", body, headers)]
    )

    await ingest.arrived(topics.INTERACTIONS, 1)

    [dead] = await list_dead(ingest.runtime.bus, TOPIC)
    assert dead.value is None


UNKNOWN = b'{"event": "call.exploded", "data": {"id": 1}}'


async def test_what_cannot_be_judged_is_kept_by_every_way(ingest: Any) -> None:
    topic = topics.intake("acme-aircall")
    await ingest.runtime.bus.create_topics({topic: 3})
    await ingest.runtime.bus.publish([Message(topic, b"any", UNKNOWN)])
    await ingest.arrived(topics.dead(topic), 1)

    answer = await ingest.http.post(
        f"/v1/sources/acme-aircall/calls?key={SECRET}", content=UNKNOWN + b" "
    )

    assert (answer.status_code, answer.json()["why"]) == (200, "unjudged")
    kept = await list_dead(ingest.runtime.bus, topic)
    assert [record.value for record in kept] == [UNKNOWN, UNKNOWN + b" "]


async def test_what_cannot_be_judged_and_is_not_kept_is_refused(ingest: Any) -> None:
    from ingest.app import app

    intake: Intake = app.state.parts[Intake]
    intake.unusable.most = 2 * len(UNKNOWN) - 1
    path = f"/v1/sources/acme-aircall/calls?key={SECRET}"

    answers = [await ingest.http.post(path, content=UNKNOWN) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 422]
    assert len(await list_dead(ingest.runtime.bus, topics.intake("acme-aircall"))) == 1
