"""Twilio Programmable Voice. https://www.twilio.com/docs/voice/api/call-resource"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

from channel.content import Prompt
from channel.providers import Access, Listed, OutgoingMessage
from channel.store.outcomes import Outcome, Rejected, Report
from channel.twilio.requests import create, listed
from channel.twilio.shared import OverTwilio
from common.config import TwilioVoiceAccount
from common.events.sends import FailureClass
from ivr_gateway.providers import twiml
from ivr_gateway.providers.calling import DocumentCalls, Documents
from ivr_gateway.providers.twilio_calls import report_of


class TwilioVoice(DocumentCalls, OverTwilio[TwilioVoiceAccount]):
    """Places calls; accounts and clients are given."""

    makes = "Calls"
    documents: ClassVar[Documents] = twiml
    speech: ClassVar[tuple[str, str]] = ("SpeechResult", "Confidence")
    header: ClassVar[str] = "sipheader_x-aftercall-call"

    async def send(self, access: Access[TwilioVoiceAccount], message: OutgoingMessage) -> Outcome:
        content = message.content
        if not isinstance(content, Prompt):
            return Rejected(FailureClass.CONFIG, "nothing to be said aloud")
        account = access.account
        prompt, goodbye, status = self.urls(message.callbacks, message.send_id, content)
        form: dict[str, str] = {
            "To": message.to,
            "From": message.sender,
            "Url": prompt,
            "Method": "POST",
            "FallbackUrl": goodbye,
            "FallbackMethod": "POST",
            "StatusCallback": status,
            "StatusCallbackMethod": "POST",
            "Timeout": str(int(account.ring.total_seconds())),
        }
        if account.machine_detection:
            form["MachineDetection"] = "Enable"
        return await create(access, self.makes, form)

    async def sent(
        self, access: Access[TwilioVoiceAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        return await listed(access, self.makes, _listed, sender=sender, to=to)

    def call_of(self, fields: Mapping[str, Any]) -> str:
        return str(fields.get("CallSid") or "")

    def was_taken(self, fields: Mapping[str, Any]) -> bool:
        return fields.get("DialCallStatus") in ("completed", "answered")

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        return report_of(fields)


def _listed(item: Mapping[str, Any]) -> Listed | None:
    report = report_of({"CallSid": item["sid"], "CallStatus": item["status"]})
    if report is None:
        return None
    return Listed(
        report=report, created_at=parsedate_to_datetime(item["date_created"]), by_time=True
    )
