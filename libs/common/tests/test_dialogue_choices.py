"""A choice among options: read by number or words, branching, corrections, what is counted."""

from datetime import UTC, datetime, timedelta

import pytest

from common.answers import read_choice
from common.dialogue import (
    Advanced,
    Dialogue,
    Reply,
    Stage,
    Tap,
    advance,
    answers,
    listed,
    response_of,
    spoken,
)
from common.events.questionnaire import Option, Question, QuestionKind, Questionnaire
from common.events.responses import Answer, ResponseState
from common.events.values import Channel, Metric
from common.ids import derived

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
OPEN = Dialogue(opened_at=NOW, expires_at=NOW + timedelta(hours=1))
PRODUCTS = ("Telephone", "Internet", "TV and radio")
PRODUCT = Question(
    id="product",
    kind=QuestionKind.CHOICE,
    text="What was it about?",
    low=1,
    high=3,
    options=tuple(
        Option(id=id, text=text) for id, text in zip(("phone", "net", "tv"), PRODUCTS, strict=True)
    ),
)
SPEED = Question(
    id="speed", kind=QuestionKind.COMMENT, text="How fast is it?", chosen={"product": ("net",)}
)
WHY = Question(id="why", kind=QuestionKind.COMMENT, text="Why?")
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(
        Question(id="score", kind=QuestionKind.RATING, text="How was it?", low=1, high=5),
        PRODUCT,
        SPEED,
        WHY,
    ),
)


def said(*inputs: str | Tap) -> Advanced:
    went = Advanced(state=OPEN)
    for minute, one in enumerate(inputs):
        what = one if isinstance(one, Tap) else Reply(one)
        went = advance(SURVEY, went.state, what, now=NOW + timedelta(minutes=minute))
    return went


def asked(went: Advanced) -> list[str]:
    return [spoken(SURVEY, output, {}) + listed(output) for output in went.outputs]


def answer(went: Advanced, question: str) -> Answer | None:
    return next((one for one in went.state.answers if one.question_id == question), None)


def test_its_options_are_listed_with_their_numbers() -> None:
    assert asked(said("4")) == ["What was it about?\n1 Telephone\n2 Internet\n3 TV and radio"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2", 2),
        ("two", 2),
        ("2.", 2),
        ("internet", 2),
        ("Internet!", 2),
        ("2 Internet", 2),
        ("2) internet", 2),
        ("the internet please", 2),
        ("TV and radio", 3),
        ("tv AND  radio.", 3),
        ("3 tv and radio", 3),
        ("not internet", None),
        ("internet or telephone", None),
        ("1 Internet", None),
        ("Internet 1", None),
        ("4", None),
        ("0", None),
        ("radio", None),
        ("2 telephones", None),
        ("", None),
        ("?", None),
    ],
)
def test_one_option_is_meant_or_none(text: str, place: int | None) -> None:
    read = read_choice(text, PRODUCTS, language="en")

    assert (read.value if read else None) == place


@pytest.mark.parametrize(("text", "place"), [("26 to 40", 2), ("18-25", 1), ("2", 2), ("40", None)])
def test_options_that_hold_numbers_are_read_by_their_words_first(
    text: str, place: int | None
) -> None:
    read = read_choice(text, ("18-25", "26 to 40", "41 or more"), language="en")

    assert (read.value if read else None) == place


def test_it_is_kept_by_the_option_and_what_was_offered() -> None:
    given = answer(said("4", "internet"), "product")

    assert given is not None
    assert (given.kind, given.option, given.value) == (QuestionKind.CHOICE, "net", 2)
    assert (given.options, given.low, given.high) == (("phone", "net", "tv"), 1, 3)
    assert (given.metric, given.text, given.first) == (None, None, False)


def test_what_is_asked_next_hangs_on_what_was_chosen() -> None:
    assert asked(said("4", "2")) == ["How fast is it?"]
    assert asked(said("4", "1")) == ["Why?"]
    assert asked(said("4", "2", "slow")) == ["Why?"]


def test_what_is_no_option_is_asked_again_with_the_list_and_answers_no_comment_question() -> None:
    went = said("4", "my router")

    assert asked(went) == [
        "Sorry, we did not understand. Please reply with a number from 1 to 3."
        "\n1 Telephone\n2 Internet\n3 TV and radio"
    ]
    assert answer(went, "why") is None
    assert asked(said("4", "my router", "1")) == ["Why?"]


def test_a_tap_chooses_and_another_one_changes_it_and_its_branch() -> None:
    assert asked(said("4", Tap("product", 2))) == ["How fast is it?"]

    went = said("4", Tap("product", 2), Tap("product", 1))

    given = answer(went, "product")
    assert given is not None
    assert (given.option, given.corrects) == ("phone", (2,))
    assert asked(went) == ["Thank you, we changed your answer to Telephone. Why?"]
    assert said("4", Tap("product", 4)).unmatched


def test_a_number_alone_after_it_corrects_it_and_no_score() -> None:
    went = said("4", "1", "3")

    assert [(one.question_id, one.value) for one in went.state.answers] == [
        ("score", 4),
        ("product", 3),
    ]


def test_a_number_that_it_does_not_have_corrects_the_score() -> None:
    went = said("4", "1", "5")

    assert [(one.question_id, one.value) for one in went.state.answers] == [
        ("score", 5),
        ("product", 1),
    ]


def test_a_response_is_finished_when_only_a_comment_is_missing() -> None:
    def state(*inputs: str) -> ResponseState:
        return response_of(
            SURVEY,
            said(*inputs).state,
            invitation_id=derived("a"),
            interaction_id=derived("b"),
            contact_id=derived("c"),
            channel=Channel.SMS,
        ).state

    assert state("4") is ResponseState.IN_PROGRESS
    assert state("4", "1") is ResponseState.FINISHED


def test_an_option_is_an_answer_whatever_else_its_words_could_mean() -> None:
    state = said("4").state

    assert answers(SURVEY, state, "Internet")
    assert not answers(SURVEY, state, "something else")
    assert said("4", "1", "good").state.stage is Stage.FINISHED
