"""A survey as one person is asked it: one language, the texts of the number they called."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from common.config.models import Number, Workspace
from common.config.surveys import Question, Survey, SurveyVoice
from common.events import questionnaire
from common.events.questionnaire import QuestionKind, Questionnaire, Texts, Voice, VoiceTexts

V = TypeVar("V")
_NESTED = ("thanks", "thanks_on")  # what a number says of one band leaves the others as they are


def freeze(
    survey: Survey,
    *,
    workspace: Workspace,
    language: str | None,
    number: Number | None,
    choosing: bool = False,
) -> Questionnaire:
    """`language` is the contact's, if known; `number` is the one they called, if it is ours.

    `choosing`: with the other languages that they may choose on the telephone.
    """
    spoken = language_of(survey, language, workspace.language)
    texts = texts_of(survey, workspace, spoken)
    own = _in(number.texts, spoken) or {} if number else {}
    merged = {name: _merged(texts.get(name, {}), own.get(name, {})) for name in _NESTED}
    return Questionnaire(
        survey_id=survey.id,
        survey_version=survey.version,
        metric=survey.metric,
        language=spoken,
        brand=workspace.name,
        questions=tuple(_question(question, spoken, number) for question in survey.questions),
        texts=msgspec.convert({**texts, **own, **merged}, Texts),
        others=tuple(
            freeze(survey, workspace=workspace, language=other, number=number)
            for other in (survey.choose_language if choosing else ())
            if other != spoken
        ),
        voice=_voice(_in(survey.voice, spoken)),
    )


def texts_of(survey: Survey, workspace: Workspace, language: str) -> Mapping[str, Any]:
    """Those of the survey, and of the workspace where it says nothing."""
    own: Mapping[str, Any] = _in(survey.texts, language) or {}
    usual = _in(workspace.texts, language)
    return _merged(usual, own) if usual else own


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = under.keys() & over.keys()
    nested = {
        name: _merged(under[name], over[name]) for name in both if isinstance(under[name], Mapping)
    }
    return {**under, **over, **nested}


def _voice(voice: SurveyVoice | None) -> Voice | None:
    if voice is None:
        return None
    return Voice(
        voice=voice.voice,
        locale=voice.locale,
        questions=dict(voice.questions),
        recordings=dict(voice.recordings),
        speech=voice.speech,
        hints=voice.hints,
        texts=msgspec.convert(voice.texts, VoiceTexts),
    )


def language_of(survey: Survey, *wanted: str | None) -> str:
    """The first wanted language that the survey speaks (`pt-BR` is content with `pt`)."""
    spoken = survey.questions[0].text
    for language in wanted:
        if language is None:
            continue
        if language in spoken:
            return language
        if (name := language.partition("-")[0]) in spoken:
            return name
    return next(iter(spoken))


def _question(question: Question, language: str, number: Number | None) -> questionnaire.Question:
    own = _in(number.questions.get(question.id, {}), language) if number else None
    text = own or _in(question.text, language) or next(iter(question.text.values()))
    low, high = question.scale
    if question.kind is QuestionKind.CHOICE:
        low, high = 1, len(question.options)
    return questionnaire.Question(
        id=question.id,
        kind=question.kind,
        text=text,
        low=low,
        high=high,
        only=question.only,
        metric=question.metric,
        options=tuple(
            questionnaire.Option(
                id=option.id,
                text=_in(option.text, language) or next(iter(option.text.values())),
            )
            for option in question.options
        ),
        chosen=question.chosen,
    )


def _in(texts: Mapping[str, V], language: str) -> V | Any:
    return texts.get(language) or texts.get(language.partition("-")[0])
