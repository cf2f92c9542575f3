"""Twilio Programmable Messaging. https://www.twilio.com/docs/messaging/api/message-resource"""

from collections.abc import Sequence
from datetime import datetime

from channel.content import Text
from channel.providers import Access, Listed, OutgoingMessage
from channel.store.outcomes import Outcome, Rejected
from channel.twilio.messages import TwilioMessages
from channel.twilio.requests import create
from common.config import TwilioSmsAccount
from common.events.sends import FailureClass

LONGEST_VALIDITY = 36_000  # seconds


class Twilio(TwilioMessages[TwilioSmsAccount]):
    """Sends texts; accounts and clients are given.

    What is registered in India has no place in a request: Twilio knows it by the header, from the
    registration of that, and the operators by the words.
    """

    async def send(self, access: Access[TwilioSmsAccount], message: OutgoingMessage) -> Outcome:
        if not isinstance(message.content, Text):
            return Rejected(FailureClass.CONFIG, "no text")
        form = {
            "To": message.to,
            "From": shown_as(access.account, message.sender),
            "Body": message.content.text,
            "StatusCallback": f"{message.callbacks}/status/{message.send_id}",
            "ValidityPeriod": str(max(1, min(LONGEST_VALIDITY, message.validity))),
        }
        return await create(access, self.makes, form)

    async def sent(
        self, access: Access[TwilioSmsAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        shown = shown_as(access.account, sender)
        return await super().sent(access, sender=shown, to=to, since=since)


def shown_as(account: TwilioSmsAccount, number: str) -> str:
    """What people see as the sender."""
    sender = account.sender_of(number)
    return sender.shown if sender else number
