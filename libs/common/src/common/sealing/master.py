"""Secrets of workspaces as they are stored: AES-256-GCM under a master key of the operator's.

Master keys are written `NUMBER:KEY`, 32 bytes in base64, separated by commas. The first one seals,
all of them open: to change it, put a new one in front, seal again what is stored, and drop the old.
"""

import binascii
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12
WRITTEN = "NUMBER:KEY, the key 32 bytes in base64; several are separated by commas"


@dataclass(frozen=True, slots=True)
class Sealed:
    """`key`: the number of the master key. `box`: nonce, then ciphertext with its tag."""

    key: int
    box: bytes


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """By number, the one that seals first; without any, nothing is sealed or opened."""

    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> "MasterKeys":
        """Raises `ValueError` without a word of what was given."""
        found: dict[int, bytes] = {}
        for written in filter(None, (part.strip() for part in text.split(","))):
            number, _, encoded = written.partition(":")
            try:
                key = b64decode(encoded, validate=True)
            except binascii.Error:
                key = b""
            usable = number.isascii() and number.isdecimal() and 0 < int(number) < 2**31
            if not usable or len(key) != KEY_BYTES or int(number) in found:
                raise ValueError(f"a master key is written {WRITTEN}; numbers are different")
            found[int(number)] = key
        return cls(found)

    @property
    def current(self) -> int | None:
        """The number of the one that seals."""
        return next(iter(self.keys), None)

    def seal(self, value: str, *, workspace: str, name: str) -> Sealed:
        """Bound to its place: a box that is moved to another one does not open there."""
        if self.current is None:
            raise LookupError("there is no master key")
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self.keys[self.current])
        box = cipher.encrypt(nonce, value.encode(), _place(workspace, name))
        return Sealed(self.current, nonce + box)

    def open(self, sealed: Sealed, *, workspace: str, name: str) -> str:
        """Raises `LookupError` in words."""
        key = self.keys.get(sealed.key)
        if key is None:
            raise LookupError(f"it is sealed by master key {sealed.key}, which is not set here")
        nonce, box = sealed.box[:NONCE_BYTES], sealed.box[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, box, _place(workspace, name)).decode()
        except (InvalidTag, ValueError):
            raise LookupError(f"master key {sealed.key} does not open it") from None


def _place(workspace: str, name: str) -> bytes:
    return f"{workspace}/{name}".encode()


def new_key(number: int = 1) -> str:
    """A fresh master key, as it is written."""
    return f"{number}:{b64encode(os.urandom(KEY_BYTES)).decode()}"
