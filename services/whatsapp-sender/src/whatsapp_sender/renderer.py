"""A survey as WhatsApp messages: an approved template opens, what follows is free.

A rating of at most ten answers is tapped; one that has more (0 to 10) is written, for WhatsApp
shows ten choices. Options whose words are too long for a row are a list to write the
number of. Whatever can be tapped may be written instead: `docs/decisions/` 0034 says why.
"""

from collections.abc import Mapping

from channel.content import Button, Choices, Content, Template, Text
from common import dialogue
from common.dialogue import Output
from common.events.questionnaire import Band, Question, Questionnaire
from common.events.sends import Step
from whatsapp_sender.domain import templates
from whatsapp_sender.domain.choices import choice_id, offered


class WhatsAppRenderer:
    """Buttons carry question and value, so that a tap is an answer whatever its title says."""

    def ask(self, step: Step) -> Template:
        return _template(step, reminder=False)

    def reminder(self, step: Step) -> Template:
        return _template(step, reminder=True)

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Content:
        text = dialogue.spoken(questionnaire, output, variables)
        buttons = _buttons(output.question)
        if buttons:
            return Choices(text=text, buttons=buttons)
        return Text(text=text + dialogue.listed(output))

    def note(
        self, questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]
    ) -> Template:
        """As a template: they have heard us on the telephone, and may never have written."""
        wording = templates.note_for(questionnaire, band, variables)
        return Template(
            name=wording.name,
            language=wording.language,
            variables=_values(wording, variables),
            text=dialogue.note_text(questionnaire, band, variables),
        )

    def notice(self, text: str, language: str) -> Text:
        return Text(text=text)


def _buttons(question: Question | None, invitation: str | None = None) -> tuple[Button, ...]:
    """`invitation`: in a template, of which it may not be told what was tapped."""
    if question is None:
        return ()
    return tuple(
        Button(id=choice_id(question.id, value, invitation), title=title)
        for value, title in offered(question)
    )


def _template(step: Step, *, reminder: bool) -> Template:
    survey = step.questionnaire
    said = dialogue.reminder_text if reminder else dialogue.opening_text
    buttons = _buttons(survey.questions[0], str(step.invitation_id))
    wording = templates.wording_for(
        survey, step.variables, reminder=reminder, buttons=tuple(one.title for one in buttons)
    )
    return Template(
        name=wording.name,
        language=wording.language,
        variables=_values(wording, step.variables),
        buttons=buttons,
        text=said(survey, step.variables),
    )


def _values(wording: templates.Wording, variables: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(templates.value(variables[name]) for name in wording.variables)
