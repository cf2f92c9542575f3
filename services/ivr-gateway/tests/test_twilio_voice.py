"""Twilio Voice's words and ours."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest

from channel.content import Prompt, Utterance
from channel.providers import CallbackKind, CallbackRequest
from common.events.sends import DeliveryStatus, FailureClass
from common.process.runtime import Needs
from ivr_gateway.app import service
from ivr_gateway.providers.twilio import TwilioVoice
from ivr_gateway.providers.twilio_calls import report_of

SEND = UUID("11111111-1111-4111-8111-111111111111")
HERE = "https://s.example.com/v1/ivr/callbacks/main"
CALL = "CallSid=CA1&AccountSid=AC1&From=%2B12025550190&To=%2B12025550101&CallStatus=in-progress"
ASKED = Prompt(text="How was it?", keys=("1", "2", "3"), stop="9", goodbye="Bye.", language="en")


def request(what: str, query: str = "", body: str = CALL) -> CallbackRequest:
    url = f"{HERE}/{what}/{SEND}" + (f"?{query}" if query else "")
    return CallbackRequest(url=url, what=what, send_id=SEND, headers={}, body=body.encode())


def gather(body: bytes) -> ElementTree.Element:
    found = ElementTree.fromstring(body).find("Gather")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("told", "status", "failure", "code"),
    [
        ({"CallStatus": "in-progress"}, DeliveryStatus.DELIVERED, None, None),
        (
            {"CallStatus": "in-progress", "AnsweredBy": "unknown"},
            DeliveryStatus.DELIVERED, None, None,
        ),
        (
            {"CallStatus": "in-progress", "AnsweredBy": "machine_start"},
            DeliveryStatus.FAILED, FailureClass.TRANSIENT, "machine",
        ),
        (
            {"CallStatus": "completed", "AnsweredBy": "fax"},
            DeliveryStatus.FAILED, FailureClass.NO_CHANNEL, "fax",
        ),
        ({"CallStatus": "busy"}, DeliveryStatus.FAILED, FailureClass.TRANSIENT, "busy"),
        ({"CallStatus": "no-answer"}, DeliveryStatus.FAILED, FailureClass.TRANSIENT, "no-answer"),
        (
            {"CallStatus": "failed", "SipResponseCode": "404"},
            DeliveryStatus.FAILED, FailureClass.INVALID_NUMBER, "404",
        ),
        ({"CallStatus": "failed"}, DeliveryStatus.FAILED, FailureClass.TRANSIENT, "failed"),
        ({"CallStatus": "completed"}, DeliveryStatus.SENT, None, None),
        ({"CallStatus": "ringing"}, DeliveryStatus.SENT, None, None),
    ],
)  # fmt: skip
def test_what_is_told_of_a_call(
    told: dict[str, str], status: DeliveryStatus, failure: FailureClass | None, code: str | None
) -> None:
    report = report_of({"CallSid": "CA1", **told})

    assert report is not None
    assert (report.status, report.failure, report.code) == (status, failure, code)


def test_a_word_that_twilio_may_add_tells_nothing() -> None:
    assert report_of({"CallSid": "CA1", "CallStatus": "parked"}) is None


def test_a_prompt_waits_for_one_key_and_says_where_it_is_told() -> None:
    found = gather(TwilioVoice().respond(request("prompt"), ASKED).body)

    assert found.attrib["numDigits"] == "1"
    assert found.attrib["finishOnKey"] == ""
    assert found.attrib["actionOnEmptyResult"] == "true"
    action = urlsplit(found.attrib["action"])
    assert action.path == f"/v1/ivr/callbacks/main/key/{SEND}"
    assert parse_qs(action.query) == {
        "turn": ["1"], "stop": ["9"], "say": ["Bye."], "language": ["en"],
    }  # fmt: skip


def test_a_scale_to_ten_waits_for_two_digits_or_the_hash_key() -> None:
    nps = Prompt(text="0 to 10?", keys=tuple(map(str, range(11))))

    found = gather(TwilioVoice().respond(request("prompt"), nps).body)

    assert (found.attrib["numDigits"], found.attrib["finishOnKey"]) == ("2", "#")


def test_every_turn_is_an_event_of_its_own_and_its_copies_are_one() -> None:
    keys = [
        event.key
        for turn in ("1", "1", "2")
        for event in TwilioVoice().read(request("key", f"turn={turn}", f"{CALL}&Digits=4")) or ()
    ]

    assert keys == ["CA1/key/1", "CA1/key/1", "CA1/key/2"]


@pytest.mark.parametrize(
    ("digits", "stop", "text", "keyword", "silent"),
    [
        ("4", "9", "4", None, False),
        ("9", "9", "9", "stop", False),
        ("9", "*", "9", None, False),
        ("*", "*", "*", "stop", False),
        ("1*", "*", "1*", "stop", False),
        ("*", "9", "*", None, False),
        ("#", "9", "#", None, False),
        ("", "9", "", None, True),
        ("4" * 70, "9", "4" * 50, None, False),
    ],
)
def test_what_keys_mean(
    digits: str, stop: str, text: str, keyword: str | None, silent: bool
) -> None:
    numbers = {"From": "+12025550190", "To": "+12025550101"}
    fields = {**numbers, "Digits": digits, "stop": stop, "turn": "1"}

    inbound = TwilioVoice().inbound(fields)

    assert inbound is not None
    assert (inbound.text, inbound.keyword, inbound.silent) == (text, keyword, silent)
    assert (inbound.our_number, inbound.address) == ("+12025550190", "+12025550101")


@pytest.mark.parametrize("answered_by", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_hears_nothing(answered_by: str) -> None:
    told = request("prompt", body=f"{CALL}&AnsweredBy={answered_by}")

    assert b"Say" not in TwilioVoice().respond(told, ASKED).body


def test_recordings_are_played_in_the_place_of_their_words() -> None:
    parts = (Utterance(text="Hello."), Utterance(text="How?", audio="https://a.example/q.mp3"))
    prompt = Prompt(
        text="Hello. How?", parts=parts, keys=("1",), voice="Polly.Amy", language="en-GB"
    )

    found = gather(TwilioVoice().respond(request("prompt"), prompt).body)

    assert [(one.tag, one.text) for one in found] == [
        ("Say", "Hello."), ("Play", "https://a.example/q.mp3"),
    ]  # fmt: skip
    assert found[0].attrib == {"voice": "Polly.Amy", "language": "en-GB"}


def test_where_nothing_is_left_to_say_there_is_a_goodbye_in_the_words_of_the_survey() -> None:
    key = request("key", "turn=3&say=Adi%C3%B3s.&language=es", f"{CALL}&Digits=4")

    said = ElementTree.fromstring(TwilioVoice().respond(key, None).body)

    assert [(one.tag, one.text) for one in said] == [("Say", "Adiós."), ("Hangup", None)]


@pytest.mark.parametrize(
    ("what", "body"),
    [("prompt", "AccountSid=AC1"), ("key", "CallSid=CA1&AccountSid=AC1"), ("key", "\xff")],
)
def test_what_tells_of_no_call_is_nothing(what: str, body: str) -> None:
    assert TwilioVoice().read(request(what, body=body)) == []


@pytest.mark.parametrize("what", ["keys", "", "prompt2"])
def test_there_is_no_other_callback(what: str) -> None:
    assert TwilioVoice().read(request(what)) is None


def test_a_status_waits_for_nothing() -> None:
    (event,) = TwilioVoice().read(request("status")) or ()

    assert (event.kind, event.awaits_content) == (CallbackKind.STATUS, False)


def test_a_goodbye_and_a_key_to_opt_out_are_taken_while_the_database_is_away() -> None:
    assert service.needs is Needs.EITHER
