"""Twilio Programmable Messaging. https://www.twilio.com/docs/messaging/api/message-resource"""

from channel.content import Text
from channel.providers import Access, OutgoingMessage
from channel.store.outcomes import Outcome, Rejected
from channel.twilio.messages import TwilioMessages
from channel.twilio.requests import create
from common.config import TwilioSmsAccount
from common.events.sends import FailureClass

LONGEST_VALIDITY = 36_000  # seconds


class Twilio(TwilioMessages[TwilioSmsAccount]):
    """Sends texts; accounts and clients are given."""

    async def send(self, access: Access[TwilioSmsAccount], message: OutgoingMessage) -> Outcome:
        if not isinstance(message.content, Text):
            return Rejected(FailureClass.CONFIG, "no text")
        form = {
            "To": message.to,
            "From": message.sender,
            "Body": message.content.text,
            "StatusCallback": f"{message.callbacks}/status/{message.send_id}",
            "ValidityPeriod": str(max(1, min(LONGEST_VALIDITY, message.validity))),
        }
        return await create(access, self.makes, form)
