"""The templates that a workspace needs: of each flow that asks by WhatsApp, by language; pure."""

from collections.abc import Iterator

from common.config import Flow, Number, Survey, WorkspaceConfig
from common.config.freezing import freeze
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.values import Channel
from whatsapp_sender.domain.choices import titles
from whatsapp_sender.domain.templates import Wording, wording


def wanted(workspace: WorkspaceConfig) -> list[Wording]:
    """Each once. A survey's texts by number are wordings of their own."""
    found = {(one.name, one.language): one for one in _all(workspace)}
    return list(found.values())


def titles_of(question: Question) -> tuple[str, ...]:
    """Of its buttons; nothing where it is answered in writing."""
    if question.kind is not QuestionKind.RATING:
        return ()
    return tuple(title for _, title in titles(question.low, question.high))


def _all(workspace: WorkspaceConfig) -> Iterator[Wording]:
    for flow in workspace.flows.values():
        survey = workspace.surveys.get(flow.survey)
        if survey is None or not flow.enabled or not _asks(flow):
            continue
        for questionnaire in _questionnaires(workspace, survey):
            buttons = titles_of(questionnaire.questions[0])
            for known in (True, False):
                yield wording(questionnaire, known=known, buttons=buttons)
                yield wording(questionnaire, known=known, reminder=True, buttons=buttons)


def _asks(flow: Flow) -> bool:
    return any(step.channel is Channel.WHATSAPP for step in flow.plan)


def _questionnaires(workspace: WorkspaceConfig, survey: Survey) -> Iterator[Questionnaire]:
    numbers: list[Number | None] = [None]
    numbers += [number for number in workspace.numbers.values() if number.has_words]
    for language in survey.questions[0].text:
        for number in numbers:
            yield freeze(survey, workspace=workspace.workspace, language=language, number=number)
