"""Plivo Voice's words and ours."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest

from channel.content import Prompt, Utterance
from channel.providers import Access, CallbackRequest, OutgoingMessage
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Outcome,
    Rejected,
    Throttled,
)
from common.config import Account, PlivoVoiceAccount
from common.config.accounts import account_of
from common.events.sends import DeliveryStatus, FailureClass
from ivr_gateway.providers.plivo import PlivoVoice
from ivr_gateway.providers.plivo_calls import outcome_of, report_of

SEND = UUID("11111111-1111-4111-8111-111111111111")
CALL = "9834029e-58b6-11e1-b8b7-a5bd0e4e126f"
HERE = "https://s.example.com/v1/ivr/callbacks/main"
ASKED = Prompt(text="How?", keys=("1", "2"), stop="*", goodbye="Adiós.", language="es")
# As its callbacks come: of a call that somebody answered, and of the same call when it was over.
STARTED = (
    f"ALegRequestUUID={CALL}&ALegUUID={CALL}&CallStatus=in-progress&CallUUID={CALL}"
    f"&Direction=outbound&Event=StartApp&From=12025550190&To=12025550101&RequestUUID={CALL}"
)
ENDED = (
    f"Event=Hangup&CallUUID={CALL}&RequestUUID={CALL}&From=12025550190&To=12025550101"
    "&Direction=outbound&CallStatus=completed&StartTime=2026-01-05 10:10:22"
    "&AnswerTime=2026-01-05 10:10:31&EndTime=2026-01-05 10:14:20&Duration=29&BillDuration=60"
    "&TotalCost=0.02&BillRate=0.005&HangupCause=NORMAL_CLEARING&HangupCauseName=Normal Hangup"
    f"&HangupCauseCode=4000&HangupSource=Callee&ALegUUID={CALL}&ALegRequestUUID={CALL}"
)
TOKEN = "plivoauthtoken0000000000000000000000000000"
NONCE = "10203040506070809010"


def account(**changes: object) -> Account:
    given = {"id": "main", "channel": "ivr", "provider": "plivo", "auth_id": "MA1"}
    given |= {"auth_token": "env:T", "senders": [{"number": "+12025550190"}]}
    return account_of(given | changes)


def request(what: str, body: str, query: Mapping[str, str] | None = None) -> CallbackRequest:
    url = f"{HERE}/{what}/{SEND}" + (f"?{PlivoVoice().carried(query)}" if query else "")
    return CallbackRequest(url=url, what=what, send_id=SEND, headers={}, body=body.encode())


def played(what: str, body: str, content: Prompt | None = ASKED) -> ElementTree.Element:
    return ElementTree.fromstring(PlivoVoice().respond(request(what, body), content).body)


@pytest.mark.parametrize(
    ("url", "body", "signature"),
    [
        (
            "https://hooks.example.com/plivo", "CallUUID=u-1&Event=Hangup",
            "81Ek/P4Ika6t9vRCdXNcCz5DTj47HU9TdgopfQoqAdo=",
        ),
        (
            "https://hooks.example.com/plivo?tenant=acme", "Event=Hangup&CallUUID=u-1",
            "hjoEupjzGW9km/hqF39x97i0duOnIk7aDwv43FKJEhk=",
        ),
    ],
)  # fmt: skip
def test_what_plivo_signed_is_believed_and_nothing_else(
    url: str, body: str, signature: str
) -> None:
    def verified(body: str = body, url: str = url, **headers: str) -> bool:
        given = {
            "x-plivo-signature-v3": f"other, {signature}", "x-plivo-signature-v3-nonce": NONCE,
        } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
        asked = CallbackRequest(
            url=url, what="status", send_id=SEND, headers=given, body=body.encode()
        )
        known = account()
        assert isinstance(known, PlivoVoiceAccount)
        return PlivoVoice().verify(asked, known, {"auth_token": TOKEN})

    assert verified()
    assert not verified(body + "&Digits=5")
    assert not verified(body.replace("u-1", "u-2"))
    assert not verified(url=url + "/")
    assert not verified(x_plivo_signature_v3_nonce="1")
    assert not verified(x_plivo_signature_v3="")
    assert not verified(body="\xff")


def test_the_token_of_the_account_above_signs_too() -> None:
    headers = {
        "x-plivo-signature-v3": "x", "x-plivo-signature-v3-nonce": "1",
        "x-plivo-signature-ma-v3": "81Ek/P4Ika6t9vRCdXNcCz5DTj47HU9TdgopfQoqAdo=",
        "x-plivo-signature-ma-v3-nonce": NONCE,
    }  # fmt: skip
    asked = CallbackRequest(
        url="https://hooks.example.com/plivo", what="status", send_id=SEND, headers=headers,
        body=b"CallUUID=u-1&Event=Hangup",
    )  # fmt: skip
    known = account()
    assert isinstance(known, PlivoVoiceAccount)

    assert PlivoVoice().verify(asked, known, {"auth_token": TOKEN})


@pytest.mark.parametrize(
    ("told", "status", "failure", "code"),
    [
        ({"CallStatus": "in-progress"}, DeliveryStatus.DELIVERED, None, None),
        (
            {"CallStatus": "in-progress", "Machine": "true"},
            DeliveryStatus.FAILED, FailureClass.TRANSIENT, "machine",
        ),
        (
            {"CallStatus": "completed", "HangupCauseCode": "9100"},
            DeliveryStatus.FAILED, FailureClass.TRANSIENT, "machine",
        ),
        ({"CallStatus": "completed", "HangupCauseCode": "4000"}, DeliveryStatus.SENT, None, None),
        ({"CallStatus": "ringing"}, DeliveryStatus.SENT, None, None),
        ({"CallStatus": "busy"}, DeliveryStatus.FAILED, FailureClass.TRANSIENT, "busy"),
        ({"CallStatus": "timeout"}, DeliveryStatus.FAILED, FailureClass.TRANSIENT, "no-answer"),
        (
            {"CallStatus": "failed", "HangupCauseCode": "3050"},
            DeliveryStatus.FAILED, FailureClass.INVALID_NUMBER, "unallocated number",
        ),
        (
            {"CallStatus": "failed", "HangupCauseCode": "3030"},
            DeliveryStatus.FAILED, FailureClass.CONFIG, "not our number to call from",
        ),
        (
            {"CallStatus": "failed", "HangupCauseCode": "4999"},
            DeliveryStatus.FAILED, FailureClass.TRANSIENT, "4999",
        ),
    ],
)  # fmt: skip
def test_what_is_told_of_a_call(
    told: dict[str, str], status: DeliveryStatus, failure: FailureClass | None, code: str | None
) -> None:
    report = report_of({"CallUUID": CALL, **told})

    assert report is not None
    assert (report.status, report.failure, report.code) == (status, failure, code)


def test_a_word_that_plivo_may_add_tells_nothing() -> None:
    assert report_of({"CallUUID": CALL, "CallStatus": "parked"}) is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(201, json={"request_uuid": CALL}), Accepted(CALL)),
        (
            httpx.Response(200, json={"request_uuid": [CALL]}),
            Ambiguous("http 200 without a request_uuid"),
        ),
        (httpx.Response(201, content=b"{"), Ambiguous("http 201 without a request_uuid")),
        (httpx.Response(500, json={"error": "x"}), Ambiguous("http 500")),
        (httpx.Response(429, headers={"Retry-After": "3"}), Throttled(3.0)),
        (httpx.Response(401), AccountRefused("http 401")),
        (httpx.Response(404), AccountRefused("http 404")),
        (httpx.Response(302), AccountRefused("http 302")),
        (
            httpx.Response(400, json={"error": "+12025550101"}),
            Rejected(FailureClass.UNKNOWN, "http 400"),
        ),
    ],
)  # fmt: skip
def test_what_an_answer_means(answer: httpx.Response, outcome: Outcome) -> None:
    assert outcome_of(answer) == outcome


async def test_a_call_is_asked_for_with_all_its_addresses() -> None:
    asked: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"message": "call fired", "request_uuid": CALL})

    known = account(ring="30s")
    assert isinstance(known, PlivoVoiceAccount)
    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as http:
        access = Access(account=known, secrets={"auth_token": TOKEN}, http=http)
        message = OutgoingMessage(
            send_id=SEND, sender="+12025550190", to="+12025550101", content=ASKED, validity=60,
            callbacks=HERE,
        )  # fmt: skip
        outcome = await PlivoVoice().send(access, message)

    assert outcome == Accepted(CALL)
    assert str(asked[0].url) == "https://api.plivo.com/v1/Account/MA1/Call/"
    body = json.loads(asked[0].content)
    goodbye = body.pop("fallback_url")
    assert body == {
        "from": "12025550190", "to": "12025550101", "ring_timeout": 30,
        "machine_detection": "hangup", "fallback_method": "POST",
        "answer_url": f"{HERE}/prompt/{SEND}", "answer_method": "POST",
        "hangup_url": f"{HERE}/status/{SEND}", "hangup_method": "POST",
    }  # fmt: skip
    assert PlivoVoice().carried_by(goodbye) == {"say": "Adiós.", "language": "es"}


def test_a_prompt_waits_for_a_key_and_silence_goes_to_the_same_place() -> None:
    wait, after = played("prompt", STARTED)

    assert (wait.tag, wait.attrib["numDigits"], wait.attrib["finishOnKey"]) == (
        "GetInput", "1", "none",
    )  # fmt: skip
    assert (after.tag, after.text) == ("Redirect", wait.attrib["action"])
    action = urlsplit(wait.attrib["action"])
    assert action.path == f"/v1/ivr/callbacks/main/key/{SEND}"
    assert PlivoVoice().carried_by(wait.attrib["action"]) == {
        "turn": "1", "language": "es", "stop": "*", "say": "Adiós.",
    }  # fmt: skip


def test_what_our_addresses_carry_is_written_in_characters_that_nobody_writes_otherwise() -> None:
    wait = played("prompt", STARTED)[0]

    packed = urlsplit(wait.attrib["action"]).query.partition("=")[2]
    assert packed.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("language", "spoken"), [("es", "es-ES"), ("en-IN", "en-IN"), ("hi", None), ("en", "en-US")]
)
def test_no_language_is_named_that_would_cost_the_document(
    language: str, spoken: str | None
) -> None:
    said = played("prompt", STARTED, Prompt(text="How?", language=language))[0]

    assert (said.tag, said.get("language")) == ("Speak", spoken)


def test_recordings_are_played_in_the_place_of_their_words() -> None:
    parts = (Utterance(text="Hello."), Utterance(text="How?", audio="https://a.example/q.mp3"))

    wait = played("prompt", STARTED, Prompt(text="Hello. How?", parts=parts, keys=("10",)))[0]

    assert [(one.tag, one.text) for one in wait] == [
        ("Speak", "Hello."), ("Play", "https://a.example/q.mp3"),
    ]  # fmt: skip
    assert (wait.attrib["numDigits"], wait.attrib["finishOnKey"]) == ("2", "#")


def test_a_machine_hears_nothing() -> None:
    assert [one.tag for one in played("prompt", f"{STARTED}&Machine=true")] == ["Hangup"]


def test_a_key_is_told_by_the_numbers_and_the_call_that_we_know() -> None:
    told = request("key", f"{STARTED}&Digits=4", {"turn": "2", "stop": "9"})

    (event,) = PlivoVoice().read(told) or ()
    inbound = PlivoVoice().inbound(event.fields)

    assert (event.key, event.message_id) == (f"{CALL}/key/2", CALL)
    assert event.awaits_content
    assert inbound is not None
    assert (inbound.our_number, inbound.address) == ("+12025550190", "+12025550101")
    assert (inbound.text, inbound.about, inbound.silent) == ("4", CALL, False)


def test_who_rings_us_is_known_by_their_number() -> None:
    rung = f"CallUUID={CALL}&From=12025550101&To=12025550190&Direction=inbound&CallStatus=ringing"

    (event,) = PlivoVoice().read(request("inbound", rung)) or ()

    assert (event.address, event.our_number) == ("+12025550101", "+12025550190")


def test_the_end_of_a_call_waits_for_nothing() -> None:
    (event,) = PlivoVoice().read(request("status", ENDED)) or ()

    assert (event.key, event.awaits_content) == (f"{CALL}/completed", False)


DEEP = f"with={urlsafe_b64encode(b'[' * 3_000).decode()}"


@pytest.mark.parametrize(
    "query", ["with=%%%", "with=bm9wZQ", "with=W10", "with=", "turn=1", DEEP], ids=len
)
def test_an_address_that_carries_nothing_of_ours_is_read_as_such(query: str) -> None:
    assert PlivoVoice().carried_by(f"{HERE}/key/{SEND}?{query}") == {}
