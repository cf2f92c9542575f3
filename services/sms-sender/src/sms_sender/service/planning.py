"""From which number a step goes out, and in which words."""

from common import dialogue
from common.config import Account, Config, Sender
from common.events.sends import Step, StepKind
from common.phone import country_of
from sms_sender.domain.senders import sender_for


class SmsPlanning:
    """Asked when a step arrives; a step keeps its number from then on."""

    def sender(self, config: Config, workspace: str, step: Step) -> tuple[Account, Sender] | None:
        known = config.workspaces.get(workspace)
        if known is None:
            return None
        country = step.country or country_of(step.address)
        return sender_for(known, step.contact_id, country=country, called=step.our_number)

    def text(self, step: Step) -> str:
        says = dialogue.reminder_text if step.kind is StepKind.REMINDER else dialogue.opening_text
        return says(step.questionnaire, step.variables)
