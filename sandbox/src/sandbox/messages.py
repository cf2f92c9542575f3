"""The Message resource: which create requests are refused, and what an accepted one looks like."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from sandbox.wording import segments

API = "/2010-04-01/Accounts"
LONGEST_BODY = 1600
_E164 = re.compile(r"\+[1-9]\d{7,14}")
_HEADER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_NORTH_AMERICA = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}")
# Numbers that the carrier's test credentials answer this way.
_MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL"),
    21210: (400, "'From' phone number not verified"),
    21220: (400, "Invalid call parameter"),
    21211: (400, "The 'To' number is not a valid phone number."),
    21212: (400, "The 'From' number is not a valid phone number."),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region of the 'To' number.",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number cannot be reached from this 'From' number."),
    21614: (400, "The 'To' number is not a valid mobile number."),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21659: (400, "The 'From' number is not a Twilio phone number."),
    21660: (400, "Mismatch between the 'From' number and the account."),
    21703: (400, "The Messaging Service does not have a phone number available to send a message."),
    21705: (400, "The Messaging Service Sid is invalid."),
    20001: (400, "Parameter 'ValidityPeriod' is not valid"),
    21655: (400, "The ContentSid is invalid."),
    21656: (400, "The ContentVariables parameter is invalid."),
    60200: (400, "Invalid parameter"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """`numbers` it may send from; without any, every number is taken for its own.

    `services`: pools of sender numbers by Messaging Service sid. `inbound_urls` by number win
    over `inbound_url`. `handles_stop`: default opt-out handling (block, answer, tag webhooks).
    `headers`: what it may show in the place of a number (alphanumeric sender ids).
    `voice_url`: what calls to its numbers ask, of a provider that `speaks` so.
    """

    token: str
    numbers: tuple[str, ...] = ()
    services: Mapping[str, Sequence[str]] = field(default_factory=dict)
    inbound_url: str | None = None
    inbound_urls: Mapping[str, str] = field(default_factory=dict)
    handles_stop: bool = True
    voice_url: str | None = None
    speaks: str = "twilio"
    headers: tuple[str, ...] = ()

    def url_for(self, number: str) -> str | None:
        return self.inbound_urls.get(number, self.inbound_url)


class Refused(Exception):
    """A create request that the carrier does not take."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Message:
    """One text, either way; its status moves on."""

    sid: str
    account: str
    to: str
    sender: str
    body: str
    direction: str  # outbound-api | inbound
    status: str
    created: datetime
    service: str | None = None
    callback: str = ""
    sent: datetime | None = None
    updated: datetime
    code: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)  # what may be tapped: title, payload

    def resource(self) -> dict[str, Any]:
        """The JSON of the REST API."""
        uri = f"{API}/{self.account}/Messages/{self.sid}"
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.updated),
            "direction": self.direction,
            "error_code": self.code,
            "error_message": f"Error {self.code}" if self.code else None,
            "from": self.sender if self.status != "accepted" else None,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": "0" if self.status == "accepted" else str(segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


def is_whatsapp(address: str) -> bool:
    return address.startswith("whatsapp:")


def bare(address: str) -> str:
    """The number of it, on whatever channel."""
    return address.removeprefix("whatsapp:")


def is_number(text: str) -> bool:
    """E.164 as far as a carrier can tell by form alone."""
    if text.startswith("+1"):
        return _NORTH_AMERICA.fullmatch(text) is not None
    return _E164.fullmatch(text) is not None


def check(form: Mapping[str, str]) -> None:
    """Raises `Refused` for what is wrong whoever sends it."""
    to, body = form.get("To", ""), form.get("Body", "")
    if not to:
        raise Refused(21604)
    if to in _MAGIC_TO:
        raise Refused(_MAGIC_TO[to])
    if not is_number(bare(to)) or is_whatsapp(to) != is_whatsapp(form.get("From", to)):
        raise Refused(21211)
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise Refused(21603)
    if not body and not form.get("ContentSid"):
        raise Refused(21602)
    if len(body) > LONGEST_BODY:
        raise Refused(21617)
    if not _is_url(form.get("StatusCallback", "")):
        raise Refused(21609)
    period = form.get("ValidityPeriod", "1")
    if not period.isascii() or not period.isdigit() or not 1 <= int(period) <= 36_000:
        raise Refused(20001)


def sender_of(
    form: Mapping[str, str], account: Account, *, others: Sequence[Account], sticky: str | None
) -> str:
    """The number it goes out from; `sticky` is what this person had last. Raises `Refused`."""
    service = form.get("MessagingServiceSid")
    if service:
        if service not in account.services:
            raise Refused(21705)
        pool = account.services[service]
        if not pool:
            raise Refused(21703)
        if sticky is not None and sticky in pool:
            return sticky
        return pool[crc32(form["To"].encode()) % len(pool)]
    number = form["From"]
    if _HEADER.fullmatch(number) and number in account.headers:
        return number
    if not is_number(bare(number)):
        raise Refused(21212)
    if account.numbers and bare(number) not in account.numbers:
        owned = any(bare(number) in other.numbers for other in others)
        raise Refused(21660 if owned else 21659)
    return number


def _is_url(text: str) -> bool:
    if not text:
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host
