"""Twilio Programmable Messaging. https://www.twilio.com/docs/messaging/api/message-resource"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from channel.content import Content, Text
from channel.forms import pairs
from channel.providers import (
    Access,
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    Listed,
    OutgoingMessage,
    ProviderEvent,
)
from channel.store.outcomes import InboundMessage, Outcome, Rejected, Report
from channel.twilio.codes import FAILURES, STATUSES
from channel.twilio.requests import create, listed
from channel.twilio.shared import OverTwilio
from common.config import TwilioSmsAccount
from common.events.sends import DeliveryStatus, FailureClass

LONGEST_VALIDITY = 36_000  # seconds
EMPTY_TWIML = b"<Response/>"  # anything else would be sent to the person
KINDS: Mapping[str, CallbackKind] = {
    "status": CallbackKind.STATUS,
    "inbound": CallbackKind.MESSAGE,
}


class Twilio(OverTwilio[TwilioSmsAccount]):
    """Sends messages; accounts and clients are given."""

    makes = "Messages"

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

    async def sent(
        self, access: Access[TwilioSmsAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        return await listed(access, self.makes, _listed, sender=sender, to=to)

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        kind = KINDS.get(request.what)
        if kind is None or (kind is CallbackKind.MESSAGE and request.send_id is not None):
            return None
        fields = dict(pairs(request.body) or ())
        ours, theirs = ("From", "To") if kind is CallbackKind.STATUS else ("To", "From")
        key, address = event_key(fields), fields.get(theirs)
        if key is None or not address:
            return []  # genuine, and about nothing that we could have asked
        return [
            ProviderEvent(
                kind=kind,
                key=key,
                address=address,
                message_id=fields["MessageSid"],
                fields=fields,
                our_number=fields.get(ours),
                send_id=request.send_id,
            )
        ]

    def report(self, fields: Mapping[str, str]) -> Report | None:
        return _report(
            fields.get("MessageSid", ""), fields.get("MessageStatus"), fields.get("ErrorCode")
        )

    def inbound(self, fields: Mapping[str, str]) -> InboundMessage | None:
        if not fields.get("From") or not fields.get("To"):
            return None
        return InboundMessage(
            our_number=fields["To"],
            address=fields["From"],
            text=fields.get("Body", ""),
            keyword=fields.get("OptOutType", "").lower() or None,
        )

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if KINDS[request.what] is CallbackKind.STATUS:
            return CallbackResponse()
        return CallbackResponse(status=200, body=EMPTY_TWIML, media_type="text/xml; charset=utf-8")


def event_key(fields: Mapping[str, str]) -> str | None:
    """The same for every copy of a callback; None when it names no message."""
    sid = fields.get("MessageSid")
    if not sid:
        return None
    return f"{sid}/{fields.get('MessageStatus', 'received')}/{fields.get('ErrorCode', '')}"


def _report(sid: str, status: str | None, code: str | int | None) -> Report | None:
    known = STATUSES.get(status or "")
    if known is None:
        return None
    failed = known is DeliveryStatus.FAILED
    return Report(
        status=known,
        provider_message_id=sid,
        failure=FAILURES.get(str(code), FailureClass.UNKNOWN) if failed else None,
        code=str(code or status) if failed else None,
    )


def _listed(item: Mapping[str, Any]) -> Listed | None:
    report = _report(item["sid"], item["status"], item["error_code"])
    if report is None:
        return None
    return Listed(
        report=report,
        text=item["body"],
        created_at=parsedate_to_datetime(item["date_created"]),
    )
