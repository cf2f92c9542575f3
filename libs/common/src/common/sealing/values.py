"""Values of rows, sealed by the data key of their workspace. Pure.

A text is stored as `@sealed:NUMBER:BASE64`, bytes as 0x01, four bytes of the key's number, nonce
and ciphertext: no number, mail address or JSON begins like that, so what was stored plain is told
apart. Each column has a key of its own, derived from the workspace's: random nonces are good for
2**32 values, which are then a column's and not a workspace's.
"""

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import NewType, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.sealing.master import KEY_BYTES, NONCE_BYTES, MasterKeys, Sealed

Place = NewType("Place", str)  # a column: schema.table.column
Value = TypeVar("Value", str, bytes)
TEXT, BYTES = "@sealed:", b"\x01"
_NUMBER = 4  # bytes


class UnknownKey(LookupError):
    """The value is sealed by a data key that is not at hand; it may have been made just now."""

    def __init__(self, workspace: str, number: int) -> None:
        super().__init__(f"data key {number} of {workspace} is not known here")
        self.workspace = workspace


@dataclass(frozen=True, slots=True)
class DataKey:
    """Of a workspace, by number: the highest one seals."""

    workspace: str
    number: int
    key: bytes = field(repr=False)

    @classmethod
    def new(cls, workspace: str, number: int) -> "DataKey":
        return cls(workspace, number, os.urandom(KEY_BYTES))

    def wrapped(self, master: MasterKeys) -> Sealed:
        """As it is stored. Raises `LookupError`."""
        written = b64encode(self.key).decode()
        return master.seal(written, workspace=self.workspace, name=_name(self.number))

    @classmethod
    def unwrapped(
        cls, sealed: Sealed, master: MasterKeys, *, workspace: str, number: int
    ) -> "DataKey":
        """Raises `LookupError`, in words."""
        written = master.open(sealed, workspace=workspace, name=_name(number))
        return cls(workspace, number, b64decode(written))

    def of_column(self, place: Place) -> AESGCM:
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=_bound(self.workspace, place))
        return AESGCM(derived.derive(self.key))


def _name(number: int) -> str:
    return f"data key {number}"  # no secret of a workspace has such a name


def _bound(workspace: str, place: Place) -> bytes:
    return f"{workspace}\x1f{place}".encode()


def is_sealed(value: object) -> bool:
    """A column of JSON has what was never sealed as it is."""
    if isinstance(value, str):
        return value.startswith(TEXT)
    return isinstance(value, bytes) and value.startswith(BYTES)


@dataclass(slots=True)
class Keyring:
    """Data keys that are unwrapped, and the ciphers made of them: one per process."""

    _keys: dict[tuple[str, int], DataKey] = field(default_factory=dict, repr=False)
    _newest: dict[str, int] = field(default_factory=dict)
    _ciphers: dict[tuple[str, int, Place], AESGCM] = field(default_factory=dict, repr=False)

    def add(self, key: DataKey) -> None:
        self._keys[key.workspace, key.number] = key
        self._newest[key.workspace] = max(key.number, self._newest.get(key.workspace, 0))

    def seals(self, workspace: str) -> bool:
        """Whether there is a key to seal by."""
        return workspace in self._newest

    def seal(self, value: Value, workspace: str, place: Place) -> Value:
        """Of a workspace whose key is there."""
        number = self._newest[workspace]
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._cipher(workspace, number, place)
        if isinstance(value, bytes):
            box = cipher.encrypt(nonce, value, _bound(workspace, place))
            return BYTES + number.to_bytes(_NUMBER) + nonce + box
        box = cipher.encrypt(nonce, value.encode(), _bound(workspace, place))
        return f"{TEXT}{number}:{b64encode(nonce + box).decode()}"

    def open(self, value: Value, workspace: str, place: Place) -> Value:
        """What was sealed; what never was, as it is. Raises `UnknownKey`, `LookupError`."""
        if not is_sealed(value):
            return value
        try:
            number, box = _read(value)
            cipher = self._cipher(workspace, number, place)
            plain = cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _bound(workspace, place))
            return plain if isinstance(value, bytes) else plain.decode()
        except (InvalidTag, ValueError):
            raise LookupError(f"what is in {place} was not sealed for it") from None

    def _cipher(self, workspace: str, number: int, place: Place) -> AESGCM:
        known = self._ciphers.get((workspace, number, place))
        if known is None:
            key = self._keys.get((workspace, number))
            if key is None:
                raise UnknownKey(workspace, number)
            known = self._ciphers[workspace, number, place] = key.of_column(place)
        return known


def _read(value: str | bytes) -> tuple[int, bytes]:
    """The number of the key, nonce and ciphertext. Raises `ValueError`."""
    if isinstance(value, bytes):
        begin = len(BYTES) + _NUMBER
        return int.from_bytes(value[len(BYTES) : begin]), value[begin:]
    number, _, encoded = value.removeprefix(TEXT).partition(":")
    return int(number), b64decode(encoded, validate=True)
