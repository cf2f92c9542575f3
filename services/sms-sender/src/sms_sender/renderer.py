"""A survey as text messages."""

from collections.abc import Mapping

from channel.content import Text
from common import dialogue
from common.dialogue import Output
from common.events.questionnaire import Band, Questionnaire
from common.events.sends import Step


class SmsRenderer:
    """Each message says all there is to say; scales and keywords are part of the words."""

    def ask(self, step: Step) -> Text:
        return Text(text=dialogue.opening_text(step.questionnaire, step.variables))

    def reminder(self, step: Step) -> Text:
        return Text(text=dialogue.reminder_text(step.questionnaire, step.variables))

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Text:
        said = dialogue.spoken(questionnaire, output, variables)
        return Text(text=said + dialogue.listed(output))

    def note(
        self, questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]
    ) -> Text:
        return Text(text=dialogue.note_text(questionnaire, band, variables))

    def notice(self, text: str, language: str) -> Text:
        return Text(text=text)
