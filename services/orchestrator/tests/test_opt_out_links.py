"""Texts may hold a link by which to opt out; where WhatsApp must approve them, words follow it."""

from typing import Any

import pytest

from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.testing import LINE, documents

BARE, FOLLOWED = "No more: {opt_out_link}", "No more: {opt_out_link} or reply STOP."


def problems(body: Any) -> dict[str, str]:
    written = read(body)
    found = review("acme", written.bodies, places=written.places, elsewhere=Elsewhere())
    return {error.field: error.message for error in found}


def by_whatsapp(**flow: Any) -> Any:
    """A flow that writes there, by an account that can."""
    body = documents(flow={"plan": [{"channel": "whatsapp"}], **flow})
    account = {
        "id": "chats",
        "channel": "whatsapp",
        "provider": "meta",
        "business_account_id": "100200300",
        "access_token": "secret:meta",
        "app_secret": "secret:app",
        "verify_token": "secret:verify",
        "senders": [{"number": LINE, "phone_number_id": "1"}],
    }
    body["accounts"].append(account)
    return body


@pytest.mark.parametrize(
    "texts",
    [
        {"opt_out": BARE},
        {"reminder": BARE},
        {"thank_you": BARE},
        {"thanks": {"low": BARE}},
        {"thanks_on": {"whatsapp": {"high": BARE}}},
        {"opt_out": "{opt_out_link|Reply STOP}"},
    ],
)
def test_a_text_holds_it_where_something_is_written(texts: Any) -> None:
    assert problems(documents(texts={"en": texts})) == {}


def test_words_of_the_workspace_and_of_a_number_may_hold_it_too() -> None:
    body = documents(workspace={"texts": {"en": {"opt_out": BARE}}})
    body["numbers"][0]["texts"] = {"en": {"opt_out": FOLLOWED}}

    assert problems(body) == {}


@pytest.mark.parametrize("whose", ["survey", "number", "workspace"])
def test_a_flow_by_whatsapp_is_refused_where_its_template_would_end_with_it(whose: str) -> None:
    texts = {"en": {"opt_out": BARE}}
    body = by_whatsapp()
    place = {"survey": body["surveys"], "number": body["numbers"], "workspace": body["workspaces"]}
    place[whose][0]["texts"] = texts
    found = problems(body)

    assert list(found) == ["flows.0.plan.0.channel"]
    assert f"texts.en.opt_out of the {whose}" in found["flows.0.plan.0.channel"]
    place[whose][0]["texts"] = {"en": {"opt_out": FOLLOWED}}
    assert problems(body) == {}


def test_closing_words_are_a_template_only_where_they_follow_a_call() -> None:
    closing = {"en": {"thanks": {"low": f"Sorry. {BARE}"}, "opt_out": FOLLOWED}}
    asked, told = by_whatsapp(), by_whatsapp(after_call="whatsapp")
    for body in (asked, told):
        body["surveys"][0]["texts"] = closing

    assert problems(asked) == {}
    assert list(problems(told)) == ["flows.0.after_call"]


def test_a_flow_that_is_off_is_looked_at_when_it_is_switched_on() -> None:
    body = by_whatsapp(enabled=False)
    body["surveys"][0]["texts"] = {"en": {"opt_out": BARE}}

    assert problems(body) == {}
