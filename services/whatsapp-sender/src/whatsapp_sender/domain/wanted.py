"""The templates that a workspace needs: of each flow that asks by WhatsApp, by language; pure."""

from collections.abc import Iterator

from common import dialogue
from common.config import Flow, Number, Survey, WorkspaceConfig
from common.config.freezing import freeze
from common.config.links import variable
from common.events.questionnaire import Band, Question, Questionnaire
from common.events.values import Channel
from common.render import variables_of
from whatsapp_sender.domain.choices import offered
from whatsapp_sender.domain.templates import OWN_LINKS, Wording, note, wording


def wanted(workspace: WorkspaceConfig) -> list[Wording]:
    """Each once. A survey's texts by number are wordings of their own."""
    found = {(one.name, one.language): one for one in _all(workspace)}
    return list(found.values())


def titles_of(question: Question) -> tuple[str, ...]:
    """Of its buttons; nothing where it is answered in writing."""
    return tuple(title for _, title in offered(question))


def _all(workspace: WorkspaceConfig) -> Iterator[Wording]:
    for flow in workspace.flows.values():
        survey = workspace.surveys.get(flow.survey)
        if survey is None or not flow.enabled:
            continue
        if flow.after_call is Channel.WHATSAPP:
            yield from _notes(workspace, survey)
        if not _asks(flow):
            continue
        for questionnaire, _ in _questionnaires(workspace, survey):
            buttons = titles_of(questionnaire.questions[0])
            for known in (True, False):
                yield wording(questionnaire, known=known, buttons=buttons)
                yield wording(questionnaire, known=known, reminder=True, buttons=buttons)


def _notes(workspace: WorkspaceConfig, survey: Survey) -> Iterator[Wording]:
    """Of each band whose words name a link: without one nothing is told after a call."""
    for asked, number in _questionnaires(workspace, survey):
        questionnaire = dialogue.on_channel(asked, Channel.WHATSAPP)
        links = [variable(one) for one in workspace.links_of(number.number if number else None)]
        for band in (Band.LOW, Band.MIDDLE, Band.HIGH):
            if variables_of(dialogue.closing(questionnaire, band)).isdisjoint(links):
                continue
            for known in (True, False):
                yield note(questionnaire, band, known=known, links=[*links, *OWN_LINKS])


def _asks(flow: Flow) -> bool:
    return any(step.channel is Channel.WHATSAPP for step in flow.plan)


def _questionnaires(
    workspace: WorkspaceConfig, survey: Survey
) -> Iterator[tuple[Questionnaire, Number | None]]:
    """With the number that was called, where it has texts or links of its own."""
    numbers: list[Number | None] = [None]
    numbers += [one for one in workspace.numbers.values() if one.has_words or one.links]
    for language in survey.questions[0].text:
        for number in numbers:
            frozen = freeze(survey, workspace=workspace.workspace, language=language, number=number)
            yield frozen, number
