"""Templates are made of a survey's words; pure."""

from typing import Any

import pytest
from msgspec import structs

from common.events.questionnaire import Question, QuestionKind, Texts
from sms_sender.testing import SURVEY
from whatsapp_sender.domain.choices import choice_id, chosen, titles
from whatsapp_sender.domain.templates import meta_language, value, wording, wording_for
from whatsapp_sender.providers.reviewing import example


def asking(text: str, **changes: Any) -> Any:
    first = Question(id="score", kind=QuestionKind.RATING, text=text, low=1, high=5)
    return structs.replace(SURVEY, questions=(first,), **changes)


def test_what_varies_has_a_place_and_the_brand_is_a_word() -> None:
    found = wording(asking("Hi {name}, how was {agent} of {brand}, {name}?"), known=True)

    assert found.body == "Hi {{1}}, how was {{2}} of Acme, {{1}}? Reply STOP to opt out."
    assert found.variables == ("name", "agent")


def test_other_words_are_another_template() -> None:
    names = {
        wording(asking(text), known=True, buttons=buttons).name
        for text in ("How was it?", "How was it!")
        for buttons in ((), ("1", "2"))
    }

    assert len(names) == 4


def test_the_link_to_opt_out_has_a_place_whatever_else_is_known() -> None:
    texts = Texts(opt_out="Opt out at {opt_out_link} or reply STOP.")
    survey = asking("Hi {name}, how was it?", texts=texts)
    url = "https://surveys.example.com/l/whatsapp/Q7xZ2mN0aBcDeFgH"

    full = wording_for(survey, {"name": "Noor", "opt_out_link": url})
    bare = wording_for(survey, {"name": "", "opt_out_link": url})
    untold = wording_for(survey, {"name": ""})

    assert full.body == "Acme: Hi {{1}}, how was it? Opt out at {{2}} or reply STOP."
    assert (full.variables, bare.variables) == (("name", "opt_out_link"), ("opt_out_link",))
    assert (untold.variables, untold.body.endswith("reply STOP.")) == ((), True)
    assert example("opt_out_link").startswith("https://")


@pytest.mark.parametrize("unread", [" ", "-", "\u200b", "\u3164", "👻"])
def test_without_a_value_the_wording_has_no_place(unread: str) -> None:
    survey = asking("Hi {name}, how was it?")

    full = wording_for(survey, {"name": "Noor"})
    bare = wording_for(survey, {"name": unread})

    assert (full.variables, bare.variables) == (("name",), ())
    assert bare.body.startswith("Acme: Hi, how was it?")


@pytest.mark.parametrize(
    ("ours", "theirs"), [("en", "en"), ("pt", "pt_BR"), ("pt-PT", "pt_PT"), ("zh", "zh_CN")]
)
def test_languages_are_those_that_meta_knows(ours: str, theirs: str) -> None:
    assert meta_language(ours) == theirs


def test_a_value_is_one_line() -> None:
    assert value("a\n\tb      c") == "a b c"


@pytest.mark.parametrize("identity", ["", "a1:score:", "a2:score:5", "a1:score:5:x", "a1:S:5"])
def test_what_is_no_button_of_ours_is_no_choice(identity: str) -> None:
    assert chosen(identity) is None


def test_a_button_brings_back_what_it_was_made_of() -> None:
    found = chosen(choice_id("score", 7, "11111111-2222-3333-4444-555555555555"))

    assert found is not None
    assert (found.question_id, found.value) == ("score", 7)


@pytest.mark.parametrize(("low", "high", "count"), [(1, 5, 5), (1, 10, 10), (0, 10, 0)])
def test_at_most_ten_answers_are_buttons(low: int, high: int, count: int) -> None:
    assert len(titles(low, high)) == count
