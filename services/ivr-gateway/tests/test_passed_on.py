"""What a switch says of a caller whom it passes on, and how our own URLs carry it."""

from urllib.parse import quote_plus, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.content import Prompt, Transfer
from channel.providers import CallbackRequest, ProviderEvent
from ivr_gateway.domain.passed_on import interaction_in, number_in, unescaped
from ivr_gateway.providers.calling import DocumentCalls
from ivr_gateway.providers.plivo import PlivoVoice
from ivr_gateway.providers.twilio import TwilioVoice

HERE = "https://s.example.com/v1/ivr/callbacks/main"
WHO = UUID("22222222-2222-4222-8222-222222222222")
ASKED = Prompt(text="How was it?", keys=("1", "2"), contact_id=WHO)
# As they come of a call in SIP: the header once, the addresses always.
BY_TWILIO = (
    "CallSid=CA1&CallStatus=ringing&Direction=inbound&From=sip%3A1001%40pbx.example.com%3A5060"
    "&To=sip%3A%2B12025550190%40acme.sip.twilio.com&SipDomain=acme.sip.twilio.com"
)
BY_PLIVO = (
    "CallUUID=u-1&CallStatus=ringing&Direction=inbound&Event=StartApp"
    "&From=sip%3Aacme123%40phone.plivo.com&To=12025550190"
)
TOLD: dict[str, tuple[DocumentCalls, str, str]] = {
    "twilio": (TwilioVoice(), BY_TWILIO, "&SipHeader_X-Aftercall-Call=pbx-1+17.42"),
    "plivo": (PlivoVoice(), BY_PLIVO, "&X-PH-AftercallCall=pbxZ2D1Z2017Z2E42"),
}


@pytest.fixture(params=TOLD)
def told(request: pytest.FixtureRequest) -> tuple[DocumentCalls, str, str]:
    return TOLD[request.param]


def request(url: str, body: str) -> CallbackRequest:
    what = urlsplit(url).path.rpartition("/")[2]
    return CallbackRequest(url=url, what=what, send_id=None, headers={}, body=body.encode())


def read(provider: DocumentCalls, asked: CallbackRequest) -> ProviderEvent:
    (event,) = provider.read(asked) or ()
    return event


def next_url(body: bytes) -> str:
    """Where the call goes on."""
    found = [
        element.attrib.get("action") or (element.text or "").strip()
        for element in ElementTree.fromstring(body)
        if element.tag in ("Gather", "GetInput", "Dial", "Redirect")
    ]
    return found[0]


def test_the_first_request_says_which_call_it_was(told: tuple[DocumentCalls, str, str]) -> None:
    provider, body, header = told

    event = read(provider, request(f"{HERE}/inbound", body + header))

    assert event.about == ("pbx-1", "17.42")
    assert event.our_number == "+12025550190"


def test_the_name_of_the_header_may_be_in_any_case(told: tuple[DocumentCalls, str, str]) -> None:
    provider, body, header = told
    name, _, value = header.partition("=")

    event = read(provider, request(f"{HERE}/inbound", f"{body}{name.upper()}={value}"))

    assert event.about == ("pbx-1", "17.42")


def test_who_waits_for_their_step_is_still_named(told: tuple[DocumentCalls, str, str]) -> None:
    provider, body, header = told

    url = f"{HERE}/inbound"
    for extra in (header, "", ""):
        url = next_url(provider.respond(request(url, body + extra), None).body)

    assert read(provider, request(url, body)).about == ("pbx-1", "17.42")


def test_every_later_request_says_who_it_is(told: tuple[DocumentCalls, str, str]) -> None:
    provider, body, header = told
    rung = Transfer(number="+1", caller="+2", ring=9, longest=9, otherwise="Sorry.")
    following = (Prompt(text="And?", keys=("1",)), Prompt(text="One moment.", transfer=rung))

    url = next_url(provider.respond(request(f"{HERE}/inbound", body + header), ASKED).body)
    for content in following:
        asked = request(url, body + "&Digits=2")
        assert read(provider, asked).contact_id == WHO
        assert read(provider, asked).about is None
        url = next_url(provider.respond(asked, content).body)

    assert urlsplit(url).path.endswith("/transfer")
    assert read(provider, request(url, body)).contact_id == WHO


def test_only_our_own_url_says_who_it_is(told: tuple[DocumentCalls, str, str]) -> None:
    provider, body, _ = told

    event = read(provider, request(f"{HERE}/key", f"{body}&contact={WHO}&about=pbx-1+17.42"))

    assert (event.contact_id, event.about) == (None, None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("pbx 1", ("pbx", "1")),
        (" /pbx/main  a b ", ("/pbx/main", "a b")),
        ("p" * 200 + " " + "1" * 200, ("p" * 200, "1" * 200)),
        ("pbx " + "1" * 201, None),
        ("p" * 201 + " 1", None),
        ("", None), (" ", None), ("pbx", None), ("pbx ", None), (" 1", None),
    ],
)  # fmt: skip
def test_a_source_and_its_name_of_the_call(value: str, found: tuple[str, str] | None) -> None:
    assert interaction_in(value) == found


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_written_in_letters_and_digits_is_read_as_it_was(text: str) -> None:
    written = "".join(
        one
        if one.isascii() and one.isalnum() and one != "Z"
        else "".join(f"Z{byte:02x}" for byte in one.encode())
        for one in text
    )

    assert written == "" or (written.isascii() and written.isalnum())
    assert unescaped(written) == text
    assert unescaped(quote_plus(text).replace("+", "%20").replace("Z", "%5A")) == text


@pytest.mark.parametrize(
    ("party", "number"),
    [
        ("sip:+12025550101@pbx.example.com:5060", "+12025550101"),
        ("SIPS:+12025550101;npdi@pbx.example.com", "+12025550101"),
        ("sip:12025550101@pbx.example.com", "sip:12025550101@pbx.example.com"),
        ("sip:1001@pbx.example.com", "sip:1001@pbx.example.com"),
        ("sip:anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid"),
        ("+12025550101", "+12025550101"),
    ],
)
def test_the_number_in_a_sip_address(party: str, number: str) -> None:
    assert number_in(party) == number
