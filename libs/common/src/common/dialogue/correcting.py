"""Another answer to a question that has one: the newest wins, and those before are kept."""

from dataclasses import replace
from datetime import datetime

from msgspec import structs

from common.answers import read_correction
from common.dialogue.record import answer_to, counted, waiting, with_answer
from common.dialogue.speech import say
from common.dialogue.state import Advanced, Dialogue, Said, Stage
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.responses import Answer


def correct(
    questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime
) -> Advanced | None:
    """Another number, and nothing else, where no number was asked for: the newest wins.

    It replaces the rating given last, or a choice that was made after it. "2 calls ..." or
    "2 thanks" in a comment must not change a score, hence nothing else. None when the text is no
    correction.
    """
    for question in reversed(questionnaire.questions):
        earlier = answer_to(state, question.id) if question.is_counted else None
        if earlier is None or earlier.value is None:
            continue
        value = _read_correction(questionnaire, question, text, given=earlier.value)
        if value is not None:
            return changed(questionnaire, state, question, value, now=now)
        if question.kind is QuestionKind.RATING:
            return None
    return None


def changed(
    questionnaire: Questionnaire, state: Dialogue, question: Question, value: int, *, now: datetime
) -> Advanced:
    """The newest value wins; those before stay in its history."""
    earlier = answer_to(state, question.id)
    if earlier is None or earlier.value is None or earlier.value == value:
        return Advanced(state=state)
    if now < earlier.answered_at:
        return _overtaken(state, earlier, value)
    answer = structs.replace(
        counted(questionnaire, question, value, now=now),
        corrects=(*earlier.corrects, earlier.value),
    )
    corrected = with_answer(questionnaire, state, answer, now=now)
    return _after_correction(questionnaire, corrected, question, value)


def _overtaken(state: Dialogue, newer: Answer, value: int) -> Advanced:
    """Received before the answer that we have and read after it: only its history knows it."""
    answer = structs.replace(newer, corrects=(value, *newer.corrects))
    answers = tuple(answer if one is newer else one for one in state.answers)
    return Advanced(
        state=replace(state, answers=answers, revision=state.revision + 1), changed=True
    )


def _after_correction(
    questionnaire: Questionnaire, state: Dialogue, changed: Question, value: int
) -> Advanced:
    """The new band may have other questions: the open one falls away, or one more is asked."""
    if changed.kind is QuestionKind.CHOICE:
        text, answer = questionnaire.texts.rechosen, changed.options[value - 1].text
        told: dict[str, str] = {"answer": answer}
    else:
        text, told = questionnaire.texts.corrected, {"score": str(value)}
    missing = waiting(questionnaire, state)
    if not missing:
        said = say(questionnaire, Said.CORRECTED, text, told=told)
        return Advanced(state=replace(state, stage=Stage.FINISHED), outputs=(said,), changed=True)
    question = questionnaire.questions[missing[0]]
    if state.stage is Stage.FINISHED or state.question != missing[0]:
        state = replace(state, stage=Stage.ASKING, question=missing[0], invalid=0)
        text = f"{text} {question.text}"
    said = say(questionnaire, Said.CORRECTED, text, question=question, told=told)
    return Advanced(state=state, outputs=(said,), changed=True)


def _read_correction(
    questionnaire: Questionnaire, question: Question, text: str, *, given: int
) -> int | None:
    return read_correction(
        text,
        given=given,
        low=question.low,
        high=question.high,
        language=questionnaire.language,
    )
