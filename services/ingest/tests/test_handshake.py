"""Vendors that make sure of a URL are answered; who knows the URL alone learns nothing by it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config.documents import parse_document
from common.config.models import Handshake
from common.errors import BadInput, Problem
from ingest.domain.handshake import Shaken, shaken
from ingest.domain.vendor import Inbound

SECRET = "the-secret-of-the-tests"
ZOOM = f"/v1/sources/acme-zoom/calls/{SECRET}"
RINGCENTRAL = f"/v1/sources/acme-ringcentral/calls/{SECRET}"
# As published, with the secret and the token of the example.
ZOOMS_SECRET = "zoomsecrettoken"
ENCRYPTED = "638cdf52a505061c02b1c0d14d18da395a5caae34abe4ff12edf40d472ea8d8c"


def validation(token: object = "abc123", event: str = "endpoint.url_validation") -> bytes:
    body = {"payload": {"plainToken": token}, "event_ts": 1767608061572, "event": event}
    return json.dumps(body).encode()


async def test_zoom_is_answered_its_token_signed(ingest: Any) -> None:
    answer = await ingest.http.post(ZOOM, content=validation())

    assert answer.status_code == 200
    assert answer.json() == {"plainToken": "abc123", "encryptedToken": ENCRYPTED}


async def test_ringcentral_is_told_its_header_back(ingest: Any) -> None:
    answer = await ingest.http.post(RINGCENTRAL, headers={"Validation-Token": "1b2c-Xy_9="})

    assert answer.status_code == 200
    assert answer.headers["validation-token"] == "1b2c-Xy_9="
    assert answer.json()["why"] == "handshake"


async def test_without_the_setting_and_without_the_secret_nothing_is_answered(ingest: Any) -> None:
    wrong = ZOOM.replace(SECRET, "not-the-secret")
    pbx = f"/v1/sources/acme-pbx/calls/{SECRET}"
    headers = {"Validation-Token": "1b2c"}
    answers = [
        await ingest.http.post(url, content=validation(), headers=headers) for url in (wrong, pbx)
    ]

    assert [answer.status_code for answer in answers] == [401, 422]
    assert not any("validation-token" in answer.headers for answer in answers)
    assert not any(ENCRYPTED in answer.text for answer in answers)


async def test_a_call_is_a_call_where_hand_shakes_are_answered(ingest: Any) -> None:
    call = {
        "id": "c-1",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": "2026-01-05T10:14:20Z",
    }
    for url in (ZOOM, RINGCENTRAL):
        answer = await ingest.http.post(url, json=call)
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    "token", ["", "v0:1767608061:{}", 'a"b', "a" * 129, "a b", "é"], ids=lambda token: token[:16]
)
def test_nothing_is_signed_that_could_be_a_signed_body(token: str) -> None:
    with pytest.raises(Problem) as refused:
        shaken(Inbound(validation(token)), Handshake.ZOOM, [ZOOMS_SECRET])
    assert refused.value.status == 422


@pytest.mark.parametrize("token", ["", "a b", "a" * 257, "\x7f", "\u00fc"])
def test_no_odd_header_is_told_back(token: str) -> None:
    with pytest.raises(Problem) as refused:
        shaken(Inbound(b"", {"validation-token": token}), Handshake.RINGCENTRAL, [])
    assert refused.value.status == 422


def test_the_first_secret_signs_and_without_one_it_is_tried_again() -> None:
    inbound = Inbound(validation())
    answer = shaken(inbound, Handshake.ZOOM, [ZOOMS_SECRET, "the one before"])
    assert answer is not None
    assert ENCRYPTED.encode() in (answer.body or b"")
    with pytest.raises(Problem) as refused:
        shaken(inbound, Handshake.ZOOM, [])
    assert refused.value.status == 503


@given(body=st.binary(max_size=200), header=st.text(max_size=20))
def test_nothing_else_is_a_hand_shake(body: bytes, header: str) -> None:
    other = Inbound(body, {"x-token": header})
    for one in (None, *Handshake):
        assert shaken(other, one, [ZOOMS_SECRET]) is None
    unset = Inbound(validation(), {"validation-token": "a"})
    for one in (None, Handshake.UNKNOWN):
        assert shaken(unset, one, [ZOOMS_SECRET]) is None
    assert shaken(unset, Handshake.RINGCENTRAL, []) == Shaken(headers={"validation-token": "a"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"handshake": "zoom"}, "signing_secrets"),
        ({"handshake": "ringcentral", "vendor": "aircall"}, "handshake"),
        ({"handshake": "handshake"}, "handshake"),
    ],
)
def test_a_hand_shake_that_cannot_work_is_refused_at_apply(
    changes: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        parse_document("source", {"id": "s", "vendor": "mapped-json", **changes})
    assert [error.field for error in refused.value.errors] == [field]
