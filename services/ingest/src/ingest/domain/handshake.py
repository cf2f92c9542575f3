"""What a vendor asks a URL before it sends there, and the answer that shows it is ours.

Zoom posts an event with a token, to be signed by the secret of its app; RingCentral a header, to
be told back.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from common.config.models import Handshake
from common.errors import Problem
from ingest.domain.vendor import Inbound

VALIDATION = "endpoint.url_validation"
TOKEN = "validation-token"  # noqa: S105 - the name of a header
_LONGEST = 4_096  # bytes of a body that may be a hand-shake
# Zoom signs `v0:{time}:{body}` by the same secret: nothing of that kind is signed for anybody.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Shaken:
    """The answer to a hand-shake: 200, with these. No body of its own: what is always said."""

    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _Payload(msgspec.Struct):
    plainToken: str


class _Validation(msgspec.Struct):
    event: str
    payload: _Payload


_validation = msgspec.json.Decoder(_Validation)


def shaken(inbound: Inbound, handshake: Handshake | None, secrets: Sequence[str]) -> Shaken | None:
    """None: it is no hand-shake. `secrets`: the source's own for signatures.

    Raises `Problem` 422 for one that cannot be answered, 503 without a secret.
    """
    if handshake is Handshake.RINGCENTRAL and TOKEN in inbound.headers:
        return _told_back(inbound.headers[TOKEN])
    if handshake is Handshake.ZOOM and len(inbound.body) <= _LONGEST:
        return _signed(inbound.body, secrets)
    return None


def _told_back(token: str) -> Shaken:
    if not _VISIBLE.fullmatch(token):
        raise Problem(422, "No token", f"{TOKEN} is up to 256 visible characters.")
    return Shaken(headers={TOKEN: token})


def _signed(body: bytes, secrets: Sequence[str]) -> Shaken | None:
    try:
        told = _validation.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if told.event != VALIDATION:
        return None
    token = told.payload.plainToken
    if not _PLAIN.fullmatch(token):
        raise Problem(422, "No token", "plainToken is up to 128 letters, digits, - and _.")
    if not secrets:
        raise Problem(503, "No secret", "The source's signing secret cannot be read.")
    encrypted = hmac.digest(secrets[0].encode(), token.encode(), "sha256").hex()
    return Shaken(msgspec.json.encode({"plainToken": token, "encryptedToken": encrypted}))
