"""Twilio's words and ours."""

import json

import httpx
import pytest

from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Outcome,
    Rejected,
    Report,
    Throttled,
)
from channel.twilio.codes import outcome_of
from channel.twilio.messages import event_key
from common.events.sends import DeliveryStatus, FailureClass
from sms_sender.providers.twilio import Twilio


def answer(status: int, code: int | None = None, **headers: str) -> httpx.Response:
    body = {"code": code, "message": "...", "status": status} if code else {}
    return httpx.Response(status, content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (httpx.Response(201, json={"sid": "SM1", "status": "queued"}), Accepted("SM1")),
        (httpx.Response(201, content=b"{"), Ambiguous("http 201 without a sid")),
        (answer(500, 20500), Ambiguous("20500")),
        (httpx.Response(503, content=b"<html>"), Ambiguous("http 503")),
        (answer(408), Ambiguous("http 408")),
        (answer(429, 20429), Throttled()),
        (answer(429, 20429, **{"Retry-After": "7"}), Throttled(7.0)),
        (answer(429, 20429, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), Throttled()),
        (answer(400, 14107), Throttled()),
        (answer(401, 20003), AccountRefused("20003")),
        (answer(402), AccountRefused("http 402")),
        (answer(403), AccountRefused("http 403")),
        (answer(404, 20404), AccountRefused("20404")),
        (answer(302), AccountRefused("http 302")),
        (answer(400, 21703), AccountRefused("21703")),
        (answer(400, 21606), AccountRefused("21606", sender_only=True)),
        (answer(400, 21211), Rejected(FailureClass.INVALID_NUMBER, "21211")),
        (answer(400, 21614), Rejected(FailureClass.NO_CHANNEL, "21614")),
        (answer(400, 21610), Rejected(FailureClass.OPTED_OUT, "21610")),
        (answer(403, 21408), Rejected(FailureClass.CONFIG, "21408")),
        (answer(400, 99999), Rejected(FailureClass.UNKNOWN, "99999")),
        (httpx.Response(400, content=b"[]"), Rejected(FailureClass.UNKNOWN, "http 400")),
    ],
)
def test_what_an_answer_means(response: httpx.Response, outcome: Outcome) -> None:
    assert outcome_of(response) == outcome


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("accepted", DeliveryStatus.SENT),
        ("queued", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.DELIVERED),
        ("failed", DeliveryStatus.FAILED),
        ("undelivered", DeliveryStatus.FAILED),
    ],
)
def test_what_a_status_means(status: str, meant: DeliveryStatus) -> None:
    report = Twilio().report({"MessageSid": "SM1", "MessageStatus": status})

    assert report is not None
    assert report.status is meant


def test_a_word_that_twilio_may_add_tells_nothing() -> None:
    assert Twilio().report({"MessageSid": "SM1", "MessageStatus": "teleported"}) is None


def test_an_error_code_that_twilio_may_add_is_a_failure_of_unknown_class() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "39999"}

    assert Twilio().report(fields) == Report(
        status=DeliveryStatus.FAILED,
        provider_message_id="SM1",
        failure=FailureClass.UNKNOWN,
        code="39999",
    )


def test_copies_of_a_callback_have_one_key_and_others_another() -> None:
    key = event_key
    sent = {"MessageSid": "SM1", "MessageStatus": "sent"}

    assert key(sent) == key(dict(sent))
    assert key(sent) != key({**sent, "MessageStatus": "delivered"})
    assert key(sent) != key({"MessageSid": "SM1", "Body": "5"})
    assert key({"MessageStatus": "sent"}) is None
