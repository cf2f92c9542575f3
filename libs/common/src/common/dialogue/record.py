"""The answers of a dialogue: what is known, what is missing, and putting another one in."""

from dataclasses import replace
from datetime import datetime

from common.dialogue.state import Dialogue
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire, band_of
from common.events.responses import Answer
from common.render import LONGEST

SPONTANEOUS = "comment"  # question id of a comment where the questionnaire asks for none


def answer_to(state: Dialogue, question_id: str) -> Answer | None:
    return next((answer for answer in state.answers if answer.question_id == question_id), None)


def score_of(questionnaire: Questionnaire, state: Dialogue) -> int | None:
    """The value given to the first question."""
    answer = answer_to(state, questionnaire.questions[0].id)
    return answer.value if answer else None


def band_so_far(questionnaire: Questionnaire, state: Dialogue) -> Band | None:
    score = score_of(questionnaire, state)
    if score is None:
        return None
    return band_of(questionnaire.metric, score, high=questionnaire.questions[0].high)


def waiting(questionnaire: Questionnaire, state: Dialogue) -> tuple[int, ...]:
    """The indexes of the questions for this band of score that have no answer yet.

    One of a kind that this version does not know is passed over.
    """
    band, chose = band_so_far(questionnaire, state), _chose(state)
    return tuple(
        index
        for index, question in enumerate(questionnaire.questions)
        if question.is_known
        and question.applies(band, chose)
        and question.id not in state.passed
        and answer_to(state, question.id) is None
    )


def _chose(state: Dialogue) -> dict[str, str | None]:
    return {answer.question_id: answer.option for answer in state.answers if answer.option}


def counted(
    questionnaire: Questionnaire, question: Question, value: int, *, now: datetime
) -> Answer:
    """The answer to a rating or a choice, with what it is measured by."""
    if question.kind is QuestionKind.CHOICE:
        return Answer(
            question_id=question.id,
            kind=question.kind,
            low=question.low,
            high=question.high,
            value=value,
            option=question.options[value - 1].id,
            options=tuple(option.id for option in question.options),
            answered_at=now,
        )
    return Answer(
        question_id=question.id,
        kind=question.kind,
        metric=question.metric or questionnaire.metric,
        low=question.low,
        high=question.high,
        first=question.id == questionnaire.questions[0].id,
        value=value,
        answered_at=now,
    )


def with_answer(
    questionnaire: Questionnaire, state: Dialogue, answer: Answer, *, now: datetime
) -> Dialogue:
    """Adds the answer, or puts it in the place of the earlier one to the same question."""
    if answer_to(state, answer.question_id) is None:
        answers = (*state.answers, answer)
    else:
        answers = tuple(
            answer if earlier.question_id == answer.question_id else earlier
            for earlier in state.answers
        )
    is_score = answer.question_id == questionnaire.questions[0].id
    return replace(
        state,
        answers=answers,
        revision=state.revision + 1,
        started_at=state.started_at or now,
        changed_at=now,
        scored_at=now if is_score else state.scored_at,
    )


def with_comment(
    questionnaire: Questionnaire,
    state: Dialogue,
    text: str,
    *,
    now: datetime,
    unasked: bool = False,
) -> Dialogue:
    """Gives the text to the comment question that waits, else adds it to the comment there is.

    `unasked`: it was said in place of a rating, and no comment question is answered by it.
    """
    band, chose = band_so_far(questionnaire, state), _chose(state)
    asked = [
        question.id
        for question in questionnaire.questions
        if question.kind is QuestionKind.COMMENT and question.applies(band, chose)
    ]
    unanswered = [question_id for question_id in asked if answer_to(state, question_id) is None]
    target = SPONTANEOUS if unasked else (unanswered or asked[-1:] or [SPONTANEOUS])[0]
    earlier = answer_to(state, target)
    said = f"{earlier.text}\n{text}"[:LONGEST] if earlier else text
    if earlier and said == earlier.text:
        return state
    answer = Answer(question_id=target, kind=QuestionKind.COMMENT, text=said, answered_at=now)
    return with_answer(questionnaire, state, answer, now=now)
