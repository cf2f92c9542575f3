"""Calls as Plivo has them: what is told of one, and by whom it is signed.

https://www.plivo.com/docs/voice/xml/request
"""

import base64
import hmac
import re
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.voice import plivo_documents
from sandbox.voice.calls import Call
from sandbox.voice.documents import Hangup, Verb
from sandbox.webhooks import Event

# https://www.plivo.com/docs/voice/troubleshooting/hangup-causes
NO_ANSWER, BUSY, ENDED, MACHINE = "6010", "3010", "4000", "9100"
NAMES: Mapping[str, str] = {
    NO_ANSWER: "Ring Timeout Reached",
    BUSY: "Busy Line",
    ENDED: "Normal Hangup",
    MACHINE: "Machine Detected",
    "3040": "Forbidden",
    "3050": "Unallocated number",
    "3110": "Declined",
    "5020": "Routing Error",
}
CAUSES: Mapping[str, str] = {"completed": ENDED, "busy": BUSY, "no-answer": NO_ANSWER}
FAILURES: Mapping[str, str] = {"404": "3050", "403": "3040", "603": "3110"}
ENDPOINTS = "phone.plivo.com"  # where calls that come in SIP come from
_CARRIED = re.compile(r"[A-Za-z0-9]+\Z")
STATUSES: Mapping[str, str] = {"queued": "ringing", "no-answer": "timeout"}


class Plivo:
    """https://www.plivo.com/docs/voice/xml/overview"""

    speaks = "plivo"
    lost = (Hangup(),)

    def form(self, call: Call) -> dict[str, str]:
        inbound = call.direction == "inbound"
        form = {
            "CallUUID": call.sid,
            "CallStatus": STATUSES.get(call.status, call.status),
            "Direction": "inbound" if inbound else "outbound",
            "Event": "Hangup" if cause_of(call) else "StartApp",
            "From": call.caller.lstrip("+"),
            "To": call.called.lstrip("+"),
        }
        if call.headers:
            form["From"] = f"sip:{call.caller}@{ENDPOINTS}"
        if not inbound:
            form |= {"ALegUUID": call.sid, "ALegRequestUUID": call.sid, "RequestUUID": call.sid}
        if _is_machine(call):
            form["Machine"] = "true"
        if cause := cause_of(call):
            form |= {"HangupCauseCode": cause, "HangupCauseName": NAMES[cause]}
            answered = call.status == "completed"
            form |= {"HangupSource": "Callee", "Duration": "21" if answered else "0"}
            form |= {"BillDuration": "60" if answered else "0"}
        return form

    def introduced(self, call: Call) -> dict[str, str]:
        """https://www.plivo.com/docs/voice/use-cases/pass-custom-headers: of X-PH- and these."""
        return {
            name: value
            for name, value in call.headers.items()
            if name[:5].upper() == "X-PH-" and _CARRIED.match(name[5:]) and _CARRIED.match(value)
        }

    def pressed(self, keys: str) -> dict[str, str]:
        return {"Digits": keys, "InputType": "dtmf"}

    def spoken(self, text: str, confidence: str) -> dict[str, str]:
        return {
            "Digits": "",
            "InputType": "speech",
            "Speech": text,
            "SpeechConfidenceScore": confidence,
        }

    def put_through(self, status: str, seconds: int) -> dict[str, str]:
        told = {"DialStatus": status, "DialRingStatus": "true", "DialBLegUUID": ""}
        if seconds:
            told |= {"DialBLegUUID": str(uuid.uuid4()), "DialBLegDuration": str(seconds)}
        return told

    def parse(self, body: bytes, media_type: str) -> list[Verb]:
        return plivo_documents.parse(body, media_type)

    def signed(self, event: Event) -> Mapping[str, str]:
        nonce = str(uuid.uuid4().int)
        return {
            "User-Agent": "Plivo",
            "X-Plivo-Signature-V3": signature(event.auth_token, event.url, event.form, nonce),
            "X-Plivo-Signature-V3-Nonce": nonce,
        }

    def instead(self, call: Call, url: str) -> str:
        """Only for the first document."""
        return call.fallback if url == call.url else ""


def signature(token: str, url: str, form: Mapping[str, str], nonce: str) -> str:
    """Version 3, of a form post to exactly this URL."""
    address, _, query = url.partition("?")
    named = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    sent = "&".join(f"{name}={named[name]}" for name in sorted(named))
    told = "".join(f"{name}{form[name]}" for name in sorted(form))
    text = f"{address}?{sent}" + ("." if query else "") + told
    mac = hmac.digest(token.encode(), f"{text}.{nonce}".encode(), sha256)
    return base64.b64encode(mac).decode()


def cause_of(call: Call) -> str | None:
    """Why it is over; None: it is not."""
    if call.status == "failed":
        return FAILURES.get(call.sip or "", "5020")
    if call.status == "completed" and _is_machine(call):
        return MACHINE
    return CAUSES.get(call.status)


def record(call: Call) -> dict[str, Any]:
    """Of a call that is over, as the REST API lists it."""
    cause = cause_of(call) or ""
    answered = call.status == "completed"
    return {
        "answer_time": call.created.isoformat(" ") if answered else None,
        "bill_duration": 60 if answered else 0,
        "call_direction": "inbound" if call.direction == "inbound" else "outbound",
        "call_duration": 21 if answered else 0,
        "call_uuid": call.sid,
        "from_number": call.caller.lstrip("+"),
        "hangup_cause_code": int(cause) if cause else None,
        "hangup_cause_name": NAMES.get(cause),
        "initiation_time": call.created.isoformat(" "),
        "to_number": call.called.lstrip("+"),
    }


def _is_machine(call: Call) -> bool:
    return call.detects and call.answered_by in ("machine_start", "fax")
