"""The rules of a dialogue, a sentence each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec import structs

from common.dialogue import Advanced, Dialogue, Open, Reply, Said, Stage, advance, close, spoken
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire, Texts
from common.events.values import Metric

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)

SCORE = Question(
    id="score", kind=QuestionKind.RATING, text="How was it, {low} to {high}?", low=1, high=5
)
EASE = Question(id="ease", kind=QuestionKind.RATING, text="How easy, 1 to 7?", low=1, high=7)
WHY = Question(id="why", kind=QuestionKind.COMMENT, text="Why?")
WRONG = Question(id="wrong", kind=QuestionKind.COMMENT, text="What went wrong?", only=(Band.LOW,))
WELL = Question(id="well", kind=QuestionKind.COMMENT, text="What went well?", only=(Band.HIGH,))


def survey(*questions: Question, max_invalid: int = 2) -> Questionnaire:
    return Questionnaire(
        survey_id="after-call",
        survey_version=1,
        metric=Metric.CSAT,
        language="en",
        brand="Acme",
        questions=questions or (SCORE, WHY),
        texts=Texts(thanks={Band.LOW: "We are sorry.", Band.HIGH: "Great, thank you!"}),
        max_invalid=max_invalid,
    )


def dialogue() -> Dialogue:
    return Dialogue(opened_at=NOW, expires_at=NOW + 24 * HOUR)


def talk(questionnaire: Questionnaire, *texts: str, at: datetime = NOW) -> Advanced:
    """What the last of these replies led to."""
    step = advance(questionnaire, dialogue(), Open(), now=at)
    for text in texts:
        step = advance(questionnaire, step.state, Reply(text), now=at)
    return step


def said(questionnaire: Questionnaire, step: Advanced) -> list[str]:
    return [spoken(questionnaire, output, {}) for output in step.outputs]


def answers(step: Advanced) -> dict[str, int | str | None]:
    return {a.question_id: a.text if a.value is None else a.value for a in step.state.answers}


def test_opening_asks_the_first_question_and_changes_nothing() -> None:
    step = talk(survey())

    assert said(survey(), step) == ["Acme: How was it, 1 to 5? Reply STOP to opt out."]
    assert not step.changed
    assert step.state == dialogue()


def test_a_score_counts_at_once_and_the_next_question_is_asked() -> None:
    step = talk(survey(), "4")

    assert answers(step) == {"score": 4}
    assert (step.changed, step.state.revision, step.state.scored_at) == (True, 1, NOW)
    assert said(survey(), step) == ["Why?"]


@pytest.mark.parametrize(
    ("score", "text"),
    [("5", "Great, thank you!"), ("1", "We are sorry."), ("3", "Thank you for your time.")],
)
def test_the_closing_text_is_that_of_the_band(score: str, text: str) -> None:
    step = talk(survey(SCORE), score)

    assert said(survey(SCORE), step) == [text]
    assert step.state.stage is Stage.FINISHED


def test_a_text_after_the_score_is_the_comment() -> None:
    step = talk(survey(), "4", "It took 3 calls")

    assert answers(step) == {"score": 4, "why": "It took 3 calls"}
    assert said(survey(), step) == ["Great, thank you!"]


def test_a_comment_that_comes_with_the_score_is_not_asked_for_again() -> None:
    step = talk(survey(), "5 great service")

    assert answers(step) == {"score": 5, "why": "great service"}
    assert said(survey(), step) == ["Great, thank you!"]


def test_a_comment_is_kept_where_none_is_asked_for() -> None:
    assert answers(talk(survey(SCORE), "5 great service")) == {
        "score": 5,
        "comment": "great service",
    }


def test_an_unreadable_reply_is_asked_again_at_most_twice_and_then_ends_politely() -> None:
    kinds = [
        [output.kind for output in talk(survey(), *["what?"] * count).outputs]
        for count in (1, 2, 3, 4)
    ]

    assert kinds == [[Said.INVALID], [Said.INVALID], [Said.GAVE_UP], []]


def test_words_instead_of_a_number_are_the_comment_of_an_unscored_response() -> None:
    step = talk(survey(), "the lady was rude")

    assert (step.unmatched, step.changed) == (False, True)
    assert answers(step) == {"comment": "the lady was rude"}
    assert said(survey(), step) == [
        "Sorry, we did not understand. Please reply with a number from 1 to 5."
    ]


def test_the_question_why_is_still_asked_after_words_instead_of_a_number() -> None:
    step = talk(survey(), "the lady was rude", "2")

    assert answers(step) == {"comment": "the lady was rude", "score": 2}
    assert said(survey(), step) == ["Why?"]


@pytest.mark.parametrize("text", ["3 cheers", "4 you", "1 ok?", "2 thanks!"])
def test_a_small_word_beside_a_number_corrects_nothing(text: str) -> None:
    assert answers(talk(survey(), "5", text))["score"] == 5


def test_an_unreadable_reply_is_kept_as_unmatched() -> None:
    step = talk(survey(), "?")

    assert (step.unmatched, step.changed, answers(step)) == (True, False, {})
    assert said(survey(), step) == [
        "Sorry, we did not understand. Please reply with a number from 1 to 5."
    ]


def test_a_score_that_comes_after_we_gave_up_still_counts() -> None:
    step = talk(survey(max_invalid=0), "99", "4")

    assert answers(step) == {"score": 4}
    assert said(survey(), step) == ["Why?"]


def test_the_tries_of_one_question_do_not_count_for_the_next() -> None:
    questionnaire = survey(SCORE, EASE, max_invalid=1)

    assert [o.kind for o in talk(questionnaire, "?", "4", "?").outputs] == [Said.INVALID]


def test_a_second_number_is_a_correction_and_the_newest_wins() -> None:
    step = talk(survey(), "2", "4", "Sorry, I meant 5")

    assert answers(step) == {"score": 5}
    assert step.state.answers[0].corrects == (2, 4)
    assert said(survey(), step) == ["Thank you, we changed your rating to 5."]


def test_after_a_correction_the_comment_is_still_taken() -> None:
    step = talk(survey(), "2", "4", "slow")

    assert answers(step) == {"score": 4, "why": "slow"}


def test_a_correction_is_scored_when_it_comes() -> None:
    first = talk(survey(), "2")
    step = advance(survey(), first.state, Reply("4"), now=NOW + HOUR)

    assert step.state.scored_at == NOW + HOUR
    assert step.state.started_at == NOW


def test_the_same_number_again_changes_and_says_nothing() -> None:
    step = talk(survey(), "4", "4")

    assert (step.changed, step.outputs, step.unmatched) == (False, (), False)


def test_a_rating_that_is_read_after_its_correction_is_only_history() -> None:
    first = advance(survey(), dialogue(), Reply("5"), now=NOW + HOUR)

    step = advance(survey(), first.state, Reply("3"), now=NOW)

    assert (answers(step), step.outputs) == ({"score": 5}, ())
    assert step.state.answers[0].corrects == (3,)
    assert (step.changed, step.state.revision) == (True, 2)
    assert step.state.scored_at == NOW + HOUR


def test_a_number_inside_a_comment_corrects_nothing() -> None:
    step = talk(survey(), "5", "2 agents were rude but the last one was kind")

    assert answers(step) == {"score": 5, "why": "2 agents were rude but the last one was kind"}


def test_a_finished_dialogue_still_takes_a_correction() -> None:
    step = talk(survey(SCORE), "1", "5")

    assert answers(step) == {"score": 5}
    assert said(survey(SCORE), step) == ["Thank you, we changed your rating to 5."]


def test_an_open_rating_takes_the_number_for_itself() -> None:
    step = talk(survey(SCORE, EASE), "5", "2")

    assert answers(step) == {"score": 5, "ease": 2}
    assert step.state.answers[0].corrects == ()


def test_the_rating_given_last_is_the_one_corrected() -> None:
    step = talk(survey(SCORE, EASE, WHY), "5", "2", "7")

    assert answers(step) == {"score": 5, "ease": 7}
    assert step.state.scored_at == NOW


def test_words_in_place_of_a_second_rating_are_the_comment_and_it_is_asked_again() -> None:
    step = talk(survey(SCORE, EASE, WHY), "2", "nobody called back")

    assert answers(step) == {"score": 2, "why": "nobody called back"}
    assert [output.kind for output in step.outputs] == [Said.INVALID]
    assert said(survey(), step) == [
        "Sorry, we did not understand. Please reply with a number from 1 to 7."
    ]


def test_a_question_is_asked_of_its_bands_only() -> None:
    questionnaire = survey(SCORE, WRONG, WELL)

    assert said(questionnaire, talk(questionnaire, "1")) == ["What went wrong?"]
    assert said(questionnaire, talk(questionnaire, "5")) == ["What went well?"]
    assert said(questionnaire, talk(questionnaire, "3")) == ["Thank you for your time."]


def test_a_correction_into_another_band_asks_the_question_of_that_band() -> None:
    questionnaire = survey(SCORE, WRONG, WELL)
    step = talk(questionnaire, "1", "5")

    assert said(questionnaire, step) == ["Thank you, we changed your rating to 5. What went well?"]
    assert answers(advance(questionnaire, step.state, Reply("Asha"), now=NOW)) == {
        "score": 5,
        "well": "Asha",
    }


def test_a_correction_can_take_the_open_question_away() -> None:
    questionnaire = survey(SCORE, WRONG)
    step = talk(questionnaire, "1", "5")

    assert step.state.stage is Stage.FINISHED
    assert said(questionnaire, step) == ["Thank you, we changed your rating to 5."]


def test_what_comes_after_the_end_is_added_to_the_comment_without_a_word() -> None:
    step = talk(survey(), "4", "slow", "and the music was loud")

    assert answers(step) == {"score": 4, "why": "slow\nand the music was loud"}
    assert (step.changed, step.outputs) == (True, ())


def test_a_late_reply_is_told_so_once_and_changes_no_answer() -> None:
    scored = talk(survey(), "4").state
    first = advance(survey(), scored, Reply("1"), now=NOW + 24 * HOUR)
    second = advance(survey(), first.state, Reply("1"), now=NOW + 25 * HOUR)

    assert said(survey(), first) == ["This survey is closed. Thank you for your time."]
    assert (first.changed, first.unmatched, answers(first)) == (False, True, {"score": 4})
    assert (second.unmatched, second.outputs) == (True, ())


def test_a_dialogue_that_we_closed_is_late_from_then_on() -> None:
    step = advance(survey(), close(dialogue()), Reply("5"), now=NOW)

    assert [output.kind for output in step.outputs] == [Said.CLOSED]
    assert answers(step) == {}


def test_an_empty_reply_is_no_comment() -> None:
    step = talk(survey(), "4", " \x00 ")

    assert (answers(step), step.outputs, step.unmatched) == ({"score": 4}, (), True)


def test_a_reminder_asks_the_question_that_is_open() -> None:
    scored = talk(survey(), "4").state

    assert said(survey(), advance(survey(), scored, Open(), now=NOW)) == ["Why?"]


@pytest.mark.parametrize("stage", [Stage.FINISHED, Stage.GAVE_UP, Stage.CLOSED])
def test_nobody_is_reminded_of_a_dialogue_that_ended(stage: Stage) -> None:
    assert advance(survey(), replace(dialogue(), stage=stage), Open(), now=NOW).outputs == ()


def test_the_state_survives_being_stored() -> None:
    state = talk(survey(), "2", "5", "good").state

    assert msgspec.json.decode(msgspec.json.encode(state), type=Dialogue) == state


RANKING = Question(id="pick", kind=QuestionKind("ranking"), text="Which of these, 1 or 2?")


def test_a_question_of_a_kind_that_is_not_known_is_passed_over() -> None:
    step = talk(survey(SCORE, RANKING, WHY), "4")

    assert said(survey(SCORE, RANKING, WHY), step) == ["Why?"]
    assert talk(survey(SCORE, RANKING), "4").state.stage is Stage.FINISHED


def test_what_is_said_to_a_question_that_a_newer_version_asked_changes_no_answer() -> None:
    questionnaire = survey(SCORE, RANKING, WHY)
    asked = replace(talk(questionnaire, "4").state, question=1)  # by the newer version
    step = advance(questionnaire, asked, Reply("2"), now=NOW)

    assert answers(step) == {"score": 4}
    assert (step.unmatched, step.changed) == (True, False)
    assert said(questionnaire, step) == ["Why?"]


def test_a_stage_that_is_not_known_says_nothing_and_keeps_what_comes() -> None:
    paused = replace(talk(survey(), "4").state, stage=Stage("paused"))
    step = advance(survey(), paused, Reply("5"), now=NOW)

    assert (step.state, step.outputs, step.unmatched) == (paused, (), True)
    assert advance(survey(), paused, Open(), now=NOW).outputs == ()


def test_a_band_that_is_not_known_gets_the_neutral_text() -> None:
    texts = Texts(thanks={Band("ecstatic"): "Wow!", Band.HIGH: "Great!"})
    unmeasured = structs.replace(survey(SCORE), texts=texts, metric=Metric("effort_index"))
    only = structs.replace(WHY, only=(Band("ecstatic"),))

    assert said(unmeasured, talk(unmeasured, "5")) == ["Thank you for your time."]
    assert not only.applies(Band.UNKNOWN)
    assert not only.applies(Band.HIGH)
