"""Before people in India are asked by text, every text is registered there (DLT)."""

import time
from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any

import pytest

from common.config.reader import assemble
from common.errors import BadInput
from orchestrator.domain.configuring import registered_texts
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.india import unregistered
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.reading import read
from orchestrator.testing import documents

REPLIES, OURS = "+919220592205", "+16465550100"
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


def problems(
    body: Any, changed: Collection[tuple[str, str]] | None = None, before: Any = None
) -> dict[str, str]:
    try:
        written = read(body)
    except BadInput as bad:
        return {error.field: error.message for error in bad.errors}
    found = review(
        "acme",
        written.bodies,
        places=written.places,
        elsewhere=Elsewhere(),
        changed=changed,
        before=read(before).bodies if before else None,
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

    assert problems(body, changed=[("survey", "csat")], before=body) == {}
    assert problems(body, changed=[("workspace", "acme")], before=body) == {}
    assert problems(body, changed=[("flow", "csat-flow")], before=body) != {}


WITHOUT = {"id": "other", "account_sid": "AC3", "auth_token": "secret:twilio"}
LINE = {"number": "+919876543210"}
Edit = Callable[[dict[str, Any]], None]
# What there was -> what there is, and the documents that change; others are removed.
ROUTES: dict[str, tuple[Edit, Edit, list[tuple[str, str]]]] = {
    "a country of the workspace": (
        lambda was: was["workspaces"][0].update(countries=["US"]),
        lambda now: now["workspaces"][0].update(countries=["US", "IN"]),
        [("workspace", "acme")],
    ),
    "a number of India": (
        lambda was: was["workspaces"][0].pop("countries"),
        lambda now: now["numbers"].append(LINE),
        [("number", LINE["number"])],
    ),
    "an account with a number of India": (
        lambda was: was["workspaces"][0].pop("countries"),
        lambda now: now["accounts"].append(
            WITHOUT | {"senders": [{"number": LINE["number"], "countries": ["US"]}]}
        ),
        [("account", "other")],
    ),
    "the header's account is removed": (
        lambda was: was.update(accounts=[*under_a_header(), *was["accounts"]]),
        lambda now: now["accounts"].pop(0),
        [],
    ),
    "the header's sender takes no replies": (
        lambda was: was.update(accounts=[*under_a_header(), *was["accounts"]]),
        lambda now: now["accounts"][0]["senders"][0].update(two_way=False),
        [("account", "registered")],
    ),
    "people call the header's number": (
        lambda was: was.update(accounts=[*under_a_header(), *was["accounts"]]),
        lambda now: now["numbers"].append({"number": REPLIES}),
        [("number", REPLIES)],
    ),
}


def under_a_header() -> list[dict[str, Any]]:
    (account,) = indian(*REGISTERED)["accounts"]
    return [account | {"id": "registered"}]


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_changes_or_goes_nobody_is_newly_asked_there_without_a_header(route: str) -> None:
    earlier, later, changed = ROUTES[route]
    before = indian(header=None, number=OURS, countries=[])
    earlier(before)
    body = deepcopy(before)
    later(body)

    assert problems(before) == {}
    (message,) = problems(body, changed=changed, before=before).values()
    assert message.startswith("the flow csat-flow asks people in India")
    assert problems(body, changed=changed, before=body) == {}  # what was so goes on


def test_who_is_newly_asked_under_a_header_reads_registered_words() -> None:
    before = indian("Acme: thank you.")
    before["accounts"].append(WITHOUT | {"senders": [{"number": OURS, "countries": ["US"]}]})
    before["workspaces"][0].pop("countries")
    before["accounts"][0]["senders"][0]["number"] = "+447400123456"
    body = deepcopy(before)
    body["accounts"][1]["senders"].append({"number": REPLIES, "countries": ["US"]})

    assert problems(before) == {}
    found = problems(body, changed=[("account", "other")], before=before)
    assert "surveys.0.texts.en.closed" in found
    assert problems(body, changed=[("account", "other")], before=body) == {}


def test_a_sender_of_many_flows_is_told_once() -> None:
    body = indian(header=None)
    flows = [{**body["flows"][0], "id": f"flow-{place}"} for place in range(9)]
    body["flows"] = flows

    (message,) = problems(body).values()

    assert message.startswith("flow-0, flow-1, flow-2 (9 flows) ask people in India")


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


def test_a_link_that_one_number_has_alone_makes_another_text() -> None:
    body = indian(*REGISTERED)
    body["surveys"][0]["texts"]["en"]["thank_you"] = "Acme: thank you. {link_form}"
    body["numbers"][0]["links"] = {"form": {"url": "https://acme.example/f", "kind": "form"}}

    (message,) = problems(body).values()

    assert message.startswith("no template of ACMEIN says: Acme: thank you. https://")


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
        ("dlt.entity", "acme", "dlt.entity", "10 to 25 digits"),
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


def many(*, languages: int = 1, texts: int = 500, numbers: int = 0, questions: int = 20) -> Any:
    """A file of a workspace that makes us look as long as it can."""
    slow = [f"{'{#url#}{#numeric#}' * 4}{place}" for place in range(texts - 1)]
    body = indian(*slow, "{#url#}" * 8)
    spoken = [f"{first}{second}" for first in "abcdefgh" for second in "klmnopq"][:languages]
    words = f"{{brand}}{REPLIES}{{agent|our}}{{name|you}}{{queue|us}}" + "1" * 900
    asked = body["surveys"][0]["questions"]
    asked[0]["text"] = dict.fromkeys(spoken, words)
    for place in range(1, questions):
        text = {one: f"{words}{place}" for one in spoken}
        asked.append({"id": f"q{place}", "kind": "comment", "text": text})
    body["numbers"] += [
        {"number": f"+1202555{place:04}", "texts": {one: {"closed": f"{place}"} for one in spoken}}
        for place in range(1000, 1000 + numbers)
    ]
    return body


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"languages": 20},
        {"languages": 50, "texts": 2},
        {"numbers": 1_000},
        {"numbers": 1_000, "languages": 50, "questions": 1, "texts": 2},
    ],
)
def test_no_file_makes_us_look_for_long(sizes: dict[str, int]) -> None:
    body = many(**sizes)
    written = read(body)
    config = assemble(1, rows(written.bodies)).workspaces["acme"]
    began = time.process_time()

    found = list(unregistered(config, lambda: None, Places(written.places, written.places)))

    assert time.process_time() - began < 0.5
    assert len(found) <= 51


def rows(bodies: Any) -> list[dict[str, Any]]:
    shared = {"workspace": "acme", "version": 0, "enabled_since": None}
    return [{**shared, "kind": kind, "id": id, "body": b} for (kind, id), b in bodies.items()]


def test_what_would_take_long_is_refused_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(indian(*REGISTERED)) == {}
    monkeypatch.setattr(registered_texts, "MOST_STEPS", 200)

    found = problems(indian(*REGISTERED))

    assert list(found) == ["surveys.0"]
    assert "too many to be held against all templates" in found["surveys.0"]


def test_an_account_has_so_many_variables_in_all() -> None:
    body = indian(*REGISTERED, *[f"{'{#var#}' * 40}{place}" for place in range(101)])
    fewer = deepcopy(body)
    fewer["accounts"][0]["dlt"]["templates"].pop()
    account = [("account", body["accounts"][0]["id"])]

    (told,) = problems(body).items()

    assert told == (
        "accounts.0.dlt.templates",
        "have 4044 variables together, and may have 4000",
    )
    assert problems(fewer, changed=account, before=body) == {}  # it becomes less
    assert problems(body, changed=[("survey", "csat")], before=body) == {}
