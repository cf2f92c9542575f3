"""Twilio Programmable Messaging. https://www.twilio.com/docs/messaging/api/message-resource"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
from twilio.request_validator import RequestValidator

from channel.outgoing.carriers import Listed
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Inbound,
    NothingLeft,
    Outcome,
    Rejected,
    Report,
    Throttled,
)
from common.config import Account
from common.events.sends import DeliveryStatus, FailureClass
from common.http import nothing_left
from sms_sender.providers import Access, Credentials, Pairs, Request, Sms

LONGEST_VALIDITY = 36_000  # seconds
MOST_FIELDS = 200
MARGIN = 5.0  # seconds over the account's time-out, for connecting

# https://www.twilio.com/docs/api/errors. Twilio may change them: what is not here is UNKNOWN.
FAILURES: Mapping[str, FailureClass] = {
    **dict.fromkeys(("21211", "21217", "30005"), FailureClass.INVALID_NUMBER),
    **dict.fromkeys(("21612", "21614", "21635", "30006"), FailureClass.NO_CHANNEL),
    **dict.fromkeys(("21610", "30004"), FailureClass.OPTED_OUT),
    **dict.fromkeys(("30007", "30453", "30454"), FailureClass.BLOCKED),
    **dict.fromkeys(("30003", "30008", "30410", "30500"), FailureClass.TRANSIENT),
    **dict.fromkeys(("30001", "30018", "30019", "30022", "30023"), FailureClass.THROTTLED),
    # 21408 (country not enabled) is about this contact's country: others go on being asked.
    **dict.fromkeys(("21408", "30002", "30010", "30032", "30034"), FailureClass.CONFIG),
    "30036": FailureClass.EXPIRED,
}
ACCOUNT_CODES = frozenset({"20003", "20404", "21703", "21704", "21705"})
SENDER_CODES = frozenset({"21212", "21606", "21659", "21660"})
TOO_FAST = frozenset({"20429", "14107"})
REFUSALS = frozenset({401, 402, 403, 404})

STATUSES: Mapping[str, DeliveryStatus] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), DeliveryStatus.SENT),
    **dict.fromkeys(("delivered", "read"), DeliveryStatus.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), DeliveryStatus.FAILED),
}


class _Form(dict[str, list[str]]):
    """What the SDK's validator asks of a form whose names may come twice."""

    def getall(self, name: str) -> list[str]:
        return self[name]


class Twilio:
    """Stateless: accounts and clients are given."""

    name = "twilio"

    async def send(self, access: Access, sms: Sms) -> Outcome:
        form = {
            "To": sms.to,
            "From": sms.sender,
            "Body": sms.text,
            "StatusCallback": sms.status_url,
            "ValidityPeriod": str(max(1, min(LONGEST_VALIDITY, sms.validity))),
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
        self, access: Access, *, sender: str, to: str, since: datetime
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

    async def credentials(self, access: Access) -> Credentials:
        try:
            response = await access.http.get(
                _messages(access.account), params={"PageSize": "1"}, auth=_auth(access)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Credentials(said=type(error.__cause__ or error).__name__)
        code = _json(response).get("code") if response.is_error else None
        return Credentials(
            said=f"http {response.status_code}" + (f", code {code}" if code else ""),
            status=response.status_code,
            date=_date(response.headers.get("date")),
        )

    def parse(self, request: Request) -> Pairs | None:
        try:
            # Blank values count: they are signed, too.
            return parse_qsl(
                request.body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        except ValueError:
            return None

    def is_genuine(self, request: Request, pairs: Pairs, account: Account, token: str) -> bool:
        if ("AccountSid", account.account_sid) not in pairs:
            return False
        signature = request.headers.get("x-twilio-signature", "")
        form = _Form()
        for name, value in pairs:
            form.setdefault(name, []).append(value)
        valid: bool = RequestValidator(token).validate(request.url, form, signature)
        return valid

    def event_key(self, fields: Mapping[str, str]) -> str | None:
        sid = fields.get("MessageSid")
        if not sid:
            return None
        return f"{sid}/{fields.get('MessageStatus', 'received')}/{fields.get('ErrorCode', '')}"

    def report(self, fields: Mapping[str, str]) -> Report | None:
        return _report(
            fields.get("MessageSid", ""), fields.get("MessageStatus"), fields.get("ErrorCode")
        )

    def inbound(self, fields: Mapping[str, str]) -> Inbound | None:
        if not fields.get("From") or not fields.get("To"):
            return None
        return Inbound(
            our_number=fields["To"],
            address=fields["From"],
            text=fields.get("Body", ""),
            keyword=fields.get("OptOutType", "").lower() or None,
        )

    def address(self, fields: Mapping[str, str]) -> str:
        """Status callbacks are about messages from us to them, and carry a status."""
        return fields.get("To" if "MessageStatus" in fields else "From", "")


def outcome_of(response: httpx.Response) -> Outcome:
    """The table of outcomes: what an answer to a create request means."""
    status, body = response.status_code, _json(response)
    code = str(body.get("code") or f"http {status}")
    if 200 <= status < 300:
        sid = body.get("sid")
        return Accepted(str(sid)) if sid else Ambiguous(f"http {status} without a sid")
    if status >= 500 or status == 408:
        return Ambiguous(code)
    if status == 429 or code in TOO_FAST:
        return Throttled(_seconds(response.headers.get("retry-after")))
    if code in SENDER_CODES:
        return AccountRefused(code, sender_only=True)
    if code in FAILURES:
        return Rejected(FAILURES[code], code)
    if code in ACCOUNT_CODES or status in REFUSALS or status < 400:
        return AccountRefused(code)
    return Rejected(FailureClass.UNKNOWN, code)


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


def _messages(account: Account) -> str:
    base = account.base_url.rstrip("/")
    return f"{base}/2010-04-01/Accounts/{account.account_sid}/Messages.json"


def _auth(access: Access) -> tuple[str, str]:
    return access.account.account_sid, access.token


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(retry_after: str | None) -> float | None:
    """Seconds, as Twilio writes it; a date, as HTTP also allows, is left to our own back-off."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(3600.0, float(retry_after))
