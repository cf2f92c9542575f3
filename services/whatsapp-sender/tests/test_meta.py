"""Meta's words, in ours: answers to a request, statuses, messages, signatures, numbers."""

import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from channel.content import Button, Choices, Mail, Template, Text
from channel.providers import CallbackKind, CallbackRequest
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Choice,
    Deferred,
    Outcome,
    Rejected,
    Throttled,
)
from common.config import MetaWhatsAppAccount
from common.config.documents import parse_document
from common.errors import BadInput, Problem
from common.events.sends import DeliveryStatus, FailureClass
from whatsapp_sender.domain.addresses import number_of, user_of
from whatsapp_sender.providers.meta import Meta
from whatsapp_sender.providers.meta_codes import FAILURES, OF_ACCOUNT, OF_SENDER, outcome_of
from whatsapp_sender.providers.meta_messages import message

SEND = UUID("11111111-2222-3333-4444-555555555555")
SECRETS = {"access_token": "t", "app_secret": "secret", "verify_token": "verify"}
DOCUMENT = {
    "id": "main",
    "channel": "whatsapp",
    "provider": "meta",
    "business_account_id": "1",
    "access_token": "env:T",
    "app_secret": "env:S",
    "verify_token": "env:V",
    "senders": [{"number": "+12025550190", "phone_number_id": "2"}],
}
ACCOUNT: MetaWhatsAppAccount = parse_document("account", DOCUMENT)


