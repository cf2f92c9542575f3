"""Secrets of endpoints and signatures by them. https://www.standardwebhooks.com

A secret is derived from the pepper and a random salt of the endpoint: what is stored opens nothing,
and a secret is rotated by another salt (docs/decisions/0180).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

PREFIX = "whsec_"
SALT_BYTES = 24
_KEY = b"aftercall: key of webhook secrets, version 1"


@dataclass(frozen=True, slots=True)
class Salts:
    """Of one endpoint."""

    current: bytes
    previous: bytes | None = None
    previous_until: datetime | None = None

    def valid(self, now: datetime) -> list[bytes]:
        """Those whose secrets sign, the newest first."""
        if self.previous is None or self.previous_until is None or now >= self.previous_until:
            return [self.current]
        return [self.current, self.previous]


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def key_of(pepper: bytes, workspace: str, endpoint: UUID, salt: bytes) -> bytes:
    """What a secret stands for, 32 bytes."""
    name = f"{workspace}\x1f{endpoint}\x1f".encode() + salt
    return hmac.digest(hmac.digest(pepper, _KEY, hashlib.sha256), name, hashlib.sha256)


def secret_of(key: bytes) -> str:
    """As whoever receives is told it."""
    return PREFIX + base64.b64encode(key).decode()


def headers(message: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Who holds the secret of any of the keys can verify the body. `message`: has no dots."""
    seconds = int(at.timestamp())
    content = f"{message}.{seconds}.".encode() + body
    signed = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{one}" for one in signed),
    }


def message_name(message: UUID) -> str:
    """`webhook-id`: the same however often and to whomever it is sent."""
    return f"msg_{message.hex}"
