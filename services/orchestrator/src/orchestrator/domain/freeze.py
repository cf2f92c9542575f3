"""A survey frozen for one person: one language, the texts of the number they called."""

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

import msgspec

from common.config import Survey
from common.config.freezing import freeze, language_of
from common.events.calls import Outline
from common.events.questionnaire import Questionnaire
from orchestrator.domain.attribution import queue_of
from orchestrator.domain.compiled import CompiledWorkspace

VARIABLES = frozenset({"brand", "name", "agent", "queue"})  # filled when a message is rendered
RATING_VARIABLES = frozenset({"low", "high", "score"})  # filled by the dialogue
LONGEST_NAME = 40  # characters
_NO_NAME = re.compile(r"[:/@\\<>]|\d{4}|\w\.\w{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A questionnaire as it is stored and sent; `id` is derived from `body`."""

    id: UUID
    body: bytes


class Freezer:
    """Freezes each (survey version, language, number with texts) once per configuration version."""

    def __init__(self) -> None:
        self._version = -1
        self._frozen: dict[tuple[str, str, str, str | None, bool], Frozen] = {}

    def questionnaire(
        self, survey: Survey, *, workspace: CompiledWorkspace, interaction: Outline
    ) -> Frozen:
        """What this interaction's contact will be asked."""
        if workspace.version != self._version:
            self._frozen = {}
            self._version = workspace.version
        described = workspace.config.workspace
        number = workspace.worded.get(interaction.our_number or "")
        language = language_of(survey, interaction.language, described.language)
        choosing = bool(survey.choose_language) and not _is_known(survey, interaction.language)
        key = (described.id, survey.id, language, number.number if number else None, choosing)
        found = self._frozen.get(key)
        if found is None:
            found = encoded(
                freeze(
                    survey,
                    workspace=described,
                    language=language,
                    number=number,
                    choosing=choosing,
                )
            )
            self._frozen[key] = found
        return found


def _is_known(survey: Survey, language: str | None) -> bool:
    """Whether the source told a language that the survey speaks: then nobody has to choose."""
    spoken = survey.questions[0].text
    return language is not None and (language in spoken or language.partition("-")[0] in spoken)


def encoded(value: Questionnaire) -> Frozen:
    """Without what has its default: a standard sentence is said as the sender's version says it."""
    body = msgspec.json.encode(value)
    return Frozen(UUID(bytes=hashlib.blake2b(body, digest_size=16).digest()), body)


def variables(interaction: Outline, brand: str) -> dict[str, str]:
    """What {name} and the like stand for; empty when the source did not tell."""
    name = interaction.customer_name
    return {
        "brand": brand,
        "name": _name(name) if name else "",
        "agent": _agent(interaction),
        "queue": queue_of(interaction) or "",
    }


def _agent(interaction: Outline) -> str:
    """The name of the last one that has one."""
    for leg in reversed(interaction.legs):
        if leg.agent_name:
            return leg.agent_name
    return ""


def _name(told: str) -> str:
    """Callers name themselves, so a name must not make our text theirs: no link, no number, short.

    What looks like either is no name, and is left out as a whole.
    """
    return "" if len(told) > LONGEST_NAME or _NO_NAME.search(told) else told
