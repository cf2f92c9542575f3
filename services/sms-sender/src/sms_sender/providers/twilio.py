"""Twilio Programmable Messaging. https://www.twilio.com/docs/messaging/api/message-resource"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
from twilio.request_validator import RequestValidator

from channel.content import Content, Text
from channel.providers import (
    Access,
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    Credentials,
    Listed,
    OutgoingMessage,
    ProviderEvent,
)
from channel.store.outcomes import (
    Ambiguous,
    InboundMessage,
    NothingLeft,
    Outcome,
    Rejected,
    Report,
)
from common.config import TwilioSmsAccount
from common.events.sends import DeliveryStatus, FailureClass
from common.http import nothing_left
from sms_sender.providers.twilio_codes import FAILURES, STATUSES, body_of, outcome_of

LONGEST_VALIDITY = 36_000  # seconds
MOST_FIELDS = 200
EMPTY_TWIML = b"<Response/>"  # anything else would be sent to the person
KINDS: Mapping[str, CallbackKind] = {
    "status": CallbackKind.STATUS,
    "inbound": CallbackKind.MESSAGE,
}
MARGIN = 5.0  # seconds over the account's time-out, for connecting


class _Form(dict[str, list[str]]):
    """What the SDK's validator asks of a form whose names may come twice."""

    def getall(self, name: str) -> list[str]:
        return self[name]


class Twilio:
    """Stateless: accounts and clients are given."""

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
        seconds = access.account.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds + MARGIN):
                response = await access.http.post(
                    _messages(access.account), data=form, auth=_auth(access), timeout=seconds
                )
        except TimeoutError:
            return Ambiguous("no answer in time")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kind = NothingLeft if nothing_left(error) else Ambiguous
            return kind(type(error.__cause__ or error).__name__)
        return outcome_of(response)

    async def sent(
        self, access: Access[TwilioSmsAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        # Not filtered by DateSent: what is still queued has none. Newest come first.
        query = {"To": to, "From": sender, "PageSize": "50"}
        try:
            response = await access.http.get(
                _messages(access.account), params=query, auth=_auth(access)
            )
            listed = [_listed(item) for item in response.raise_for_status().json()["messages"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return None
        return [message for message in listed if message is not None]

    async def credentials(self, access: Access[TwilioSmsAccount]) -> Credentials:
        try:
            response = await access.http.get(
                _messages(access.account), params={"PageSize": "1"}, auth=_auth(access)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Credentials(said=type(error.__cause__ or error).__name__)
        code = body_of(response).get("code") if response.is_error else None
        return Credentials(
            said=f"http {response.status_code}" + (f", code {code}" if code else ""),
            status=response.status_code,
            date=_date(response.headers.get("date")),
        )

    def verify(
        self, request: CallbackRequest, account: TwilioSmsAccount, secrets: Mapping[str, str]
    ) -> bool:
        pairs = _pairs(request.body)
        if pairs is None or ("AccountSid", account.account_sid) not in pairs:
            return False
        signature = request.headers.get("x-twilio-signature", "")
        form = _Form()
        for name, value in pairs:
            form.setdefault(name, []).append(value)
        token = secrets["auth_token"]
        valid: bool = RequestValidator(token).validate(request.url, form, signature)
        return valid

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        kind = KINDS.get(request.what)
        if kind is None or (kind is CallbackKind.MESSAGE and request.send_id is not None):
            return None
        fields = dict(_pairs(request.body) or ())
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


def _pairs(body: bytes) -> Sequence[tuple[str, str]] | None:
    """Names may come twice, and blank values count: they are signed, too."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


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


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None


def _messages(account: TwilioSmsAccount) -> str:
    base = account.base_url.rstrip("/")
    return f"{base}/2010-04-01/Accounts/{account.account_sid}/Messages.json"


def _auth(access: Access[TwilioSmsAccount]) -> tuple[str, str]:
    return access.account.account_sid, access.secrets["auth_token"]
