"""Ids are derived from facts, so that the second time finds the first one's row."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

import msgspec

from common.phone import identity

NAMESPACE = UUID("6f0d2d0e-3c52-5b0a-9a5e-0f2b7c1d4a11")
_SPACE = NAMESPACE.bytes
_encode = msgspec.json.Encoder().encode
_decode = msgspec.msgpack.Decoder(UUID).decode
_SIXTEEN_BYTES = b"\xc4\x10"  # how msgpack says that they follow


def text(identity: UUID) -> bytes:
    """`str(identity).encode()`, in a third of the time: a call has a dozen of these."""
    return _encode(identity)[1:-1]


def derived(*parts: object) -> UUID:
    """The id that these parts, in this order, always have."""
    return _of(*[_escaped(str(part)).encode() for part in parts])


def _escaped(part: str) -> str:
    """What outsiders call things may hold the character that stands between two parts."""
    if "\x1f" not in part and "\x1e" not in part:
        return part
    return part.replace("\x1e", "\x1e\x1e").replace("\x1f", "\x1e_")


def _of(*parts: bytes) -> UUID:
    # No part has a unit separator, so ("a/b", "c") and ("a", "b/c") stay apart.
    name = b"\x1f".join(parts)
    # What uuid5(NAMESPACE, name) returns, in a fifth of the time: three of these are made per call.
    raw = bytearray(hashlib.sha1(_SPACE + name).digest()[:16])  # noqa: S324 - RFC 9562 says so
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    return _decode(_SIXTEEN_BYTES + raw)


def interaction_id(workspace: str, source: str, call_id: str) -> UUID:
    """One conversation, however many legs and copies its source reports."""
    return derived("interaction", workspace, source, call_id)


def invitation_id(interaction: UUID, flow: str) -> UUID:
    """One survey asked about one interaction."""
    return _of(b"invitation", text(interaction), flow.encode())


def step_id(invitation: UUID, number: int) -> UUID:
    """One try on one channel; `number` counts from 0."""
    return _of(b"step", text(invitation), b"%d" % number)


def note_id(invitation: UUID) -> UUID:
    """The words after an answer on the telephone, of which there is one message at most."""
    return derived("note", invitation)


def response_id(invitation: UUID, channel: str) -> UUID:
    """The answers of one dialogue."""
    return derived("response", invitation, channel)


def erasure_id(contact: UUID, erased_at: datetime) -> UUID:
    """One request that everything about a contact be deleted."""
    return derived("erasure", contact, erased_at.isoformat())


def event_id(event_type: str, aggregate: UUID, revision: int) -> str:
    """The id of something we publish, to be read by people; publishing again is the same event."""
    return f"{event_type}/{text(aggregate).decode()}/{revision}"


def contact_id(pepper: bytes, workspace: str, address: str) -> UUID:
    """Who has this address (E.164 number or lower-case e-mail), not to be reversed without pepper.

    128 bits of HMAC-SHA256: plain hashes of phone numbers can be enumerated. Two spellings of one
    number are one contact.
    """
    return _keyed(pepper, f"{workspace}\x1f{identity(address)}")


def person_id(pepper: bytes, workspace: str, customer: str) -> UUID:
    """Whoever a source calls by this customer id, however many addresses they have."""
    return _keyed(pepper, f"{workspace}\x1fcustomer\x1f{customer}")


def _keyed(pepper: bytes, name: str) -> UUID:
    digest = hmac.new(pepper, name.encode(), hashlib.sha256).digest()
    return UUID(bytes=digest[:16])
