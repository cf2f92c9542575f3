"""Before people in India are asked by text, every text is registered there (DLT)."""

from collections.abc import Collection
from typing import Any

import pytest

from common.errors import BadInput
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.testing import documents

REPLIES = "+919220592205"
TEXTS = {
    "invalid": "Acme: please send {low} to {high}.",
    "gave_up": "Acme: thank you.",
    "thank_you": "Acme: thank you.",
    "corrected": "Acme: now {score}.",
    "closed": "Acme: this is over.",
}
REGISTERED = (
    "Acme: how was your call with {#var#}, 1 to 5? SMS it to 92205 92205, or STOP.",
    "Acme: please send {#numeric#} to {#numeric#}.",
    "Acme: thank you.",
    "Acme: now {#numeric#}.",
    "Acme: this is over.",
)
ASKED = "{brand}: how was your call with {agent|our team}, 1 to 5? SMS it to 92205 92205, or STOP."


def indian(*texts: str, header: str | None = "ACMEIN", **sender: Any) -> dict[str, Any]:
    """A file of a workspace that asks in India; `texts` are its templates."""
    body = documents(workspace={"countries": ["IN"]}, texts={"en": dict(TEXTS)})
    body["surveys"][0]["questions"][0]["text"] = {"en": ASKED}
    account = body["accounts"][0]
    account["senders"] = [{"number": REPLIES, "countries": ["IN"], **sender}]
    if header:
        account["senders"][0]["header"] = header
        account["dlt"] = {
            "entity": "1701160000000000001",
            "templates": [
                {"id": f"17071600000000000{place:02}", "header": "ACMEIN", "text": text}
                for place, text in enumerate(texts)
            ],
        }
    return body


def problems(body: Any, changed: Collection[tuple[str, str]] | None = None) -> dict[str, str]:
    try:
        written = read(body)
    except BadInput as bad:
        return {error.field: error.message for error in bad.errors}
    found = review(
        "acme", written.bodies, places=written.places, elsewhere=Elsewhere(), changed=changed
    )
    return {error.field: error.message for error in found}


def test_a_flow_whose_every_text_is_registered_can_be_enabled() -> None:
    assert problems(indian(*REGISTERED)) == {}


def test_every_text_that_is_not_registered_is_told_at_once_with_its_place() -> None:
    found = problems(indian(REGISTERED[0]))

    assert found == {
        f"surveys.0.texts.en.{name}": f"no template of ACMEIN says: {said}"
        for name, said in {
            "invalid": "Acme: please send 1 to 5.",
            "corrected": "Acme: now 5.",
            "gave_up": "Acme: thank you.",
            "closed": "Acme: this is over.",
        }.items()
    }


def test_words_that_the_sources_may_leave_out_are_looked_at_without_them() -> None:
    body = indian(*REGISTERED)
    body["surveys"][0]["texts"]["en"]["gave_up"] = "Acme: thank you, {name}."

    found = problems(body)

    assert found == {
        "surveys.0.texts.en.gave_up": "no template of ACMEIN says: Acme: thank you, Noor."
    }


def test_a_reply_needs_the_number_that_it_goes_to() -> None:
    body = indian(*REGISTERED, "Acme: how was it, 1 to 5? Or STOP.")
    body["surveys"][0]["questions"][0]["text"]["en"] = "Acme: how was it, 1 to 5? Or STOP."

    (message,) = problems(body).values()

    assert message.startswith(f"nobody can reply to ACMEIN; say that answers go to {REPLIES}")


def test_a_sender_without_a_header_asks_nobody_in_india() -> None:
    (field,) = problems(indian(header=None))

    assert field == "accounts.0.senders.0.header"


def test_it_stands_in_nobodys_way_where_nothing_of_it_changes() -> None:
    body = indian(header=None)

    assert problems(body, changed=[("survey", "csat")]) == {}
    assert problems(body, changed=[("flow", "csat-flow")]) != {}


@pytest.mark.parametrize(
    "changes",
    [
        {"flow": {"enabled": False}},
        {"flow": {"when": {"countries": ["US"]}}},
        {"workspace": {"countries": ["US"]}},
    ],
)
def test_who_asks_nobody_in_india_needs_nothing_of_it(changes: dict[str, Any]) -> None:
    body = indian(header=None, countries=[])
    body["flows"][0] |= changes.get("flow", {})
    body["workspaces"][0] |= changes.get("workspace", {})

    assert problems(body) == {}


def test_words_of_a_number_are_registered_too() -> None:
    body = indian(*REGISTERED)
    body["numbers"][0]["texts"] = {"en": {"closed": "Acme: the shop is closed."}}
    body["numbers"][0]["questions"] = {"score": {"en": "Acme: rate 92205 92205, STOP."}}

    assert sorted(problems(body)) == ["numbers.0.questions.score.en", "numbers.0.texts.en.closed"]


def test_a_correction_that_opens_a_question_says_both_in_one_text() -> None:
    why = {"id": "why", "kind": "comment", "text": {"en": "Acme: why?"}, "only": ["low"]}
    body = indian(*REGISTERED, "Acme: why?")
    body["surveys"][0]["questions"].append(why)

    assert problems(body) == {
        "surveys.0.texts.en.corrected": "no template of ACMEIN says: Acme: now 5. Acme: why?"
    }


def test_closing_words_after_a_telephone_call_are_registered_alone() -> None:
    body = indian("Acme: see {#url#} STOP")
    body["workspaces"][0]["links"] = {"form": {"url": "https://acme.example/f", "kind": "form"}}
    body["surveys"][0]["texts"]["en"]["thank_you"] = "Acme: see {link_form} STOP"
    body["flows"][0] |= {"plan": [{"channel": "ivr"}], "after_call": "sms"}
    voice = {"id": "voice", "channel": "ivr", "account_sid": "AC2", "auth_token": "secret:twilio"}
    body["accounts"].append(voice | {"senders": [{"number": "+12025550177"}]})

    assert problems(body) == {}
    body["accounts"][0]["dlt"]["templates"][0]["text"] = "Acme: look at {#url#} STOP"
    assert [*problems(body)] == ["surveys.0.texts.en.thank_you"]


def test_notices_are_registered_where_they_are_ours() -> None:
    body = indian(*REGISTERED)
    body["accounts"][0]["answers_stop"] = False

    assert sorted(problems(body)) == [
        f"surveys.0.texts.en.{name}" for name in ("help", "started", "stopped")
    ]


@pytest.mark.parametrize(
    ("path", "value", "field", "said"),
    [
        ("senders.0.countries", ["IN", "US"], "senders.0.countries", "[IN], no other"),
        ("senders.0.header", "OTHERS", "senders.0.header", "no template"),
        ("dlt.templates.0.header", "OTHERS", "dlt.templates.0.header", "no sender"),
        ("dlt.templates.0.text", "Hi {#name#}", "dlt.templates.0.text", "no variable of DLT"),
        ("dlt.entity", "acme", "dlt.entity", "must look like"),
    ],
)
def test_what_is_registered_is_sound(path: str, value: Any, field: str, said: str) -> None:
    body = indian(*REGISTERED)
    at = body["accounts"][0]
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        at = at[part]
    at[last] = value

    assert said in problems(body)[f"accounts.0.{field}"]
