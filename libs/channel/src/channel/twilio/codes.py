"""Twilio's words and numbers, in ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Outcome,
    Rejected,
    Throttled,
)
from common.events.sends import DeliveryStatus, FailureClass

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
WORDS: Mapping[str, str] = {
    "30004": "blocked: by the person, or in India by the do-not-disturb registry (DND)",
    "30007": "filtered as unwanted; in India also a header or words not registered there (DLT)",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What numbers mean: of one message, of the number it goes out from, of the account.

    `words`: for people, where there are some.
    """

    failures: Mapping[str, FailureClass]
    sender: frozenset[str]
    account: frozenset[str]
    too_fast: frozenset[str]
    words: Mapping[str, str] = field(default_factory=dict)

    def said(self, code: str) -> str:
        known = self.words.get(code)
        return f"{code}: {known}" if known else code


TEXTS = Codes(
    failures=FAILURES,
    sender=SENDER_CODES,
    account=ACCOUNT_CODES,
    too_fast=TOO_FAST,
    words=WORDS,
)


def outcome_of(response: httpx.Response, codes: Codes = TEXTS) -> Outcome:
    """The table of outcomes: what an answer to a create request means."""
    status, body = response.status_code, body_of(response)
    code = str(body.get("code") or f"http {status}")
    if 200 <= status < 300:
        sid = body.get("sid")
        return Accepted(str(sid)) if sid else Ambiguous(f"http {status} without a sid")
    if status >= 500 or status == 408:
        return Ambiguous(code)
    if status == 429 or code in codes.too_fast:
        return Throttled(_seconds(response.headers.get("retry-after")))
    if code in codes.sender:
        return AccountRefused(codes.said(code), sender_only=True)
    if code in codes.failures:
        return Rejected(codes.failures[code], codes.said(code))
    if code in codes.account or status in REFUSALS or status < 400:
        return AccountRefused(codes.said(code))
    return Rejected(FailureClass.UNKNOWN, code)


def body_of(response: httpx.Response) -> Mapping[str, Any]:
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
