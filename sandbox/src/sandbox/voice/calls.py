"""The Call resource: which requests for calls are refused, and what an accepted one looks like."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.messages import API, Refused, is_number

STATUSES = ("queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed")
OVER = frozenset(STATUSES[3:]) | {"canceled"}
DETECTS = frozenset({"Enable", "DetectMessageEnd"})


@dataclass(slots=True, kw_only=True)
class Call:
    """One call, either way. `person` is rung, or rings; `ours` is the number at our side."""

    sid: str
    account: str
    person: str
    ours: str
    direction: str  # outbound-api | inbound
    url: str
    created: datetime
    updated: datetime
    status: str = "queued"
    fallback: str = ""
    callback: str = ""
    detects: bool = False
    ring: int = 60  # seconds, until nobody has answered
    answered_by: str | None = None
    sip: str | None = None

    @property
    def caller(self) -> str:
        return self.person if self.direction == "inbound" else self.ours

    @property
    def called(self) -> str:
        return self.ours if self.direction == "inbound" else self.person

    def form(self) -> dict[str, str]:
        """What every request about it carries."""
        form = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Called": self.called,
            "Caller": self.caller,
            "Direction": self.direction,
            "From": self.caller,
            "To": self.called,
        }
        if self.answered_by:
            form["AnsweredBy"] = self.answered_by
        if self.sip and self.status == "failed":
            form["SipResponseCode"] = self.sip
        return form

    def resource(self) -> dict[str, Any]:
        """The JSON of the REST API."""
        uri = f"{API}/{self.account}/Calls/{self.sid}"
        return {
            "account_sid": self.account,
            "answered_by": self.answered_by,
            "api_version": "2010-04-01",
            "date_created": format_datetime(self.created),
            "date_updated": format_datetime(self.updated),
            "direction": self.direction,
            "from": self.caller,
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "to": self.called,
            "uri": f"{uri}.json",
        }


def new_sid() -> str:
    return f"CA{secrets.token_hex(16)}"


def check(form: Mapping[str, str], numbers: tuple[str, ...]) -> None:
    """Raises `Refused` for what is wrong with a request for a call."""
    to, ours = form.get("To", ""), form.get("From", "")
    if not to:
        raise Refused(21201)
    if not is_number(to):
        raise Refused(21211)
    if not is_number(ours) or (numbers and ours not in numbers):
        raise Refused(21210)
    if not _is_url(form.get("Url", "")):
        raise Refused(21205)
    if not all(_is_url(form[name]) for name in ("FallbackUrl", "StatusCallback") if name in form):
        raise Refused(21609)
    ring = form.get("Timeout", "60")
    if not ring.isascii() or not ring.isdecimal() or not 1 <= int(ring) <= 600:
        raise Refused(21220)
    if form.get("MachineDetection", "Enable") not in DETECTS:
        raise Refused(21220)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
