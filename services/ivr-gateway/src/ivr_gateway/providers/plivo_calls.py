"""What Plivo says of a call and answers to a request for one, in our words."""

from collections.abc import Mapping
from typing import Any

import httpx

from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Outcome,
    Rejected,
    Report,
    Throttled,
)
from common.events.sends import DeliveryStatus, FailureClass
from ivr_gateway.domain.seconds import seconds_of

MACHINE = "machine"
ENDED: Mapping[str, tuple[FailureClass, str]] = {
    "busy": (FailureClass.TRANSIENT, "busy"),
    "timeout": (FailureClass.TRANSIENT, "no-answer"),
    "no-answer": (FailureClass.TRANSIENT, "no-answer"),
    "cancel": (FailureClass.TRANSIENT, "canceled"),
}
# https://www.plivo.com/docs/voice/troubleshooting/hangup-causes. What is not here may pass.
CAUSES: Mapping[str, tuple[FailureClass, str]] = {
    "1010": (FailureClass.CONFIG, "out of credits"),
    "1020": (FailureClass.THROTTLED, "too many calls to it at once"),
    "2000": (FailureClass.INVALID_NUMBER, "invalid number"),
    "2030": (FailureClass.CONFIG, "country not enabled"),
    "2040": (FailureClass.CONFIG, "premium numbers not enabled"),
    "2050": (FailureClass.CONFIG, "prefix not enabled"),
    "2070": (FailureClass.CONFIG, "media anchoring in India"),
    "3000": (FailureClass.TRANSIENT, "no-answer"),
    "3010": (FailureClass.TRANSIENT, "busy"),
    "3020": (FailureClass.BLOCKED, "rejected"),
    "3030": (FailureClass.CONFIG, "not our number to call from"),
    "3040": (FailureClass.BLOCKED, "forbidden"),
    "3050": (FailureClass.INVALID_NUMBER, "unallocated number"),
    "3100": (FailureClass.TRANSIENT, "busy"),
    "3110": (FailureClass.BLOCKED, "declined"),
    "3120": (FailureClass.INVALID_NUMBER, "nobody has this number"),
    "3130": (FailureClass.BLOCKED, "taken for spam"),
    "3140": (FailureClass.CONFIG, "a number that may not call"),
    "5030": (FailureClass.THROTTLED, "too many calls at once"),
    "6010": (FailureClass.TRANSIENT, "no-answer"),
    "9100": (FailureClass.TRANSIENT, MACHINE),
}
OUT = frozenset({"ringing", "completed"})
REFUSALS = frozenset({401, 402, 403, 404})


def call_of(fields: Mapping[str, Any]) -> str:
    """What the answer to our request called it, where we placed it."""
    names = ("ALegRequestUUID", "RequestUUID", "CallUUID")
    return next((str(fields[name]) for name in names if fields.get(name)), "")


def report_of(fields: Mapping[str, Any]) -> Report | None:
    """A call in progress asks what to say: somebody hears it, unless it is no person.

    That a call is over says nothing by itself: only what was asked for was heard.
    """
    seconds = seconds_of(fields.get("Duration"))
    transferred = seconds_of(fields.get("DialBLegDuration"))
    call, status = call_of(fields), str(fields.get("CallStatus", ""))
    cause = str(fields.get("HangupCauseCode") or "")
    failure = ENDED.get(status)
    if cause == "9100" or str(fields.get("Machine", "")).lower() == "true":
        failure = FailureClass.TRANSIENT, MACHINE
    elif status == "failed":
        failure = CAUSES.get(cause, (FailureClass.TRANSIENT, cause or status))
    if failure is not None:
        return Report(
            status=DeliveryStatus.FAILED,
            provider_message_id=call,
            failure=failure[0],
            code=failure[1],
            seconds=seconds,
        )
    if status == "in-progress":
        return Report(
            status=DeliveryStatus.DELIVERED, provider_message_id=call, transferred=transferred
        )
    if status in OUT:
        return Report(
            status=DeliveryStatus.SENT,
            provider_message_id=call,
            seconds=seconds,
            transferred=transferred,
        )
    return None


def outcome_of(response: httpx.Response) -> Outcome:
    """The table of outcomes: what an answer to a request for a call means."""
    status, code = response.status_code, f"http {response.status_code}"
    if 200 <= status < 300:
        call = _requested(response)
        return Accepted(call) if call else Ambiguous(f"{code} without a request_uuid")
    if status >= 500 or status == 408:
        return Ambiguous(code)
    if status == 429:
        return Throttled(_seconds(response.headers.get("retry-after")))
    if status in REFUSALS or status < 400:
        return AccountRefused(code)
    return Rejected(FailureClass.UNKNOWN, code)


def _requested(response: httpx.Response) -> str | None:
    try:
        body = response.json()
    except ValueError:
        return None
    call = body.get("request_uuid") if isinstance(body, dict) else None
    return call if isinstance(call, str) and call else None


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(3600.0, float(retry_after))
