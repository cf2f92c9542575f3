"""A survey frozen for one person: one language, the texts of the number they called."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from common.config import Number, Question, Survey, SurveyVoice, Workspace
from common.events import questionnaire
from common.events.calls import Outline
from common.events.questionnaire import Questionnaire, Texts, Voice, VoiceTexts
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.matching import queue_of

VARIABLES = frozenset({"brand", "name", "agent", "queue"})  # filled when a message is rendered
RATING_VARIABLES = frozenset({"low", "high", "score"})  # filled by the dialogue
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A questionnaire as it is stored and sent; `id` is derived from `body`."""

    id: UUID
    body: bytes


class Freezer:
    """Freezes each (survey version, language, number with texts) once per configuration version."""

    def __init__(self) -> None:
        self._version = -1
        self._frozen: dict[tuple[str, str, str, str | None], Frozen] = {}

    def questionnaire(
        self, survey: Survey, *, workspace: CompiledWorkspace, interaction: Outline
    ) -> Frozen:
        """What this interaction's contact will be asked."""
        if workspace.version != self._version:
            self._frozen = {}
            self._version = workspace.version
        described = workspace.config.workspace
        called = workspace.config.numbers.get(interaction.our_number or "")
        number = called if called and called.texts else None
        language = language_of(survey, interaction.language, described.language)
        key = (described.id, survey.id, language, number.number if number else None)
        found = self._frozen.get(key)
        if found is None:
            found = encoded(freeze(survey, workspace=described, language=language, number=number))
            self._frozen[key] = found
        return found


def freeze(
    survey: Survey, *, workspace: Workspace, language: str | None, number: Number | None
) -> Questionnaire:
    """`language` is the contact's, if known; `number` is the one they called, if it is ours."""
    spoken = language_of(survey, language, workspace.language)
    texts = _in(survey.texts, spoken) or {}
    own = _in(number.texts, spoken) or {} if number else {}
    thanks = {**texts.get("thanks", {}), **own.get("thanks", {})}
    return Questionnaire(
        survey_id=survey.id,
        survey_version=survey.version,
        metric=survey.metric,
        language=spoken,
        brand=workspace.name,
        questions=tuple(_question(question, spoken) for question in survey.questions),
        texts=msgspec.convert({**texts, **own, "thanks": thanks}, Texts),
        voice=_voice(_in(survey.voice, spoken)),
    )


def _voice(voice: SurveyVoice | None) -> Voice | None:
    if voice is None:
        return None
    return Voice(
        voice=voice.voice,
        locale=voice.locale,
        questions=dict(voice.questions),
        recordings=dict(voice.recordings),
        texts=msgspec.convert(voice.texts, VoiceTexts),
    )


def encoded(value: Questionnaire) -> Frozen:
    """Without what has its default: a standard sentence is said as the sender's version says it."""
    body = msgspec.json.encode(value)
    return Frozen(UUID(bytes=hashlib.blake2b(body, digest_size=16).digest()), body)


def language_of(survey: Survey, *wanted: str | None) -> str:
    """The first wanted language that the survey speaks (`pt-BR` is content with `pt`)."""
    spoken = survey.questions[0].text
    for language in wanted:
        for name in (language, (language or "").partition("-")[0]):
            if name in spoken:
                return name
    return next(iter(spoken))


def variables(interaction: Outline, brand: str) -> dict[str, str]:
    """What {name} and the like stand for; empty when the source did not tell."""
    agents = (leg.agent_name for leg in reversed(interaction.legs) if leg.agent_name)
    return {
        "brand": brand,
        "name": interaction.customer_name or "",
        "agent": next(agents, ""),
        "queue": queue_of(interaction) or "",
    }


def _question(question: Question, language: str) -> questionnaire.Question:
    text = _in(question.text, language) or next(iter(question.text.values()))
    low, high = question.scale
    return questionnaire.Question(
        id=question.id,
        kind=question.kind,
        text=text,
        low=low,
        high=high,
        only=question.only,
        metric=question.metric,
    )


def _in(texts: Mapping[str, V], language: str) -> V | Any:
    return texts.get(language) or texts.get(language.partition("-")[0])
