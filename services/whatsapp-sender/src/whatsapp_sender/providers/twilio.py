"""WhatsApp by Twilio. https://www.twilio.com/docs/whatsapp

Its buttons below a template are the template's, the same for everybody: which ask a tap belongs to,
the message that was tapped says. Free words have no buttons here, and are answered in writing.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from channel.content import Choices, Content, Template, Text
from channel.providers import Access, OutgoingMessage
from channel.store.outcomes import Choice, InboundMessage, Outcome, Rejected
from channel.twilio.codes import Codes
from channel.twilio.messages import TwilioMessages
from channel.twilio.requests import create
from common.config import TwilioWhatsAppAccount
from common.events.sends import FailureClass
from whatsapp_sender.domain.addresses import USER, number_of, user_of
from whatsapp_sender.domain.choices import chosen, in_writing
from whatsapp_sender.providers.twilio_codes import CODES

LONGEST = 1600  # characters
PREFIX = "whatsapp:"
TAPPED = ("ButtonPayload", "ListId")


class TwilioWhatsApp(TwilioMessages[TwilioWhatsAppAccount]):
    """Stateless: accounts and clients are given."""

    codes: ClassVar[Codes] = CODES

    def address_of(self, party: str) -> str:
        """The number where it is told: a person is known by it on every channel."""
        name = party.removeprefix(PREFIX)
        return user_of(name) or number_of(name) or party

    def party(self, address: str) -> str:
        return address if address.startswith(USER) else f"{PREFIX}{address}"

    async def send(
        self, access: Access[TwilioWhatsAppAccount], message: OutgoingMessage
    ) -> Outcome:
        said = _said(message.content)
        if said is None:
            return Rejected(FailureClass.CONFIG, "Twilio has no such content")
        form = {
            "To": self.party(message.to),
            "From": self.party(message.sender),
            "StatusCallback": f"{message.callbacks}/status/{message.send_id}",
            **said,
        }
        return await create(access, self.makes, form, self.codes)

    def inbound(self, fields: Mapping[str, str]) -> InboundMessage | None:
        written = super().inbound(fields)
        if written is None:
            return None
        tapped = next((found for name in TAPPED if (found := chosen(fields.get(name, "")))), None)
        return replace(
            written,
            choice=Choice(tapped.question_id, tapped.value) if tapped else None,
            invitation_id=tapped.invitation_id if tapped else None,
            about=fields.get("OriginalRepliedMessageSid") or None,
        )


def _said(content: Content) -> Mapping[str, str] | None:
    """None: it cannot be said, or not yet."""
    match content:
        case Text(text=text):
            return {"Body": text[:LONGEST]}
        case Choices(text=text, buttons=buttons):
            return {"Body": in_writing(text, buttons)[:LONGEST]}
        case Template(sid=sid, variables=variables) if sid:
            places = {str(place): value for place, value in enumerate(variables, 1)}
            return {"ContentSid": sid} | (
                {"ContentVariables": json.dumps(places, ensure_ascii=False)} if places else {}
            )
    return None
