"""A survey as it is heard: what is said, and the keys that may be pressed then."""

from collections.abc import Mapping

from channel.content import Prompt
from common import dialogue
from common.dialogue import Output, Said
from common.events.questionnaire import Question, QuestionKind, Questionnaire, Voice
from common.events.sends import Step
from common.render import render
from ivr_gateway.domain.hearing import STAR, stop_key

ASKS_AGAIN = frozenset({Said.INVALID, Said.SILENT})


class VoiceRenderer:
    """Who heard nothing, or pressed what is no answer, hears why, and the question once more."""

    def ask(self, step: Step) -> Prompt:
        survey, voice = step.questionnaire, _voice(step.questionnaire)
        texts = voice.texts
        said = (texts.announce, survey.questions[0].text, opt_out(survey))
        return _prompt(survey, " ".join(said), step.variables, survey.questions[0])

    def reminder(self, step: Step) -> Prompt:
        return self.ask(step)

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Prompt:
        known = dict(variables) | output.variables
        text = dialogue.spoken(questionnaire, output, variables)
        if output.kind in ASKS_AGAIN and output.question is not None:
            texts = _voice(questionnaire).texts
            why = texts.silent if output.kind is Said.SILENT else texts.invalid
            text = f"{render(why, known)} {render(output.question.text, known)}"
        return _prompt(questionnaire, text, known, output.question)

    def notice(self, text: str, language: str) -> Prompt:
        return Prompt(text=text, language=language)


def opt_out(questionnaire: Questionnaire) -> str:
    """How to get no more calls, with the key by its name."""
    texts, key = _voice(questionnaire).texts, stop_key(questionnaire)
    return texts.opt_out.replace("{key}", texts.star if key == STAR else key)


def _prompt(
    survey: Questionnaire, text: str, variables: Mapping[str, str], question: Question | None
) -> Prompt:
    own = {"brand": survey.brand}
    if question is not None:
        own |= {"low": str(question.low), "high": str(question.high)}
    voice, known = _voice(survey), dict(variables) | own
    return Prompt(
        text=render(text, known),
        keys=_keys(question),
        stop=stop_key(survey) if question else None,
        goodbye=render(voice.texts.goodbye, known),
        voice=voice.voice,
        language=voice.locale or survey.language,
    )


def _keys(question: Question | None) -> tuple[str, ...]:
    if question is None or question.kind is not QuestionKind.RATING:
        return ()
    return tuple(str(key) for key in range(question.low, question.high + 1))


def _voice(questionnaire: Questionnaire) -> Voice:
    return questionnaire.voice or Voice()
