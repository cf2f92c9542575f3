"""`POST /v1/sources/{source}/calls` on the real application: vendors' own bodies and secrets."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx

from common import topics
from common.config.store import Document, save
from common.events import decode, type_of
from common.events.calls import Interaction, InteractionAmended
from common.streams.dead_letters import list_dead

VENDORS = Path(__file__).parent / "vendors"
JSON = {"content-type": "application/json"}
SECRET = "the-secret-of-the-tests"
PBX = f"/v1/sources/acme-pbx/calls?key={SECRET}"
AIRCALL = f"/v1/sources/acme-aircall/calls?key={SECRET}"
SIGNED = f"/v1/sources/acme-signed/calls/{SECRET}"
FREESWITCH = f"/v1/sources/acme-freeswitch/calls/{SECRET}?uuid=0b8e"


def recorded(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VENDORS / f"{case}.json").read_text())
    return found


def aircall(found: str = "", instead: str = "") -> bytes:
    body: str = recorded("aircall/connected")["body"]
    assert found in body
    return body.replace(found, instead).encode() if found else body.encode()


def fields_of(refused: httpx.Response) -> list[str]:
    return [error["field"] for error in refused.json().get("errors", ())]


CONNECTED = [
    ("aircall/connected", AIRCALL),
    ("aircall/connected", SIGNED),
    ("freeswitch/connected-as-form", FREESWITCH),
    ("freeswitch/connected-as-base64", FREESWITCH),
    ("mapped-json/our-own-names", PBX),
]


async def test_a_vendors_call_is_accepted_with_either_secret(ingest: Any) -> None:
    accepted = set()
    for case, path in CONNECTED:
        for url in (path, path.replace(SECRET, f"{SECRET}-next")):
            request = recorded(case)
            answer = await ingest.http.post(
                url, content=request["body"], headers=request["headers"]
            )
            assert answer.status_code == 202, answer.text
            accepted.add(answer.json()["interaction_id"])

    records = await ingest.arrived(topics.INTERACTIONS, 2 * len(CONNECTED))
    assert {str(decode(record.value, Interaction).data.id) for record in records} == accepted


REFUSED: list[tuple[str, bytes, int, str | None]] = [
    ("/v1/sources/nobody/calls?key=x", aircall(), 404, None),
    ("/v1/sources/acme-aircall/calls", aircall(), 401, None),
    (AIRCALL + "x", aircall(), 401, None),
    ("/v1/sources/acme-aircall/calls/x", aircall(), 401, None),
    (AIRCALL.replace("?key=", "?key=%00"), aircall(), 422, "query.key"),
    (f"/v1/sources/acme-locked/calls?key={SECRET}", aircall(), 401, None),
    ("/v1/sources/acme-locked/calls?key=", aircall(), 401, None),
    (SIGNED, aircall("made-up-token", "made-up-tokem"), 401, None),
    (
        f"/v1/sources/acme-myoperator/calls/{SECRET}",
        recorded("myoperator/connected")["body"].encode(),
        401,
        None,
    ),
    (AIRCALL, b"{", 400, ""),
    (AIRCALL, b"", 400, ""),
    (AIRCALL, b"[" * 200_000, 400, ""),
    (AIRCALL, b"\x00", 400, ""),
    (AIRCALL, b'"call.ended"', 422, ""),
    (AIRCALL, b'{"event":"call.ended","data":17}', 422, "data.ended_at"),
    (AIRCALL, aircall("1767608060", "4767608060"), 422, "call.ended_at"),
    (AIRCALL, aircall("Asha", "A" * 300_000), 413, None),
    (FREESWITCH, b"cdr=%%%", 400, "cdr"),
    (PBX, b'{"id":"1","ending":"connected","ended_at":"2026-01-05T10:14:20"}', 422, "ended_at"),
    (PBX, b'{"id":{},"ending":"connected","ended_at":"2026-01-05T10:14:20Z"}', 422, "id"),
]


async def test_a_bad_request_is_refused_by_name_and_stops_nothing(ingest: Any) -> None:
    wrong = {}
    for number, (path, body, status, field) in enumerate(REFUSED):
        before = aircall('"id":812345', f'"id":"b-{number}"')
        assert (await ingest.http.post(AIRCALL, content=before)).status_code == 202
        refused = await ingest.http.post(path, content=body, headers=JSON)
        after = aircall('"id":812345', f'"id":"a-{number}"')
        assert (await ingest.http.post(AIRCALL, content=after)).status_code == 202
        if refused.status_code != status or (field is not None and field not in fields_of(refused)):
            wrong[number] = (path, refused.text)

    assert wrong == {}
    records = await ingest.arrived(topics.INTERACTIONS, 2 * len(REFUSED))
    assert {decode(r.value, Interaction).data.call_id for r in records} == {
        f"{when}-{number}" for when in "ab" for number in range(len(REFUSED))
    }


async def test_an_event_of_no_use_is_answered_so_that_the_vendor_is_content(ingest: Any) -> None:
    hungup = recorded("aircall/hungup")["body"]

    answer = await ingest.http.post(AIRCALL, content=hungup, headers=JSON)

    assert answer.status_code == 200
    assert "ignored" in answer.json()


async def test_a_later_tag_amends_the_call_that_was_published(ingest: Any) -> None:
    for case in ("aircall/connected", "aircall/tagged-later"):
        await ingest.http.post(AIRCALL, content=recorded(case)["body"], headers=JSON)

    records = await ingest.arrived(topics.INTERACTIONS, 2)
    by_type = {type_of(record.value): record for record in records}
    ended = decode(by_type["interaction.ended.v1"].value, Interaction).data
    amended = decode(by_type["interaction.amended.v1"].value, InteractionAmended).data
    assert amended.interaction.id == ended.id
    assert amended.interaction.tags == ("refund", "vip")


async def test_a_source_that_cannot_be_read_is_told_to_come_again(ingest: Any) -> None:
    async with ingest.runtime.db.transaction() as connection:
        body = {"id": "acme-next", "vendor": "aircall", "secrets": ["vault:acme/next"]}
        document = Document(workspace="acme", kind="source", id="acme-next", body=body)
        await save(connection, [document], by="a newer version")

    answer = await ingest.http.post(f"/v1/sources/acme-next/calls?key={SECRET}", content=b"{}")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    missing = await ingest.http.post(f"/v1/sources/acme-none/calls?key={SECRET}", content=b"{}")
    assert missing.status_code == 404


async def test_a_compressed_body_is_refused_as_such(ingest: Any) -> None:
    packed = JSON | {"content-encoding": "gzip"}

    answers = [
        await ingest.http.post(url, content=gzip.compress(aircall()), headers=packed)
        for url in (AIRCALL, "/v1/events")
    ]

    assert [answer.status_code for answer in answers] == [415, 415]


async def test_a_vendor_that_sends_but_a_query_is_understood(ingest: Any) -> None:
    query = "id=q-1&ending=connected&ended_at=2026-01-05T10:14:20Z&address=%2B12025550101"

    answer = await ingest.http.get(f"{PBX}&{query}")

    assert answer.status_code == 202, answer.text
    [record] = await ingest.arrived(topics.INTERACTIONS, 1)
    assert decode(record.value, Interaction).data.address == "+12025550101"


async def test_an_event_that_the_adapter_does_not_know_is_kept(ingest: Any) -> None:
    answer = await ingest.http.post(AIRCALL, content=aircall("call.ended", "call.flown"))

    assert (answer.status_code, answer.json()["why"]) == (200, "unjudged")
    [dead] = await list_dead(ingest.runtime.bus, topics.intake("acme-aircall"))
    assert b"call.flown" in (dead.value or b"")
