"""The first message, and the response that a dialogue amounts to."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from common.dialogue import Dialogue, Reply, advance, opening_text, reminder_text, response_of
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire, Texts
from common.events.responses import Answer, Response, ResponseState
from common.events.values import Channel, Metric
from common.ids import response_id

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
IDS = [UUID(int=n) for n in (1, 2, 3)]

SCORE = Question(id="score", kind=QuestionKind.RATING, text="How was it?", low=0, high=10)
EASE = Question(id="ease", kind=QuestionKind.RATING, text="Easy?", low=1, high=5, only=(Band.LOW,))
WHY = Question(id="why", kind=QuestionKind.COMMENT, text="Why?")


def survey(*questions: Question, language: str = "en", opt_out: str = "") -> Questionnaire:
    return Questionnaire(
        survey_id="after-call",
        survey_version=3,
        metric=Metric.NPS,
        language=language,
        brand="Acme",
        questions=questions,
        texts=Texts(opt_out=opt_out or Texts().opt_out),
    )


def asking(text: str) -> Question:
    return replace(SCORE, text=text)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "Acme: How was it? Reply STOP to opt out."),
        (
            "{name}, may we remind you? {low} to {high}.",
            "Acme: Noor, may we remind you? 0 to 10. Reply STOP to opt out.",
        ),
    ],
)
def test_a_reminder_tells_who_asks_and_how_to_stop_too(words: str, expected: str) -> None:
    asked = survey(SCORE)
    reminding = replace(asked, texts=replace(asked.texts, reminder=words))

    assert reminder_text(reminding, {"name": "Noor"}) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How was it?", "Acme: How was it? Reply STOP to opt out."),
        ("{brand}: how was it?", "Acme: how was it? Reply STOP to opt out."),
        (
            "Hi {name}, ACME here. {low} to {high}?",
            "Hi Noor, ACME here. 0 to 10? Reply STOP to opt out.",
        ),
        ("Acme: how was it? STOP to end.", "Acme: how was it? STOP to end."),
        ("Acme: how did it end?", "Acme: how did it end? Reply STOP to opt out."),
        ("Acme: 1 to 5, or (STOP).", "Acme: 1 to 5, or (STOP)."),
        ("Acme: 1 to 5, or ST0P.", "Acme: 1 to 5, or ST0P. Reply STOP to opt out."),
    ],
)
def test_the_first_message_tells_who_asks_and_how_to_stop_once(
    question: str, expected: str
) -> None:
    assert opening_text(survey(asking(question)), {"name": "Noor"}) == expected


@pytest.mark.parametrize(
    ("opt_out", "language", "expected"),
    [
        ("Responda BAJA para salir.", "es", "Acme: How was it? Responda BAJA para salir."),
        ("बंद करने के लिए रोकें लिखें।", "hi", "Acme: How was it? बंद करने के लिए रोकें लिखें।"),
        ("No more?", "en", "Acme: How was it? No more? Reply STOP to opt out."),
    ],
)
def test_an_opt_out_line_names_a_word_that_works(
    opt_out: str, language: str, expected: str
) -> None:
    assert opening_text(survey(SCORE, language=language, opt_out=opt_out), {}) == expected


def test_words_in_capitals_do_not_make_a_text_take_long() -> None:
    """In a script without capitals, and where no words of the language are known."""
    texts = [" ".join(f"क{place}{word}" for word in range(150)) for place in range(20)]
    opening_text(survey(SCORE, language="hi"), {})
    began = time.process_time()

    for place, text in enumerate(texts):
        opening_text(
            survey(asking(text), language="hi" if place % 2 else f"x{chr(97 + place)}"), {}
        )

    assert time.process_time() - began < 0.25


def test_what_the_step_brought_cannot_stand_in_for_the_brand() -> None:
    assert opening_text(survey(asking("{brand}?")), {"brand": "Evil"}).startswith("Acme?")


def response(questionnaire: Questionnaire, *texts: str) -> Response:
    state = Dialogue(opened_at=NOW, expires_at=NOW + timedelta(hours=20))
    for minutes, text in enumerate(texts):
        at = NOW + timedelta(minutes=minutes)
        state = advance(questionnaire, state, Reply(text), now=at).state
    return response_of(
        questionnaire,
        state,
        invitation_id=IDS[0],
        interaction_id=IDS[1],
        contact_id=IDS[2],
        channel=Channel.SMS,
        test=True,
    )


def test_a_response_holds_the_whole_of_the_answers() -> None:
    first, second, third = (NOW + timedelta(minutes=m) for m in (0, 1, 2))

    assert response(survey(SCORE, WHY), "2", "10", "kind") == Response(
        id=response_id(IDS[0], "sms"),
        invitation_id=IDS[0],
        interaction_id=IDS[1],
        contact_id=IDS[2],
        channel=Channel.SMS,
        survey_id="after-call",
        survey_version=3,
        metric=Metric.NPS,
        revision=3,
        state=ResponseState.FINISHED,
        answers=(
            Answer(
                question_id="score",
                metric=Metric.NPS,
                low=0,
                high=10,
                first=True,
                value=10,
                answered_at=second,
                corrects=(2,),
            ),
            Answer(question_id="why", kind=QuestionKind.COMMENT, text="kind", answered_at=third),
        ),
        started_at=first,
        changed_at=third,
        scored_at=second,
        score=10,
        comment="kind",
        language="en",
        test=True,
    )


def test_a_missing_comment_leaves_nothing_partial() -> None:
    assert response(survey(SCORE, WHY), "9").state is ResponseState.FINISHED


def test_a_missing_rating_leaves_the_response_in_progress() -> None:
    assert response(survey(SCORE, EASE), "3").state is ResponseState.IN_PROGRESS
    assert response(survey(SCORE, EASE), "3", "4").state is ResponseState.FINISHED


def test_a_rating_of_another_band_is_not_missed() -> None:
    assert response(survey(SCORE, EASE), "9").state is ResponseState.FINISHED


def test_before_the_first_answer_there_is_no_response() -> None:
    with pytest.raises(ValueError, match="nobody has answered"):
        response(survey(SCORE), "?")


def test_every_rating_says_what_it_is_measured_by() -> None:
    ease = replace(EASE, only=(), metric=Metric.CES)

    first, second = response(survey(SCORE, ease), "9", "4").answers

    assert (first.metric, first.low, first.high, first.first) == (Metric.NPS, 0, 10, True)
    assert (second.metric, second.low, second.high, second.first) == (Metric.CES, 1, 5, False)
