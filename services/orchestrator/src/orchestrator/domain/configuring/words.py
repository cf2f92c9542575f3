"""What people read and hear: names of texts, variables, and what a question is counted by."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from common.config import Number, Question, Survey, WorkspaceConfig
from common.errors import FieldError
from common.events.questionnaire import Band, QuestionKind, Texts, VoiceTexts
from common.events.values import Channel, Metric
from common.render import check_variables
from orchestrator.domain.configuring.links import CLOSING, known_to
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.freeze import RATING_VARIABLES, VARIABLES

_TEXTS = frozenset(Texts.__struct_fields__)
_VOICE_TEXTS = frozenset(VoiceTexts.__struct_fields__)
_KEY: Mapping[str, frozenset[str]] = {"opt_out": frozenset({"key"})}  # on the telephone
_NONE: frozenset[str] = frozenset()
WRITTEN = tuple(channel.value for channel in (Channel.SMS, Channel.WHATSAPP))


def words(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Of everything that changes."""
    yield from _workspace(config, places)
    yield from _surveys(config, places)
    yield from _numbers(config, places)


def _surveys(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    for survey in config.surveys.values():
        if ("survey", survey.id) not in places.changed:
            continue  # a newer version may know more texts and variables
        for index, question in enumerate(survey.questions):
            for field, message in _question(question, survey):
                yield places.error("survey", survey.id, f"questions.{index}.{field}", message)
        for path, message in _texts(survey.texts, links=known_to(config, None)):
            yield places.error("survey", survey.id, path, message)
        for path, message in _voices(survey):
            yield places.error("survey", survey.id, f"voice.{path}", message)


def _numbers(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    for number in config.numbers.values():
        if ("number", number.number) in places.changed:
            links = known_to(config, number)
            for path, message in _texts(number.texts, links=links):
                yield places.error("number", number.number, path, message)
            for path, message in _own_questions(number, config):
                yield places.error("number", number.number, path, message)


def _own_questions(number: Number, config: WorkspaceConfig) -> Iterator[tuple[str, str]]:
    """Words of questions that some survey asks."""
    asked = {question.id for survey in config.surveys.values() for question in survey.questions}
    for name, words in number.questions.items():
        if name not in asked and not config.unreadable:
            yield f"questions.{name}", f"no survey asks it; there are {', '.join(sorted(asked))}"
        for language, text in words.items():
            for message in check_variables(text, VARIABLES | {"low", "high"}):
                yield f"questions.{name}.{language}", message


def _workspace(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Words of every survey. Links are for the words of a survey or a number."""
    if ("workspace", config.workspace.id) in places.changed:
        for path, message in _texts(config.workspace.texts):
            yield places.error("workspace", config.workspace.id, path, message)


def _question(question: Question, survey: Survey) -> Iterator[tuple[str, str]]:
    yield from _metric(question, survey)
    missing = survey.questions[0].text.keys() - question.text.keys()
    if missing:
        yield "text", f"not in {', '.join(sorted(missing))}, as the first question is"
    rating = {"low", "high"} if question.kind is QuestionKind.RATING else set()
    for language, text in question.text.items():
        for message in check_variables(text, VARIABLES | rating):
            yield f"text.{language}", message


def _metric(question: Question, survey: Survey) -> Iterator[tuple[str, str]]:
    """What a rating is counted by; the first one's scale is looked at with its survey."""
    if question.metric is None and question.kind is not QuestionKind.RATING:
        return
    if question.kind is not QuestionKind.RATING:
        yield "metric", "only a rating has one"
    elif question is survey.questions[0]:
        if question.metric not in (None, survey.metric):
            yield "metric", f"the first question is the score's: its metric is {survey.metric}"
    elif (question.metric or survey.metric) is Metric.NPS and question.scale != (0, 10):
        yield "metric", "nps is asked from 0 to 10; give the question a metric of its own"


def _voices(survey: Survey) -> Iterator[tuple[str, str]]:
    """Names and variables of what is said on the telephone."""
    asked = {question.id for question in survey.questions}
    for language, voice in survey.voice.items():
        for question in voice.questions.keys() - asked:
            yield f"{language}.questions.{question}", "the survey has no such question"
        for name in voice.recordings.keys() - asked - _VOICE_TEXTS:
            yield f"{language}.recordings.{name}", "neither a question nor a text of that name"
        for name, text in voice.questions.items():
            for message in check_variables(text, VARIABLES | RATING_VARIABLES):
                yield f"{language}.questions.{name}", message
        for path, message in _texts({language: voice.texts}, known=_VOICE_TEXTS):
            yield f"{language}.{path.replace(f'{language}.', '', 1)}", message


def _texts(
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
            own = links if name in CLOSING else _KEY.get(name, _NONE)
            for place, band, said in _said(path, text):
                if band and band not in Band.words():
                    yield place, "a band is low, middle or high"
                for message in check_variables(said, VARIABLES | RATING_VARIABLES | own):
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
