"""The rules of a dialogue: one input in, the next state and what to say out."""

from dataclasses import replace
from datetime import datetime

from msgspec import structs

from common.answers import Rating, own_words, read_correction, read_rating, says_something
from common.dialogue.record import (
    answer_to,
    band_so_far,
    rated,
    score_of,
    waiting,
    with_answer,
    with_comment,
)
from common.dialogue.speech import closing, say
from common.dialogue.state import (
    Advanced,
    Dialogue,
    Input,
    Open,
    Said,
    Silence,
    Stage,
    Tap,
)
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.responses import Answer


def advance(
    questionnaire: Questionnaire, state: Dialogue, incoming: Input, *, now: datetime
) -> Advanced:
    """`now` is when the reply was received, not when we come to read it."""
    if state.stage is Stage.UNKNOWN:  # a newer version knows what is to be said, if anything
        return Advanced(state=state, unmatched=not isinstance(incoming, Open))
    if state.stage is Stage.CLOSED or now >= state.expires_at:
        return _late(questionnaire, state, incoming)
    question = questionnaire.questions[state.question]
    if isinstance(incoming, Open):
        if state.stage is not Stage.ASKING:
            return Advanced(state=state)
        kind = Said.QUESTION if state.question else Said.OPENING
        return Advanced(
            state=state, outputs=(say(questionnaire, kind, question.text, question=question),)
        )
    if isinstance(incoming, Tap):
        return _tapped(questionnaire, state, incoming, now=now)
    if isinstance(incoming, Silence):
        return _unheard(questionnaire, state)
    text = own_words(incoming.text)
    if state.stage is not Stage.FINISHED and question.kind is QuestionKind.UNKNOWN:
        return _pass_over(questionnaire, state)
    if state.stage is not Stage.FINISHED and question.kind is QuestionKind.RATING:
        return _rate(questionnaire, state, text, now=now)
    return _correct(questionnaire, state, text, now=now) or _comment(
        questionnaire, state, text, now=now
    )


def close(state: Dialogue) -> Dialogue:
    """Ends it from our side; whatever comes now is late."""
    return replace(state, stage=Stage.CLOSED)


def _late(questionnaire: Questionnaire, state: Dialogue, incoming: Input) -> Advanced:
    """Says once that it is too late: two machines must not thank each other for ever."""
    if isinstance(incoming, Open):
        return Advanced(state=state)
    if state.told_closed:
        return Advanced(state=state, unmatched=True)
    closed = say(questionnaire, Said.CLOSED, questionnaire.texts.closed)
    return Advanced(state=replace(state, told_closed=True), outputs=(closed,), unmatched=True)


def _rate(questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime) -> Advanced:
    question = questionnaire.questions[state.question]
    rating = _read(questionnaire, question, text)
    if rating is None:
        return _misread(questionnaire, state, text, now=now)
    answer = rated(questionnaire, question, rating.value, now=now)
    answered = with_answer(questionnaire, state, answer, now=now)
    if rating.rest:
        answered = with_comment(questionnaire, answered, rating.rest, now=now)
    return _go_on(questionnaire, answered)


def _tapped(questionnaire: Questionnaire, state: Dialogue, tap: Tap, *, now: datetime) -> Advanced:
    """An answer to the question that was tapped, or its correction, wherever the dialogue is."""
    question = next((q for q in questionnaire.questions if q.id == tap.question_id), None)
    if question is None or question.kind is not QuestionKind.RATING:
        return Advanced(state=state, unmatched=True)
    if not question.low <= tap.value <= question.high:
        return Advanced(state=state, unmatched=True)
    earlier = answer_to(state, question.id)
    if earlier is not None:
        return _changed(questionnaire, state, earlier, tap.value, now=now)
    answer = rated(questionnaire, question, tap.value, now=now)
    return _go_on(questionnaire, with_answer(questionnaire, state, answer, now=now))


def _unheard(questionnaire: Questionnaire, state: Dialogue) -> Advanced:
    """Asks again as often as after an answer that cannot be read; nothing was said to be kept."""
    if state.stage is not Stage.ASKING:
        return Advanced(state=state)
    question = questionnaire.questions[state.question]
    return _again(questionnaire, state, Said.SILENT, question)


def _again(
    questionnaire: Questionnaire, state: Dialogue, kind: Said, question: Question
) -> Advanced:
    """The question once more, at most `max_invalid` times."""
    if state.invalid >= questionnaire.max_invalid:
        said = say(questionnaire, Said.GAVE_UP, questionnaire.texts.gave_up)
        return Advanced(state=replace(state, stage=Stage.GAVE_UP), outputs=(said,))
    after = replace(state, invalid=state.invalid + 1)
    said = say(questionnaire, kind, questionnaire.texts.invalid, question=question)
    return Advanced(state=after, outputs=(said,))


