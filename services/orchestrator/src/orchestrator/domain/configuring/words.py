"""Words of a workspace that stand under those of its surveys, and words of questions by number."""

from collections.abc import Iterator

from common.config import Number, WorkspaceConfig
from common.errors import FieldError
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.said import texts_of, wrong_with
from orchestrator.domain.freeze import VARIABLES


def own_words(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Of what changes. Links are for the words of a survey or a number."""
    if ("workspace", config.workspace.id) in places.changed:
        for path, message in texts_of(config.workspace.texts):
            yield places.error("workspace", config.workspace.id, path, message)
    for number in config.numbers.values():
        if ("number", number.number) in places.changed:
            for path, message in _questions(number, config):
                yield places.error("number", number.number, path, message)


def _questions(number: Number, config: WorkspaceConfig) -> Iterator[tuple[str, str]]:
    """Words of questions that some survey asks."""
    asked = {question.id for survey in config.surveys.values() for question in survey.questions}
    for name, words in number.questions.items():
        if name not in asked and not config.unreadable:
            yield f"questions.{name}", f"no survey asks it; there are {', '.join(sorted(asked))}"
        for language, text in words.items():
            for message in wrong_with(text, VARIABLES | {"low", "high"}):
                yield f"questions.{name}.{language}", message
