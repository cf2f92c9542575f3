"""What of a survey can be asked by voice and answered by keys, and in which words."""

from collections.abc import Iterator

from msgspec import structs

from common.events.questionnaire import Question, QuestionKind, Questionnaire, Texts, Voice
from common.events.sends import Step

MOST_OPTIONS = 9
STAR = "*"  # of no scale, so it opts out where 9 is an answer


def suited(step: Step) -> Step:
    """The step with what a caller can hear and answer by keys, in spoken words."""
    return structs.replace(step, questionnaire=heard(step.questionnaire))


def heard(survey: Questionnaire) -> Questionnaire:
    """Without questions for words, unless they may speak; a comment that nobody can give is not

    waited for.
    """
    voice = survey.voice or Voice()
    said = voice.texts
    asked = [q for q in survey.questions if _can_be_answered(q, voice)]
    return structs.replace(
        survey,
        questions=tuple(_spoken(question, voice) for question in asked),
        others=tuple(heard(other) for other in survey.others),
        texts=structs.replace(
            Texts(),
            invalid=said.invalid,
            gave_up=said.gave_up,
            thanks=said.thanks,
            thank_you=said.thank_you,
            stopped=said.stopped,
            closed=said.closed,
        ),
    )


def _can_be_answered(question: Question, voice: Voice) -> bool:
    """A choice by one key for each option, of which nobody can keep more in mind anyway; words

    where somebody listens.
    """
    if question.kind is QuestionKind.CHOICE:
        return len(question.options) <= MOST_OPTIONS
    return voice.speech or question.kind is not QuestionKind.COMMENT


def stop_key(survey: Questionnaire) -> str:
    """9, unless a scale has it: one key for the whole survey."""
    highest = max(question.high for question in survey.questions)
    return STAR if highest >= 9 else "9"


def _spoken(question: Question, voice: Voice) -> Question:
    """In its own words for the telephone, else as it is written and with how to answer."""
    own = voice.questions.get(question.id)
    if question.kind is QuestionKind.CHOICE:
        offered = " ".join(_offered(question, voice.texts.option))
        return structs.replace(question, text=f"{own or question.text} {offered}")
    if own is not None:
        return structs.replace(question, text=own)
    texts = voice.texts
    if question.kind is QuestionKind.COMMENT:
        press = texts.comment
    elif question.high > 9:
        press = texts.say_two if voice.speech else texts.press_two
    else:
        press = texts.say if voice.speech else texts.press
    return structs.replace(question, text=f"{question.text} {press}")


def _offered(question: Question, wording: str) -> Iterator[str]:
    """Each option with its key."""
    for key, option in enumerate(question.options, 1):
        yield wording.replace("{option}", option.text).replace("{key}", str(key))


def says_stop(pressed: str, stop: str) -> bool:
    """Star is in no answer, so wherever it is pressed it is meant."""
    return pressed == stop or (stop == STAR and STAR in pressed)
