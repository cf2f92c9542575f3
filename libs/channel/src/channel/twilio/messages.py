"""Messages over Twilio, texts and others: what its callbacks and its lists tell.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Generic, TypeVar

from channel.content import Content
from channel.forms import pairs
from channel.providers import (
    Access,
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    Listed,
    ProviderEvent,
)
from channel.store.outcomes import InboundMessage, Report
from channel.twilio.codes import STATUSES, TEXTS, Codes
from channel.twilio.requests import listed
from channel.twilio.shared import OverTwilio
from common.config import TwilioAccount
from common.events.sends import DeliveryStatus, FailureClass
from common.phone import with_plus

EMPTY_TWIML = b"<Response/>"  # anything else would be sent to the person
KINDS: Mapping[str, CallbackKind] = {
    "status": CallbackKind.STATUS,
    "inbound": CallbackKind.MESSAGE,
}
A = TypeVar("A", bound=TwilioAccount)


class TwilioMessages(OverTwilio[A], Generic[A]):
    """Stateless: accounts and clients are given. What differs is how people are addressed."""

    makes = "Messages"
    codes: ClassVar[Codes] = TEXTS

    def address_of(self, party: str) -> str:
        """Ours or a person's, of what Twilio writes."""
        return with_plus(party)

    def party(self, address: str) -> str:
        """As Twilio writes it."""
        return address

    async def sent(
        self, access: Access[A], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        theirs, ours = self.party(to), self.party(sender)
        return await listed(access, self.makes, self._listed, sender=ours, to=theirs)

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        kind = KINDS.get(request.what)
        if kind is None or (kind is CallbackKind.MESSAGE and request.send_id is not None):
            return None
        fields = dict(pairs(request.body) or ())
        ours, theirs = ("From", "To") if kind is CallbackKind.STATUS else ("To", "From")
        key, address, number = event_key(fields), fields.get(theirs), fields.get(ours)
        if key is None or not address:
            return []  # genuine, and about nothing that we could have asked
        return [
            ProviderEvent(
                kind=kind,
                key=key,
                address=self.address_of(address),
                message_id=fields["MessageSid"],
                fields=fields,
                our_number=self.address_of(number) if number else None,
                send_id=request.send_id,
            )
        ]

    def report(self, fields: Mapping[str, str]) -> Report | None:
        return self._report(
            fields.get("MessageSid", ""), fields.get("MessageStatus"), fields.get("ErrorCode")
        )

    def inbound(self, fields: Mapping[str, str]) -> InboundMessage | None:
        if not fields.get("From") or not fields.get("To"):
            return None
        return InboundMessage(
            our_number=self.address_of(fields["To"]),
            address=self.address_of(fields["From"]),
            text=fields.get("Body", ""),
            keyword=fields.get("OptOutType", "").lower() or None,
        )

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if KINDS[request.what] is CallbackKind.STATUS:
            return CallbackResponse()
        return CallbackResponse(status=200, body=EMPTY_TWIML, media_type="text/xml; charset=utf-8")

    def _report(self, sid: str, status: str | None, code: str | int | None) -> Report | None:
        known = STATUSES.get(status or "")
        if known is None:
            return None
        failed = known is DeliveryStatus.FAILED
        failure = self.codes.failures.get(str(code), FailureClass.UNKNOWN)
        return Report(
            status=known,
            provider_message_id=sid,
            failure=failure if failed else None,
            code=self.codes.said(str(code or status)) if failed else None,
            read=status == "read",
        )

    def _listed(self, item: Mapping[str, Any]) -> Listed | None:
        report = self._report(item["sid"], item["status"], item["error_code"])
        if report is None:
            return None
        return Listed(
            report=report,
            text=item["body"],
            created_at=parsedate_to_datetime(item["date_created"]),
        )


def event_key(fields: Mapping[str, str]) -> str | None:
    """The same for every copy of a callback; None when it names no message."""
    sid = fields.get("MessageSid")
    if not sid:
        return None
    return f"{sid}/{fields.get('MessageStatus', 'received')}/{fields.get('ErrorCode', '')}"
