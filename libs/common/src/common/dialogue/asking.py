"""The rules of a dialogue: one input in, the next state and what to say out."""

from dataclasses import replace
from datetime import datetime

from common.answers import (
    Rating,
    own_words,
    read_choice,
    read_rating,
    says_something,
)
from common.dialogue.correcting import changed, correct
from common.dialogue.languages import choose, is_open, spoken_in
from common.dialogue.record import (
    answer_to,
    band_so_far,
    counted,
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


def advance(
    questionnaire: Questionnaire, state: Dialogue, incoming: Input, *, now: datetime
) -> Advanced:
    """`now` is when the reply was received, not when we come to read it."""
    questionnaire = spoken_in(questionnaire, state)
    if state.stage is Stage.UNKNOWN:  # a newer version knows what is to be said, if anything
        return Advanced(state=state, unmatched=not isinstance(incoming, Open))
    if state.stage is Stage.CLOSED or now >= state.expires_at:
        return _late(questionnaire, state, incoming)
    if is_open(questionnaire, state):
        return choose(questionnaire, state, incoming)
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
    if state.stage is not Stage.FINISHED and not question.is_known:
        return _pass_over(questionnaire, state)
    if state.stage is not Stage.FINISHED and question.is_counted:
        return _count(questionnaire, state, text, now=now)
    return correct(questionnaire, state, text, now=now) or _comment(
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


def answers(questionnaire: Questionnaire, state: Dialogue, text: str) -> bool:
    """Whether it is read as the rating or the choice that is asked for, whatever else it may be."""
    question = questionnaire.questions[state.question]
    return question.is_counted and _read(questionnaire, question, own_words(text)) is not None


def _count(questionnaire: Questionnaire, state: Dialogue, text: str, *, now: datetime) -> Advanced:
    question = questionnaire.questions[state.question]
    rating = _read(questionnaire, question, text)
    if rating is None:
        return _misread(questionnaire, state, text, now=now)
    answer = counted(questionnaire, question, rating.value, now=now)
    answered = with_answer(questionnaire, state, answer, now=now)
    if rating.rest:
        answered = with_comment(questionnaire, answered, rating.rest, now=now)
    return _go_on(questionnaire, answered)


def _tapped(questionnaire: Questionnaire, state: Dialogue, tap: Tap, *, now: datetime) -> Advanced:
    """An answer to the question that was tapped, or its correction, wherever the dialogue is."""
    question = next((q for q in questionnaire.questions if q.id == tap.question_id), None)
    if question is None or not question.is_counted:
        return Advanced(state=state, unmatched=True)
    if not question.low <= tap.value <= question.high:
        return Advanced(state=state, unmatched=True)
    earlier = answer_to(state, question.id)
    if earlier is not None:
        return changed(questionnaire, state, question, tap.value, now=now)
    answer = counted(questionnaire, question, tap.value, now=now)
    return _go_on(questionnaire, with_answer(questionnaire, state, answer, now=now))


def _unheard(questionnaire: Questionnaire, state: Dialogue) -> Advanced:
    """Asks again as often as after an answer that cannot be read; nothing was said to be kept."""
    if state.stage is not Stage.ASKING:
        return Advanced(state=state)
    question = questionnaire.questions[state.question]
    if question.kind is QuestionKind.COMMENT:  # an extra, for which nobody is pressed
        passed = replace(state, passed=(*state.passed, question.id))
        return replace(_go_on(questionnaire, passed), changed=False)
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
        choice = questionnaire.questions[state.question].kind is QuestionKind.CHOICE
        unasked = choice or score_of(questionnaire, state) is None
        commented = with_comment(questionnaire, state, text, now=now, unasked=unasked)
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


def _go_on(questionnaire: Questionnaire, state: Dialogue) -> Advanced:
    """Asks what is still missing, or thanks."""
    missing = waiting(questionnaire, state)
    score = score_of(questionnaire, state)
    told = {} if score is None else {"score": str(score)}
    if not missing:
        text = closing(questionnaire, band_so_far(questionnaire, state))
        after = replace(state, stage=Stage.FINISHED)
        said = say(questionnaire, Said.THANKS, text, told=told)
        return Advanced(state=after, outputs=(said,), changed=True)
    question = questionnaire.questions[missing[0]]
    after = replace(state, stage=Stage.ASKING, question=missing[0], invalid=0)
    said = say(questionnaire, Said.QUESTION, question.text, question=question, told=told)
    return Advanced(state=after, outputs=(said,), changed=True)


def _read(questionnaire: Questionnaire, question: Question, text: str) -> Rating | None:
    if question.kind is QuestionKind.CHOICE:
        words = [option.text for option in question.options]
        return read_choice(text, words, language=questionnaire.language)
    return read_rating(text, low=question.low, high=question.high, language=questionnaire.language)
