"""Standard Webhooks: is it genuine, is it new? https://www.standardwebhooks.com"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.errors import Problem
from ingest.domain.vendor import Inbound

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECRET = "whsec_"  # noqa: S105 - what such a secret begins with
TOLERANCE = timedelta(minutes=5)
# Signed by a clock that is ahead, a request is good until twice the tolerance after it came.
WINDOW = 2 * TOLERANCE
_SECONDS = re.compile(r"[0-9]{1,11}")
_LONGEST_ID = 256
_KEY_BYTES = range(24, 65)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A genuine request. A vendor that repeats one keeps its id and signs it anew."""

    id: str
    signed_at: datetime
    digest: bytes  # SHA-256 of the body


def key_of(secret: str) -> bytes | None:
    """The key in `whsec_...`; None for a secret that is no such thing, or an empty one.

    Some senders show it without its prefix: then its length must be that of such a key.
    """
    text = secret.removeprefix(SECRET).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if key and (secret.startswith(SECRET) or len(key) in _KEY_BYTES) else None


def verified(inbound: Inbound, keys: Sequence[bytes], now: datetime) -> Webhook:
    """One signature by one of the keys will do: both are several while a secret rotates.

    Raises `Problem` 401.
    """
    identity, seconds, signatures = (
        inbound.headers.get(name, "").strip() for name in (ID, TIMESTAMP, SIGNATURE)
    )
    if not 0 < len(identity) <= _LONGEST_ID or not _SECONDS.fullmatch(seconds):
        raise _not_genuine(f"{ID} and {TIMESTAMP} (seconds since 1970) are needed.")
    if "." in identity:  # what is signed is joined by dots: another id could be read into it
        raise _not_genuine(f"{ID} must not contain a full stop.")
    if not keys:
        raise _not_genuine("The source has no signing secret that begins with whsec_.")
    content = f"{identity}.{seconds}.".encode("latin-1") + inbound.body
    if not _any_matches(signatures, content, keys):
        raise _not_genuine(f"No v1 signature of {SIGNATURE} fits this body and a secret of ours.")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise _not_genuine(f"{TIMESTAMP} is more than {TOLERANCE.seconds // 60} minutes off.")
    return Webhook(
        identity, datetime.fromtimestamp(int(seconds), UTC), hashlib.sha256(inbound.body).digest()
    )


def check_repetition(webhook: Webhook, known: Webhook) -> None:
    """Raises `Problem` 409 unless the vendor itself repeats what it had no answer to.

    Only who has the secret can sign the same message at a later time; the same signature again is
    a replay, whoever sends it. (A vendor's client that repeats a request byte by byte is refused
    as well; its next attempt, signed anew, is not.)
    """
    if webhook.digest != known.digest:
        raise Problem(409, "Webhook id used before", f"{ID} was that of another body.")
    if webhook.signed_at <= known.signed_at:
        raise Problem(409, "Replayed", "This webhook was taken before; nothing is done twice.")


def _any_matches(signatures: str, content: bytes, keys: Sequence[bytes]) -> bool:
    given = [text.removeprefix("v1,").encode() for text in signatures.split() if text[:3] == "v1,"]
    expected = [base64.b64encode(hmac.digest(key, content, "sha256")) for key in keys]
    return any([hmac.compare_digest(ours, theirs) for ours in expected for theirs in given])


def _not_genuine(why: str) -> Problem:
    return Problem(401, "Wrong signature", why)
