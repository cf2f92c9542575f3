"""What of a survey is heard, in which words."""

from common.events.questionnaire import (
    Question,
    QuestionKind,
    Questionnaire,
    Voice,
    VoiceTexts,
)
from common.events.values import Metric
from ivr_gateway.domain.hearing import heard, stop_key

SCORE = Question(id="score", kind=QuestionKind.RATING, text="How was it?", low=1, high=5)
TEN = Question(id="again", kind=QuestionKind.RATING, text="Recommend us?", low=0, high=10)
WHY = Question(id="why", kind=QuestionKind.COMMENT, text="Why?")


def survey(*questions: Question, voice: Voice | None = None) -> Questionnaire:
    return Questionnaire(
        survey_id="s", survey_version=1, metric=Metric.CSAT, language="en", brand="Acme",
        questions=questions, voice=voice,
    )  # fmt: skip


def test_questions_for_words_are_not_asked_by_voice() -> None:
    assert [question.id for question in heard(survey(SCORE, WHY, TEN)).questions] == [
        "score", "again",
    ]  # fmt: skip


def test_the_key_that_opts_out_is_in_no_scale() -> None:
    assert (stop_key(survey(SCORE)), stop_key(survey(SCORE, TEN))) == ("9", "*")


def test_a_question_has_its_own_words_or_the_written_ones_and_how_to_answer() -> None:
    own = survey(SCORE, TEN, voice=Voice(questions={"score": "Press one to five."}))

    assert [question.text for question in heard(own).questions] == [
        "Press one to five.",
        "Recommend us? Please enter a number from {low} to {high}, then press the hash key.",
    ]


def test_what_is_said_around_is_in_spoken_words() -> None:
    own = survey(SCORE, voice=Voice(texts=VoiceTexts(thank_you="Danke.", gave_up="Schade.")))

    texts = heard(own).texts

    assert (texts.thank_you, texts.gave_up) == ("Danke.", "Schade.")
    assert "Reply" not in texts.invalid
