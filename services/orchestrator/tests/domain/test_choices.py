"""A choice is written so that it can be asked, and read, on every channel of its flows."""

from typing import Any

import msgspec
import pytest

from common.config import Survey
from common.config.documents import parse_document
from common.config.freezing import freeze
from common.config.models import Workspace
from common.config.reader import assemble
from common.errors import BadInput
from common.events.questionnaire import Questionnaire
from orchestrator.domain.compiled import compile_config
from orchestrator.domain.configuring.changes import changes
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.domain.freeze import Freezer
from orchestrator.testing import SENDER, call, documents


def option(id: str, en: str, es: str = "") -> dict[str, Any]:
    return {"id": id, "text": {"en": en, "es": es or en}}


PRODUCT = {
    "id": "product",
    "kind": "choice",
    "text": {"en": "Which?", "es": "¿Cuál?"},
    "options": [option("phone", "Telephone", "Teléfono"), option("net", "Internet")],
}
SPEED = {
    "id": "speed",
    "kind": "comment",
    "text": {"en": "How fast?", "es": "¿Qué tal?"},
    "chosen": {"product": ["net"]},
}
VOICE = {
    "id": "calls",
    "channel": "ivr",
    "account_sid": "AC1",
    "auth_token": "secret:twilio",
    "senders": [{"number": SENDER}],
}
MANY = [option(f"o{n}", f"Option {chr(65 + n)}") for n in range(10)]


def wrong(*questions: dict[str, Any], plan: Any = None) -> dict[str, str]:
    """Field -> what is wrong with it."""
    file = documents(flow={"plan": plan} if plan else {})
    if plan:
        file["accounts"].append(VOICE)
    file["surveys"][0]["questions"] += questions
    try:
        written = read(file)
    except BadInput as bad:
        return {one.field: one.message for one in bad.errors}
    changed = changes({}, written.bodies, prune=False)
    keys = {(one.kind, one.id) for one in changed}
    found = review(
        "acme", written.bodies, places=written.places, elsewhere=Elsewhere(), changed=keys
    )
    return {one.field: one.message for one in found}


def test_a_choice_and_what_hangs_on_it_are_taken() -> None:
    assert wrong(PRODUCT, SPEED) == {}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"options": [option("a", "A")]}, "options", "at least 2"),
        ({"options": MANY * 3}, "options", "at most 20"),
        ({"options": [option("a", "A"), option("a", "B")]}, "options.1.id", "another option"),
        ({"options": [option("A", "A"), option("b", "B")]}, "options.0.id", ""),
        ({"scale": [1, 2]}, "scale", "has options"),
        ({"kind": "comment"}, "options", "only a choice"),
        ({"metric": "csat"}, "metric", "only a rating"),
        ({"options": [{"id": "a", "text": {"en": "A"}}, option("b", "B")]},
         "options.0.text", "not in es"),
        ({"options": [option("a", "{name}"), option("b", "B")]}, "options.0.text.en", "not known"),
        ({"options": [option("a", "Stop"), option("b", "B")]}, "options.0.text.en", "opt out"),
        ({"options": [option("a", "Same"), option("b", "same!")]}, "options.0.text.en", "be told"),
        ({"options": [option("a", "2"), option("b", "1")]}, "options.0.text.en", "another option"),
        ({"options": [option("a", "x" * 73), option("b", "B")]}, "options.0.text.en", "72"),
        ({"text": {"en": "x" * 995, "es": "y"}}, "text.en", "1000 are sent"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(change: dict[str, Any], field: str, said: str) -> None:
    found = wrong(PRODUCT | change)

    assert said in found[f"surveys.0.questions.1.{field}"]


@pytest.mark.parametrize(
    ("chosen", "field", "said"),
    [
        ({"other": ["net"]}, "chosen.other", "no choice before"),
        ({"score": ["net"]}, "chosen.score", "no choice before"),
        ({"product": ["tv"]}, "chosen.product", "no option tv"),
    ],
)
def test_what_a_question_hangs_on_was_asked_before(chosen: Any, field: str, said: str) -> None:
    assert said in wrong(PRODUCT, SPEED | {"chosen": chosen})[f"surveys.0.questions.2.{field}"]


def test_on_the_telephone_there_are_nine_keys_and_in_writing_more() -> None:
    ten = PRODUCT | {"options": MANY}

    assert wrong(ten) == {}
    found = wrong(ten, plan=[{"channel": "sms"}, {"channel": "ivr"}])
    assert "10 options, and on ivr at most 9" in found["flows.0.plan.1.channel"]
    assert wrong(ten | {"options": MANY[:9]}, plan=[{"channel": "ivr"}]) == {}


def test_it_is_frozen_in_one_language_with_its_places_as_scale() -> None:
    file = documents()
    body = file["surveys"][0]
    body["questions"] += [PRODUCT, SPEED]
    survey = parse_document("survey", body)
    assert isinstance(survey, Survey)

    _, product, speed = freeze(
        survey, workspace=Workspace(id="acme", name="Acme"), language="es", number=None
    ).questions

    assert [(one.id, one.text) for one in product.options] == [
        ("phone", "Teléfono"),
        ("net", "Internet"),
    ]
    assert (product.low, product.high, speed.chosen) == (1, 2, {"product": ("net",)})


def chosen(languages: list[str], voice: dict[str, Any] | None = None) -> dict[str, str]:
    file = documents()
    file["surveys"][0] |= {"choose_language": languages, "voice": voice or {}}
    try:
        written = read(file)
    except BadInput as bad:
        return {one.field: one.message for one in bad.errors}
    found = review("acme", written.bodies, places=written.places, elsewhere=Elsewhere())
    return {one.field: one.message for one in found}


SPANISH = {"es": {"texts": {"language": "Para español, pulse {key}."}}}


def test_a_language_is_chosen_where_it_says_how() -> None:
    assert chosen(["en", "es"], SPANISH) == {}
    assert "how to choose it" in chosen(["en", "es"])["surveys.0.voice.es.texts.language"]
    assert "two languages" in chosen(["en"])["surveys.0.choose_language"]
    assert "not written in fr" in chosen(["en", "fr"])["surveys.0.choose_language"]


@pytest.mark.parametrize(("known", "others"), [(None, ["es"]), ("es", []), ("fr", ["es"])])
def test_only_whose_language_is_not_known_chooses_one(known: str | None, others: list[str]) -> None:
    file = documents()
    file["surveys"][0] |= {"choose_language": ["en", "es"], "voice": SPANISH}
    rows = [
        {"workspace": "acme", "kind": kind, "id": body.get("id") or body["number"], "body": body}
        | {"version": 1, "enabled_since": None}
        for kind, section in SECTIONS_OF.items()
        for body in file[section]
    ]
    workspace = compile_config(assemble(1, rows)).workspaces["acme"]
    survey = workspace.config.surveys["csat"]

    frozen = Freezer().questionnaire(survey, workspace=workspace, interaction=call(language=known))

    told = msgspec.json.decode(frozen.body, type=Questionnaire)
    assert [one.language for one in told.others] == others
    assert told.language == ("es" if known == "es" else "en")


SECTIONS_OF = {
    "workspace": "workspaces",
    "number": "numbers",
    "account": "accounts",
    "survey": "surveys",
    "flow": "flows",
}