def answer(status: int, **error: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": error} if error else {})


OUTCOMES: list[tuple[httpx.Response, type[Outcome]]] = [
    (httpx.Response(200, json={"messages": [{"id": "wamid.A"}]}), Accepted),
    (httpx.Response(200, json={"messages": []}), Ambiguous),
    (httpx.Response(200, content=b"<html>"), Ambiguous),
    (answer(500, code=131000), Ambiguous),
    (answer(503), Ambiguous),
    (answer(408), Ambiguous),
    (answer(429), Throttled),
    (answer(400, code=130429), Throttled),
    (answer(400, code=131056), Deferred),
    (answer(401, code=190), AccountRefused),
    (answer(403, code=200), AccountRefused),
    (answer(404), AccountRefused),
    (answer(302), AccountRefused),
    (answer(400, code=100, error_subcode=33), AccountRefused),
    (answer(400, code=100), Rejected),
    (answer(400, code=131026), Rejected),
    (answer(404, code=132001), Rejected),
    (answer(400, code=999_999), Rejected),
    (answer(400, code="131026"), Rejected),
]


@pytest.mark.parametrize(("response", "kind"), OUTCOMES)
def test_an_answer_means_one_outcome(response: httpx.Response, kind: type[Outcome]) -> None:
    assert isinstance(outcome_of(response), kind)


def test_a_country_that_is_closed_to_the_account_stops_no_other() -> None:
    assert outcome_of(answer(400, code=130497)) == Rejected(
        FailureClass.CONFIG, "130497: the account may not write to this country"
    )


@pytest.mark.parametrize("code", [33, 131048, 131064, 133010])
def test_what_is_wrong_with_one_number_leaves_the_others_alone(code: int) -> None:
    assert outcome_of(answer(400, code=code)) == AccountRefused(
        f"{code}: {OF_SENDER[code]}", sender_only=True
    )


def test_every_code_has_words() -> None:
    for words in (
        *(said for _, said in FAILURES.values()),
        *OF_SENDER.values(),
        *OF_ACCOUNT.values(),
    ):
        assert len(words) > 10


def signed(body: bytes, secret: str = "secret") -> CallbackRequest:
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return request(body, {"x-hub-signature-256": f"sha256={right}"})


def request(body: bytes, headers: dict[str, str], *, what: str = "") -> CallbackRequest:
    return CallbackRequest(
        url="https://x/v1/whatsapp/callbacks/main",
        what=what,
        send_id=None,
        headers=headers,
        body=body,
    )


def test_a_signature_is_over_every_byte() -> None:
    body = b'{"entry": []}'
    genuine = signed(body)
    changed = request(body.replace(b"[", b"{"), dict(genuine.headers))

    assert Meta().verify(genuine, ACCOUNT, SECRETS)
    assert not Meta().verify(changed, ACCOUNT, SECRETS)
    assert not Meta().verify(signed(body, "other"), ACCOUNT, SECRETS)


def told(**value: Any) -> bytes:
    metadata = {"display_phone_number": "12025550190", "phone_number_id": "2"}
    change = {"field": "messages", "value": {"metadata": metadata, **value}}
    return json.dumps({"entry": [{"id": "1", "changes": [change]}]}).encode()


def message_of(kind: str, **part: Any) -> dict[str, Any]:
    start = {"from": "12025550101", "id": "wamid.IN", "timestamp": "1767610000", "type": kind}
    return start | part


CONTEXT = {"from": "12025550190", "id": "wamid.OUT"}
MESSAGES: list[tuple[dict[str, Any], str, Choice | None]] = [
    (message_of("text", text={"body": "5"}), "5", None),
    (
        message_of("button", button={"payload": "a1:score:4", "text": "Gut"}, context=CONTEXT),
        "Gut",
        Choice("score", 4),
    ),
    (
        message_of(
            "interactive",
            interactive={"type": "list_reply", "list_reply": {"id": "a1:score:10", "title": "10"}},
        ),
        "10",
        Choice("score", 10),
    ),
    (
        message_of(
            "interactive",
            interactive={"type": "button_reply", "button_reply": {"id": "theirs", "title": "Yes"}},
        ),
        "Yes",
        None,
    ),
    (message_of("image", image={"caption": "4 stars"}), "4 stars", None),
    (message_of("audio", audio={"id": "1"}), "", None),
]


@pytest.mark.parametrize(("given", "text", "choice"), MESSAGES)
def test_what_a_person_says_or_taps_is_read(
    given: dict[str, Any], text: str, choice: Choice | None
) -> None:
    (event,) = Meta().read(signed(told(messages=[given]))) or ()
    inbound = Meta().inbound(event.fields)

    assert (event.kind, event.key, event.address) == (
        CallbackKind.MESSAGE,
        "m/wamid.IN",
        "+12025550101",
    )
    assert inbound is not None
    assert (inbound.text, inbound.choice, inbound.our_number) == (text, choice, "+12025550190")


@pytest.mark.parametrize("kind", ["reaction", "system", "unsupported"])
def test_what_says_nothing_is_no_message(kind: str) -> None:
    (event,) = Meta().read(signed(told(messages=[message_of(kind)]))) or ()

    assert Meta().inbound(event.fields) is None


def test_a_status_finds_its_send_and_says_why_it_failed() -> None:
    status = {
        "id": "wamid.OUT",
        "status": "failed",
        "recipient_id": "12025550101",
        "biz_opaque_callback_data": str(SEND),
        "errors": [{"code": 130472}],
    }

    (event,) = Meta().read(signed(told(statuses=[status]))) or ()
    report = Meta().report(event.fields)

    assert (event.send_id, event.account) == (SEND, "1")
    assert report is not None
    assert (report.status, report.failure) == (DeliveryStatus.FAILED, FailureClass.BLOCKED)
    assert report.code == "130472: the number is part of an experiment of Meta's"


def test_one_bad_part_does_not_lose_the_others() -> None:
    body = told(messages=[5, {"id": 1}, message_of("text", text={"body": "5"})], statuses="x")

    events = Meta().read(signed(body)) or ()

    assert [event.key for event in events] == ["m/wamid.IN"]


def test_one_odd_byte_does_not_lose_the_others() -> None:
    body = told(messages=[message_of("text", text={"body": "STOP"}), {"id": "odd"}])

    events = Meta().read(signed(body.replace(b'"odd"', b'"\xff"'))) or ()

    assert [event.key for event in events] == ["m/wamid.IN"]


@pytest.mark.parametrize("body", [b"", b"x", b"[" * 3_000 + b"]" * 3_000])
def test_what_cannot_be_read_is_not_acknowledged(body: bytes) -> None:
    with pytest.raises(Problem, match="Not to be read"):
        Meta().read(signed(body))


def test_who_shows_no_number_is_written_to_by_id() -> None:
    body = message("whatsapp:US.134", Text(text="hi"), SEND)

    assert body is not None
    assert (body["recipient"], "to" in body) == ("US.134", False)


def test_five_answers_are_a_list_and_three_are_buttons() -> None:
    buttons = tuple(Button(id=f"a1:q:{n}", title=str(n)) for n in range(1, 6))

    five = message("+12025550101", Choices(text="?", buttons=buttons), SEND)
    three = message("+12025550101", Choices(text="?", buttons=buttons[:3]), SEND)

    assert five is not None
    assert three is not None
    assert (five["interactive"]["type"], three["interactive"]["type"]) == ("list", "button")


def test_a_template_has_its_variables_and_the_payload_of_each_button() -> None:
    button = Button(id="a1:score:1", title="1")
    template = Template(name="n", language="en", variables=("Noor",), buttons=(button,))

    body = message("+12025550101", template, SEND)

    assert body is not None
    assert [part["type"] for part in body["template"]["components"]] == ["body", "button"]
    assert body["template"]["components"][1]["parameters"][0]["payload"] == "a1:score:1"


def test_what_whatsapp_cannot_say_is_not_sent() -> None:
    assert message("+12025550101", Mail(subject="s", text="t"), SEND) is None


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        ("12025550101", "+12025550101"),
        ("5215512345678", "+525512345678"),
        ("551187654321", "+5511987654321"),
        ("", None),
        ("1" * 40, None),
    ],
)
def test_a_number_is_the_one_that_other_channels_know(wa_id: str, number: str | None) -> None:
    assert number_of(wa_id) == number


@pytest.mark.parametrize("user_id", ["", "US", "us.1", "US.1;drop", "US." + "9" * 200])
def test_what_is_no_id_of_a_user_is_no_address(user_id: str) -> None:
    assert user_of(user_id) is None


@pytest.mark.parametrize(
    "change",
    [
        {"version": "25"},
        {"business_account_id": "x"},
        {"senders": [{"number": "+12025550190"}]},
        {"answers_stop": True},
        {"access_token": "EAAG..."},
    ],
)
def test_a_wrong_account_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        parse_document("account", DOCUMENT | change)


@pytest.mark.parametrize("when", [{}, {"timestamp": None}, {"timestamp": "soon"}])
def test_a_no_whose_time_is_not_told_is_taken_each_time_and_a_yes_never(
    when: dict[str, Any],
) -> None:
    """By their time copies are known, and what is old: else a no would be a copy of last year's."""

    def events(value: str) -> list[Any]:
        body = told(user_preferences=[{"wa_id": "12025550101", "value": value, **when}])
        return list(Meta().read(request(body, {})) or ())

    (first,), (again,) = events("stop"), events("stop")
    assert first.key != again.key
    assert Meta().inbound(first.fields).keyword == "stop"
    assert events("resume") == []
