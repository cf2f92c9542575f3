"""Codes of an authenticator (RFC 6238) and those that stand in when it is lost."""

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS, STEP = 6, 30  # of a code; seconds that it is shown
DRIFT = 1  # steps that a clock may be off, either way
KEY = 20  # bytes
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_key() -> bytes:
    return secrets.token_bytes(KEY)


def spelled(key: bytes) -> str:
    """As people type it into an authenticator."""
    return base64.b32encode(key).decode()


def key_of(text: str) -> bytes | None:
    """None for what `spelled` did not write."""
    try:
        key = base64.b32decode(text)
    except ValueError:
        return None
    return key if len(key) == KEY else None


def address(key: bytes, email: str) -> str:
    """What the picture holds that an authenticator reads."""
    return _totp(key).get_provisioning_uri(email, "Aftercall")


def taken(key: bytes, code: str, *, now: datetime, used: int) -> int | None:
    """The step whose code it is; None for a wrong one, and for one that was taken before."""
    code = code.replace(" ", "")
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    this = int(now.timestamp()) // STEP
    found = None
    for step in range(this - DRIFT, this + DRIFT + 1):  # all of them, whichever it is
        expected = _totp(key).generate(step * STEP)
        if hmac.compare_digest(expected, code.encode()) and step > used:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten letters each, about 50 bits."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def recovery_code(code: str) -> str:
    """As it was given out, however it is typed."""
    return code.strip().lower().replace(" ", "")


def _totp(key: bytes) -> TOTP:
    return TOTP(key, DIGITS, SHA1(), STEP)  # noqa: S303 - what authenticators know