def _misread(
    questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime
) -> Advanced:
    """Asks again, at most `max_invalid` times. Words are a comment, with a score or without."""
    commented = state
    if any(c.isalpha() for c in text):
        unscored = score_of(questionnaire, state) is None
        commented = with_comment(questionnaire, state, text, now=now, unasked=unscored)
    changed = commented is not state
    if state.stage is Stage.GAVE_UP:
        return Advanced(state=commented, changed=changed, unmatched=not changed)
    question = questionnaire.questions[state.question]
    again = _again(questionnaire, commented, Said.INVALID, question)
    return replace(again, changed=changed, unmatched=not changed)


def _pass_over(questionnaire: Questionnaire, state: Dialogue) -> Advanced:
    """To a question of a newer version: no rating of ours, and no correction of one, is read."""
    return replace(_go_on(questionnaire, state), changed=False, unmatched=True)


def _comment(
    questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime
) -> Advanced:
    """After the end it is kept without a word, or two polite people would never stop."""
    if not says_something(text):
        return Advanced(state=state, unmatched=True)
    commented = with_comment(questionnaire, state, text, now=now)
    if state.stage is Stage.FINISHED:
        return Advanced(
            state=commented, changed=commented is not state, unmatched=commented is state
        )
    return _go_on(questionnaire, commented)


def _correct(
    questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime
) -> Advanced | None:
    """Another number, and nothing else, where no number was asked for: the newest wins.

    It replaces the rating given last. "2 calls ..." or "2 thanks" in a comment must not change a
    score, hence nothing else. None when the text is no correction.
    """
    rated = [q for q in questionnaire.questions if q.kind is QuestionKind.RATING]
    given = [(q, a) for q in rated if (a := answer_to(state, q.id)) is not None]
    if not given:
        return None
    question, earlier = given[-1]
    if earlier.value is None:
        return None
    value = _read_correction(questionnaire, question, text, given=earlier.value)
    if value is None:
        return None
    return _changed(questionnaire, state, earlier, value, now=now)


def _changed(
    questionnaire: Questionnaire, state: Dialogue, earlier: Answer, value: int, *, now: datetime
) -> Advanced:
    """The newest value wins; those before stay in its history."""
    if earlier.value is None or earlier.value == value:
        return Advanced(state=state)
    if now < earlier.answered_at:
        return _overtaken(state, earlier, value)
    history = (*earlier.corrects, earlier.value)
    answer = structs.replace(earlier, value=value, answered_at=now, corrects=history)
    corrected = with_answer(questionnaire, state, answer, now=now)
    return _after_correction(questionnaire, corrected, value)


def _overtaken(state: Dialogue, newer: Answer, value: int) -> Advanced:
    """Received before the answer that we have and read after it: only its history knows it."""
    answer = structs.replace(newer, corrects=(value, *newer.corrects))
    answers = tuple(answer if one is newer else one for one in state.answers)
    return Advanced(
        state=replace(state, answers=answers, revision=state.revision + 1), changed=True
    )


def _after_correction(questionnaire: Questionnaire, state: Dialogue, value: int) -> Advanced:
    """The new band may have other questions: the open one falls away, or one more is asked."""
    text = questionnaire.texts.corrected
    missing = waiting(questionnaire, state)
    if not missing:
        said = say(questionnaire, Said.CORRECTED, text, score=value)
        return Advanced(state=replace(state, stage=Stage.FINISHED), outputs=(said,), changed=True)
    question = questionnaire.questions[missing[0]]
    if state.stage is Stage.FINISHED or state.question != missing[0]:
        state = replace(state, stage=Stage.ASKING, question=missing[0], invalid=0)
        text = f"{text} {question.text}"
    said = say(questionnaire, Said.CORRECTED, text, question=question, score=value)
    return Advanced(state=state, outputs=(said,), changed=True)


def _go_on(questionnaire: Questionnaire, state: Dialogue) -> Advanced:
    """Asks what is still missing, or thanks."""
    missing = waiting(questionnaire, state)
    score = score_of(questionnaire, state)
    if not missing:
        text = closing(questionnaire, band_so_far(questionnaire, state))
        after = replace(state, stage=Stage.FINISHED)
        said = say(questionnaire, Said.THANKS, text, score=score)
        return Advanced(state=after, outputs=(said,), changed=True)
    question = questionnaire.questions[missing[0]]
    after = replace(state, stage=Stage.ASKING, question=missing[0], invalid=0)
    said = say(questionnaire, Said.QUESTION, question.text, question=question, score=score)
    return Advanced(state=after, outputs=(said,), changed=True)


def _read(questionnaire: Questionnaire, question: Question, text: str) -> Rating | None:
    return read_rating(text, low=question.low, high=question.high, language=questionnaire.language)


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
