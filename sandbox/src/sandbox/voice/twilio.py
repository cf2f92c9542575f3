"""Calls as Twilio has them: which requests are refused, what the resource and the forms say."""

import secrets
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.messages import API, Refused, is_number
from sandbox.voice import documents
from sandbox.voice.calls import Call
from sandbox.voice.documents import Hangup, Said, Verb
from sandbox.webhooks import Event, by_twilio

SWITCH, DOMAIN = "switch.example.com", "acme.sip.twilio.com"  # of calls that come in SIP
DETECTS = frozenset({"Enable", "DetectMessageEnd"})


class Twilio:
    """https://www.twilio.com/docs/voice/twiml"""

    speaks = "twilio"
    lost = (Said("An application error has occurred. Goodbye.", by_provider=True), Hangup())

    def form(self, call: Call) -> dict[str, str]:
        caller, called = call.caller, call.called
        if call.headers:
            caller, called = f"sip:{caller}@{SWITCH}:5060", f"sip:{called}@{DOMAIN}"
        form = {
            "AccountSid": call.account,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "CallStatus": call.status,
            "Called": called,
            "Caller": caller,
            "Direction": call.direction,
            "From": caller,
            "To": called,
        }
        if call.answered_by:
            form["AnsweredBy"] = call.answered_by
        if call.status == "completed":
            form["CallDuration"] = "21"
        if call.sip and call.status == "failed":
            form["SipResponseCode"] = call.sip
        return form

    def introduced(self, call: Call) -> dict[str, str]:
        """https://www.twilio.com/docs/voice/api/sip-twiml: those that begin with X-."""
        own = {name: value for name, value in call.headers.items() if name[:2].upper() == "X-"}
        told = {f"SipHeader_{name}": value for name, value in own.items()}
        return told | {"SipDomain": DOMAIN, "SipCallId": call.sid} if call.headers else {}

    def pressed(self, keys: str) -> dict[str, str]:
        return {"Digits": keys, "msg": "Gather End"}

    def spoken(self, text: str, confidence: str) -> dict[str, str]:
        return {"SpeechResult": text, "Confidence": confidence, "msg": "Gather End"}

    def put_through(self, status: str, seconds: int) -> dict[str, str]:
        told = {"DialCallStatus": status, "DialCallSid": new_sid()}
        return told | ({"DialCallDuration": str(seconds)} if seconds else {})

    def parse(self, body: bytes, media_type: str) -> list[Verb]:
        return documents.parse(body, media_type)

    def signed(self, event: Event) -> Mapping[str, str]:
        return by_twilio(event)

    def instead(self, call: Call, url: str) -> str:
        return call.fallback


def resource(call: Call) -> dict[str, Any]:
    """The JSON of the REST API."""
    uri = f"{API}/{call.account}/Calls/{call.sid}"
    return {
        "account_sid": call.account,
        "answered_by": call.answered_by,
        "api_version": "2010-04-01",
        "date_created": format_datetime(call.created),
        "date_updated": format_datetime(call.updated),
        "direction": call.direction,
        "from": call.caller,
        "price": None,
        "price_unit": "USD",
        "sid": call.sid,
        "status": call.status,
        "to": call.called,
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
