"""Twilio Programmable Voice. https://www.twilio.com/docs/voice/api/call-resource

A call asks us what to say (`prompt`), tells the keys pressed (`key`, one `turn` after the other)
and how it ended (`status`). Who rings us asks what to say, too (`inbound`), and waits some seconds
for their step, which may be on its way to us. Where we cannot answer, a call goes to `goodbye`,
which needs nothing but this process.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from channel.content import Content, Prompt
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
from channel.twilio.requests import create, listed
from channel.twilio.shared import OverTwilio
from channel.twilio.signatures import pairs
from common.config import TwilioVoiceAccount
from common.events.sends import DeliveryStatus, FailureClass
from ivr_gateway.providers import twiml
from ivr_gateway.providers.twilio_calls import report_of

PROMPT, KEY, STATUS, GOODBYE, INBOUND = "prompt", "key", "status", "goodbye", "inbound"
KINDS: Mapping[str, CallbackKind] = {
    PROMPT: CallbackKind.STATUS,
    KEY: CallbackKind.MESSAGE,
    STATUS: CallbackKind.STATUS,
    INBOUND: CallbackKind.MESSAGE,
}
SORRY = "Sorry, we cannot go on now. Goodbye."
NO_SURVEY = "Sorry, we have no survey for you at the moment. Goodbye."
TRIES, PAUSE = 4, 2  # that somebody who rings us waits for their step; seconds in between
LONGEST_KEYS = 50  # what is longer is no answer whatever it is


class TwilioVoice(OverTwilio[TwilioVoiceAccount]):
    """Places calls; accounts and clients are given."""

    makes = "Calls"

    async def send(self, access: Access[TwilioVoiceAccount], message: OutgoingMessage) -> Outcome:
        content = message.content
        if not isinstance(content, Prompt):
            return Rejected(FailureClass.CONFIG, "nothing to be said aloud")
        account = access.account
        words = {"say": content.goodbye or SORRY, "language": content.language}
        form: dict[str, str] = {
            "To": message.to,
            "From": message.sender,
            "Url": f"{message.callbacks}/{PROMPT}/{message.send_id}",
            "Method": "POST",
            "FallbackUrl": f"{message.callbacks}/{GOODBYE}?{urlencode(words)}",
            "FallbackMethod": "POST",
            "StatusCallback": f"{message.callbacks}/{STATUS}/{message.send_id}",
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

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        if request.what == GOODBYE:
            return []
        kind = KINDS.get(request.what)
        if kind is None or (request.send_id is None and request.what not in (KEY, INBOUND)):
            return None
        fields = _query(request) | dict(pairs(request.body) or ())
        call, (ours, theirs) = fields.get("CallSid"), _numbers(fields)
        if not call or not theirs:
            return []
        return [
            ProviderEvent(
                kind=kind,
                key=_key(request.what, call, fields),
                address=theirs,
                message_id=call,
                fields=fields,
                our_number=ours,
                send_id=request.send_id,
                awaits_content=request.what != STATUS,
            )
        ]

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        return report_of(fields)

    def inbound(self, fields: Mapping[str, Any]) -> InboundMessage | None:
        ours, theirs = _numbers(fields)
        if not ours or not theirs:
            return None
        if "turn" not in fields:
            return InboundMessage(our_number=ours, address=theirs, text="", rings=True)
        pressed = str(fields.get("Digits", ""))[:LONGEST_KEYS]
        stop = fields.get("stop")
        return InboundMessage(
            our_number=ours,
            address=theirs,
            text=pressed,
            keyword="stop" if stop and _says_stop(pressed, stop) else None,
            silent=not pressed,
            about=fields.get("CallSid"),
        )

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if request.what == STATUS:
            return CallbackResponse()
        fields = _query(request) | dict(pairs(request.body) or ())
        return CallbackResponse(
            status=200, body=_document(request, fields, content), media_type="text/xml"
        )


def _document(
    request: CallbackRequest, fields: Mapping[str, str], content: Content | None
) -> bytes:
    if request.what == GOODBYE:
        language = fields.get("language", "en")
        return twiml.goodbye(fields.get("say", SORRY), language=language)
    failed = report_of(fields)
    if failed is not None and failed.status is DeliveryStatus.FAILED:
        return twiml.hang_up()  # nothing is left on a machine
    if request.what == INBOUND and not isinstance(content, Prompt):
        return _wait(request, fields)
    if not isinstance(content, Prompt):  # nothing is left to be said
        return twiml.goodbye(fields.get("say", SORRY), language=fields.get("language", "en"))
    return twiml.document(content, action=_action(request, fields, content))


def _wait(request: CallbackRequest, fields: Mapping[str, str]) -> bytes:
    """What the switch has just told of the call may still be on its way to us."""
    tried = int(fields["try"]) if _is_number(fields.get("try", "")) else 1
    if tried >= TRIES:
        said, language = fields.get("say", NO_SURVEY), fields.get("language", "en")
        return twiml.goodbye(said, language=language)
    query = _query(request) | {"try": str(tried + 1)}
    here = request.url.partition("?")[0]
    return twiml.again(f"{here}?{urlencode(query)}", seconds=PAUSE)


def _numbers(fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Ours and theirs, whoever calls whom."""
    numbers = fields.get("From"), fields.get("To")
    return numbers[::-1] if fields.get("Direction") == "inbound" else numbers


def _action(request: CallbackRequest, fields: Mapping[str, str], prompt: Prompt) -> str:
    """Of this turn alone: whoever asks again gets the same document, with the same action."""
    about = f"/{request.send_id}" if request.send_id else ""
    here = request.url.partition("?")[0].removesuffix(f"/{request.what}{about}")
    turn = int(fields["turn"]) + 1 if _is_number(fields.get("turn", "")) else 1
    query = {"turn": str(turn), "language": prompt.language}
    query |= {"stop": prompt.stop} if prompt.stop else {}
    query |= {"say": prompt.goodbye} if prompt.goodbye else {}
    return f"{here}/{KEY}{about}?{urlencode(query)}"


def _key(what: str, call: str, fields: Mapping[str, str]) -> str:
    """The same for every copy of the event."""
    if what == KEY:
        return f"{call}/{KEY}/{fields.get('turn', '')[:9]}"
    if what == INBOUND:
        return f"{call}/{INBOUND}/{fields.get('try', '1')[:9]}"
    return f"{call}/{PROMPT if what == PROMPT else fields.get('CallStatus', '')}"


def _says_stop(pressed: str, stop: str) -> bool:
    """Star is in no answer, so wherever it is pressed it is meant."""
    return pressed == stop or (stop == "*" and "*" in pressed)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def _query(request: CallbackRequest) -> dict[str, str]:
    """Of our own URL, which is signed as the form is."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def _listed(item: Mapping[str, Any]) -> Listed | None:
    report = report_of({"CallSid": item["sid"], "CallStatus": item["status"]})
    if report is None:
        return None
    return Listed(
        report=report, created_at=parsedate_to_datetime(item["date_created"]), by_time=True
    )
