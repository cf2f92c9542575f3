"""Twilio's words for WhatsApp, and ours."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from channel.content import Choices, Template
from channel.providers import Access, CallbackRequest, OutgoingMessage
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Choice,
    Outcome,
    Rejected,
    Throttled,
)
from channel.twilio.codes import outcome_of
from common.config import TwilioWhatsAppAccount
from common.config.accounts import account_of
from common.events.sends import DeliveryStatus, FailureClass
from sms_sender.testing import CALLER
from whatsapp_sender.providers.twilio import TwilioWhatsApp
from whatsapp_sender.providers.twilio_codes import CODES

OURS, THEIRS = "whatsapp:+12025550190", f"whatsapp:{CALLER}"
SEND = UUID("11111111-1111-4111-8111-111111111111")
WINDOW = "the person wrote more than 24 hours ago: a template only"


def account(**changes: Any) -> TwilioWhatsAppAccount:
    given = {"id": "main", "channel": "whatsapp", "provider": "twilio", "account_sid": "AC1"}
    given |= {"auth_token": "env:T", "senders": [{"number": OURS[9:]}]}
    made = account_of(given | changes)
    assert isinstance(made, TwilioWhatsAppAccount)
    return made


@pytest.mark.parametrize(
    ("base", "content"),
    [
        ("https://api.twilio.com", "https://content.twilio.com"),
        ("https://api.dublin.ie1.twilio.com/", "https://content.twilio.com"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("https://twilio.com.example", "https://twilio.com.example"),
    ],
)
def test_templates_are_kept_on_a_host_of_their_own(base: str, content: str) -> None:
    assert account(base_url=base).content_url == content


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (201, None, Accepted("SM1")),
        (400, 63016, Rejected(FailureClass.TRANSIENT, f"63016: {WINDOW}")),
        (
            400, 63024,
            Rejected(
                FailureClass.NO_CHANNEL, "63024: the number gets no WhatsApp messages of businesses"
            ),
        ),
        (
            400, 63032,
            Rejected(
                FailureClass.BLOCKED, "63032: WhatsApp lets nobody write to this person now"
            ),
        ),
        (
            400, 63049,
            Rejected(FailureClass.BLOCKED, "63049: Meta holds it back for the person's sake"),
        ),
        (400, 63018, Throttled()),
        (
            400, 63007,
            AccountRefused("63007: the number is not registered for WhatsApp", sender_only=True),
        ),
        (400, 63051, AccountRefused("63051: the business account is locked")),
        (401, 20003, AccountRefused("20003")),
        (400, 63999, Rejected(FailureClass.UNKNOWN, "63999")),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, code: int | None, outcome: Outcome) -> None:
    body = {"code": code} if code else {"sid": "SM1"}

    assert outcome_of(httpx.Response(status, json=body), CODES) == outcome


@pytest.mark.parametrize(
    ("told", "status", "failure", "reason", "read"),
    [
        ({"MessageStatus": "sent"}, DeliveryStatus.SENT, None, None, False),
        ({"MessageStatus": "delivered"}, DeliveryStatus.DELIVERED, None, None, False),
        ({"MessageStatus": "read"}, DeliveryStatus.DELIVERED, None, None, True),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "63049"},
            DeliveryStatus.FAILED, FailureClass.BLOCKED,
            "63049: Meta holds it back for the person's sake", False,
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "63041"},
            DeliveryStatus.FAILED, FailureClass.CONFIG,
            "63041: the template is paused for its quality", False,
        ),
    ],
)  # fmt: skip
def test_what_a_status_tells(
    told: dict[str, str],
    status: DeliveryStatus,
    failure: FailureClass | None,
    reason: str | None,
    read: bool,
) -> None:
    report = TwilioWhatsApp().report({"MessageSid": "SM1", **told})

    assert report is not None
    assert (report.status, report.failure, report.code, report.read) == (
        status, failure, reason, read,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "choice"),
    [
        ({"ButtonPayload": "a1:score:4"}, Choice("score", 4)),
        ({"ListId": "a1:score:1"}, Choice("score", 1)),
        ({"ButtonPayload": "somebody else's"}, None),
        ({}, None),
    ],
)
def test_what_was_tapped_and_where(told: dict[str, str], choice: Choice | None) -> None:
    fields = {"From": THEIRS, "To": OURS, "Body": "cuatro", "OriginalRepliedMessageSid": "SM9"}

    written = TwilioWhatsApp().inbound(fields | told)

    assert written is not None
    assert (written.address, written.our_number) == (CALLER, OURS[9:])
    assert (written.choice, written.about, written.text) == (choice, "SM9", "cuatro")


def test_who_shows_no_number_is_known_by_a_name_of_whatsapps() -> None:
    fields = {"From": "whatsapp:US.13491208655302741918", "To": OURS, "MessageSid": "SM1"}
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields.items())
    told = CallbackRequest(
        url="https://s.example", what="inbound", send_id=None, headers={}, body=body.encode()
    )

    (event,) = TwilioWhatsApp().read(told) or ()

    assert event.address == "whatsapp:US.13491208655302741918"


async def test_a_template_goes_out_by_its_sid_with_its_places_filled() -> None:
    asked: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"sid": "SM1"})

    content = Template(name="t", language="en", sid="HX1", variables=("Noor", "José"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as http:
        access = Access(account=account(), secrets={"auth_token": "t"}, http=http)
        for one in (content, Template(name="t", language="en"), Choices(text="x", buttons=())):
            message = OutgoingMessage(
                send_id=SEND, sender=OURS[9:], to=CALLER, content=one, validity=60,
                callbacks="https://s.example/c",
            )  # fmt: skip
            await TwilioWhatsApp().send(access, message)

    first, second = (dict(httpx.QueryParams(one.content.decode())) for one in asked)
    assert (first["To"], first["From"], first["ContentSid"]) == (THEIRS, OURS, "HX1")
    assert json.loads(first["ContentVariables"]) == {"1": "Noor", "2": "José"}
    assert first["StatusCallback"] == f"https://s.example/c/status/{SEND}"
    assert second["Body"] == "x"
