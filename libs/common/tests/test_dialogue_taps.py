"""A tap names question and value, wherever the dialogue is."""

from datetime import UTC, datetime, timedelta

import pytest

from common.dialogue import Advanced, Dialogue, Reply, Stage, Tap, advance
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.values import Metric

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(
        Question(id="score", kind=QuestionKind.RATING, text="How was it?", low=1, high=5),
        Question(id="easy", kind=QuestionKind.RATING, text="How easy?", low=1, high=7),
        Question(id="why", kind=QuestionKind.COMMENT, text="Why?"),
    ),
)
OPEN = Dialogue(opened_at=NOW, expires_at=NOW + timedelta(hours=1))


def said(*inputs: Tap | Reply) -> Advanced:
    went = Advanced(state=OPEN)
    for minute, one in enumerate(inputs):
        went = advance(SURVEY, went.state, one, now=NOW + timedelta(minutes=minute))
    return went


def values(went: Advanced) -> dict[str, int | None]:
    return {answer.question_id: answer.value for answer in went.state.answers}


def test_it_answers_the_question_and_asks_the_next() -> None:
    went = said(Tap("score", 4))

    assert (values(went), went.outputs[0].text) == ({"score": 4}, "How easy?")


def test_a_later_tap_on_an_earlier_question_corrects_that_one() -> None:
    went = said(Tap("score", 2), Tap("easy", 7), Tap("score", 5))

    assert values(went) == {"score": 5, "easy": 7}
    assert went.state.answers[0].corrects == (2,)


def test_the_same_tap_again_changes_nothing() -> None:
    went = said(Tap("score", 2), Tap("score", 2))

    assert (went.changed, went.outputs) == (False, ())


@pytest.mark.parametrize("tap", [Tap("score", 6), Tap("score", 0), Tap("why", 1), Tap("gone", 1)])
def test_what_the_question_does_not_have_is_no_answer(tap: Tap) -> None:
    went = said(tap)

    assert (went.unmatched, values(went)) == (True, {})


def test_a_tap_after_we_gave_up_still_counts() -> None:
    went = said(*[Reply("banana")] * 3, Tap("score", 3))

    assert values(went)["score"] == 3
    assert went.state.stage is Stage.ASKING


def test_a_tap_after_the_end_is_late() -> None:
    went = advance(SURVEY, OPEN, Tap("score", 3), now=OPEN.expires_at)

    assert (went.unmatched, values(went)) == (True, {})
