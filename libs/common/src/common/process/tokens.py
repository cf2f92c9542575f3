"""Signed tokens of people: a session of the console is, for five minutes, a caller of every API.

A token says who it is for, in which workspace, with which scopes and until when. Every service can
verify it without asking anybody: they share the key, which is derived from the pepper that all of
them have.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

import msgspec

from common.process.sight import Sight

PREFIX = "act_"
LASTS = timedelta(minutes=5)
_KEY = b"aftercall: key of signed tokens, version 1"
_LONGEST = 4_096  # characters


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """`workspace` None: every one. `name` is how change logs call the person.

    `sight`: whose calls, for who has the scope `read:own` in place of `read`. A service of an older
    version knows neither, and refuses.
    """

    id: str
    name: str
    workspace: str | None
    scopes: tuple[str, ...]
    until: datetime
    sight: Sight | None = None


def token(claims: Claims, *, pepper: bytes) -> str:
    body = urlsafe_b64encode(msgspec.json.encode(claims)).decode()
    return f"{PREFIX}{body}.{_signature(body, pepper)}"


def claims_of(given: str, *, pepper: bytes, now: datetime) -> Claims | None:
    """None for a token that is not ours, was changed, or is too old."""
    body, _, signature = given.removeprefix(PREFIX).partition(".")
    if not given.startswith(PREFIX) or len(given) > _LONGEST or not given.isascii():
        return None
    if not hmac.compare_digest(signature, _signature(body, pepper)):
        return None
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(body), type=Claims)
    except (ValueError, msgspec.MsgspecError):  # of a newer version that signs other claims
        return None
    return claims if now < claims.until <= now + 2 * LASTS else None


def _signature(body: str, pepper: bytes) -> str:
    key = hmac.digest(pepper, _KEY, hashlib.sha256)
    return hmac.digest(key, body.encode(), hashlib.sha256).hex()
