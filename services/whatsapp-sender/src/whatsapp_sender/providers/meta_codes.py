"""Meta's words and numbers, in ours.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from collections.abc import Mapping
from typing import Any

import httpx

from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Deferred,
    Outcome,
    Rejected,
    Throttled,
)
from common.events.sends import DeliveryStatus, FailureClass

# Of one message. A word for people beside each; what is not here is UNKNOWN.
FAILURES: Mapping[int, tuple[FailureClass, str]] = {
    131026: (FailureClass.NO_CHANNEL, "the number gets no WhatsApp messages of businesses"),
    131062: (FailureClass.NO_CHANNEL, "a person without a number cannot be sent this"),
    131047: (FailureClass.TRANSIENT, "the person wrote more than 24 hours ago: a template only"),
    131050: (FailureClass.OPTED_OUT, "the person has stopped such messages in WhatsApp"),
    131049: (FailureClass.BLOCKED, "Meta holds it back for the person's sake"),
    130472: (FailureClass.BLOCKED, "the number is part of an experiment of Meta's"),
    131053: (FailureClass.CONFIG, "media could not be loaded"),
    131030: (FailureClass.CONFIG, "the number is not on the list of the test account"),
    131021: (FailureClass.CONFIG, "sender and recipient are the same number"),
    131008: (FailureClass.CONFIG, "a parameter is missing"),
    131009: (FailureClass.CONFIG, "a parameter has a wrong value"),
    131051: (FailureClass.CONFIG, "an unsupported kind of message"),
    130497: (FailureClass.CONFIG, "the account may not write to this country"),
    131063: (FailureClass.CONFIG, "marketing templates are turned off"),
    100: (FailureClass.CONFIG, "a wrong parameter"),
    132000: (FailureClass.CONFIG, "the template has another number of variables"),
    132001: (FailureClass.CONFIG, "the template does not exist in the language, or is no more"),
    132005: (FailureClass.CONFIG, "the template is too long with its variables"),
    132007: (FailureClass.CONFIG, "the template breaks a policy"),
    132008: (FailureClass.CONFIG, "the template has other variables"),
    132012: (FailureClass.CONFIG, "a variable has another format than the template says"),
    132015: (FailureClass.CONFIG, "the template is paused for its quality"),
    132016: (FailureClass.CONFIG, "the template is disabled for its quality"),
    132018: (FailureClass.CONFIG, "a variable with line ends, tabs or many spaces"),
}
TOO_FAST = frozenset({4, 80007, 130429})  # of the app, the business account, the number
PAIR = 131056  # too many to one person
OF_SENDER: Mapping[int, str] = {
    33: "the number is deleted",
    131045: "the number is not registered",
    131048: "the number has sent what people report as spam",
    131064: "the number has reached its messaging limit",
    133010: "the number is not registered",
}
OF_ACCOUNT: Mapping[int, str] = {
    0: "the token is not accepted",
    3: "the app may not do this",
    10: "the app lacks a permission",
    190: "the token has expired or was revoked",
    368: "the account is blocked for breaking a policy",
    131005: "the token lacks a permission",
    131031: "the account is locked",
    131042: "the account's payment method does not work",
    131057: "the account is in maintenance",
}
PERMISSIONS = range(200, 300)
UNKNOWN_NUMBER = (100, 33)  # code and subcode: there is no such phone_number_id
PAIR_PAUSE = 6.0  # seconds; Meta allows one message in six seconds to one person, with bursts

STATUSES: Mapping[str, DeliveryStatus] = {
    "sent": DeliveryStatus.SENT,
    **dict.fromkeys(("delivered", "read", "played"), DeliveryStatus.DELIVERED),
    "failed": DeliveryStatus.FAILED,
}


def outcome_of(response: httpx.Response) -> Outcome:
    """The table of outcomes: what an answer to a message means."""
    status, body = response.status_code, body_of(response)
    if 200 <= status < 300:
        name = _id(body)
        return Accepted(name) if name else Ambiguous(f"http {status} without an id")
    error = body.get("error")
    code, subcode = _codes(error) if isinstance(error, dict) else (None, None)
    said = f"{code}: {in_words(code)}" if code is not None else f"http {status}"
    if (code, subcode) == UNKNOWN_NUMBER:
        return AccountRefused("100/33: Meta has no such phone_number_id", sender_only=True)
    if code in TOO_FAST or status == 429:
        return Throttled()
    if code == PAIR:
        return Deferred(said, after=PAIR_PAUSE)
    if code in OF_SENDER:
        return AccountRefused(said, sender_only=True)
    if code in OF_ACCOUNT or code in PERMISSIONS:
        return AccountRefused(said)
    if code is not None and code in FAILURES:
        return Rejected(FAILURES[code][0], said)
    if status >= 500 or status == 408:
        return Ambiguous(said)
    if status in (401, 402, 403, 404) or status < 400:
        return AccountRefused(said)
    return Rejected(FailureClass.UNKNOWN, said)


def failure_of(code: object) -> FailureClass:
    """Of a status. What is wrong with number or account fails the message, too."""
    if not isinstance(code, int):
        return FailureClass.UNKNOWN
    if code in FAILURES:
        return FAILURES[code][0]
    if code in TOO_FAST or code == PAIR:
        return FailureClass.THROTTLED
    known = code in OF_SENDER or code in OF_ACCOUNT
    return FailureClass.CONFIG if known else FailureClass.UNKNOWN


def in_words(code: object) -> str:
    if not isinstance(code, int):
        return "no code"
    if code in FAILURES:
        return FAILURES[code][1]
    if code == PAIR:
        return "too many messages to one person"
    return OF_SENDER.get(code) or OF_ACCOUNT.get(code) or "an error that we do not know"


def body_of(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _id(body: Mapping[str, Any]) -> str | None:
    try:
        return str(body["messages"][0]["id"]) or None
    except (LookupError, TypeError):
        return None


def _codes(error: Mapping[str, Any]) -> tuple[int | None, int | None]:
    code, subcode = error.get("code"), error.get("error_subcode")
    return code if isinstance(code, int) else None, subcode if isinstance(subcode, int) else None
