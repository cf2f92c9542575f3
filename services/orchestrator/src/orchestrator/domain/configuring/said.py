"""The texts around the questions: their names, and the variables that they may hold."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from common.config import Survey
from common.dialogue import OPT_OUT_LINK
from common.events.questionnaire import Band, Texts, VoiceTexts
from common.events.values import Channel
from common.render import check_variables, holes
from orchestrator.domain.configuring.links import CLOSING
from orchestrator.domain.freeze import RATING_VARIABLES, VARIABLES

_TEXTS = frozenset(Texts.__struct_fields__)
_VOICE_TEXTS = frozenset(VoiceTexts.__struct_fields__)
_NONE: frozenset[str] = frozenset()
# What else these texts may name; on the telephone, but for the last.
_OWN: Mapping[str, frozenset[str]] = {
    "opt_out": frozenset({"key"}),
    "language": frozenset({"key"}),
    "option": frozenset({"option", "key"}),
    "rechosen": frozenset({"answer"}),
}
LINKED = CLOSING | {"opt_out", "reminder"}  # texts that may say where one opts out by a press
WRITTEN = tuple(channel.value for channel in (Channel.SMS, Channel.WHATSAPP))


def wrong_with(text: str, known: Collection[str]) -> list[str]:
    """A sentence for each variable that there is not, or that may leave a hole."""
    return [*check_variables(text, known), *holes(text)]


def voices_of(survey: Survey) -> Iterator[tuple[str, str]]:
    """Names and variables of what is said on the telephone."""
    asked = {question.id for question in survey.questions}
    for language in survey.choose_language:
        voice = survey.voice.get(language)
        if not language.startswith("en") and not (voice and "language" in voice.texts):
            yield f"{language}.texts.language", "how to choose it, in its own words, with {key}"
    for language, voice in survey.voice.items():
        for question in voice.questions.keys() - asked:
            yield f"{language}.questions.{question}", "the survey has no such question"
        for name in voice.recordings.keys() - asked - _VOICE_TEXTS:
            yield f"{language}.recordings.{name}", "neither a question nor a text of that name"
        for name, text in voice.questions.items():
            for message in wrong_with(text, VARIABLES | RATING_VARIABLES):
                yield f"{language}.questions.{name}", message
        for path, message in texts_of({language: voice.texts}, known=_VOICE_TEXTS):
            yield f"{language}.{path.replace(f'{language}.', '', 1)}", message


def texts_of(
    texts: Mapping[str, Mapping[str, Any]],
    *,
    known: Collection[str] = _TEXTS,
    links: frozenset[str] = _NONE,
) -> Iterator[tuple[str, str]]:
    """Their names and variables; what shape they have was looked at when they were read."""
    for language, of_language in texts.items():
        for name, text in of_language.items():
            path = f"texts.{language}.{name}"
            if name not in known:
                yield path, f"not known; there are {', '.join(sorted(known))}"
            own = links if name in CLOSING else _OWN.get(name, _NONE)
            if known is _TEXTS and name in LINKED:
                own |= {OPT_OUT_LINK}
            for place, band, said in _said(path, text):
                if band and band not in Band.words():
                    yield place, "a band is low, middle or high"
                for message in wrong_with(said, VARIABLES | RATING_VARIABLES | own):
                    yield place, message
            for channel in text if name == "thanks_on" else ():
                if channel not in WRITTEN:
                    yield f"{path}.{channel}", f"a channel is one of {', '.join(WRITTEN)}"


def _said(path: str, text: Any) -> Iterator[tuple[str, str, str]]:
    """Every text below there: its place, its band, its words."""
    if isinstance(text, str):
        yield path, path.rpartition(".")[2] if path.count(".") > 2 else "", text
        return
    for name, inner in text.items():
        yield from _said(f"{path}.{name}", inner)
