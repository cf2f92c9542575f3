"""Ids are derived from facts, so that the second time finds the first one's row."""

import hashlib
import hmac
from uuid import UUID

import msgspec

NAMESPACE = UUID("6f0d2d0e-3c52-5b0a-9a5e-0f2b7c1d4a11")
_SPACE = NAMESPACE.bytes
_VERSION = 0x5 << 76 | 0x8 << 60  # RFC 9562: made from a name by SHA-1
_REST = (1 << 128) - 1 ^ (0xF << 76 | 0xC << 60)
_encode = msgspec.json.Encoder().encode


def text(identity: UUID) -> bytes:
    """`str(identity).encode()`, in a third of the time: a call has a dozen of these."""
    return _encode(identity)[1:-1]


def derived(*parts: object) -> UUID:
    """The id that these parts, in this order, always have."""
    # A unit separator cannot occur in our slugs, so ("a/b", "c") and ("a", "b/c") stay apart.
    name = b"\x1f".join([text(p) if type(p) is UUID else str(p).encode() for p in parts])
    # What uuid5(NAMESPACE, name) returns, in half the time: three of these are made per call.
    digest = hashlib.sha1(_SPACE + name).digest()  # noqa: S324 - RFC 9562 says so
    return UUID(int=int.from_bytes(digest[:16]) & _REST | _VERSION)


def interaction_id(workspace: str, source: str, call_id: str) -> UUID:
    """One conversation, however many legs and copies its source reports."""
    return derived("interaction", workspace, source, call_id)


def invitation_id(interaction: UUID, flow: str) -> UUID:
    """One survey asked about one interaction."""
    return derived("invitation", interaction, flow)


def step_id(invitation: UUID, number: int) -> UUID:
    """One try on one channel; `number` counts from 0."""
    return derived("step", invitation, number)


def response_id(invitation: UUID, channel: str) -> UUID:
    """The answers of one dialogue."""
    return derived("response", invitation, channel)


def event_id(event_type: str, aggregate: UUID, revision: int) -> str:
    """The id of something we publish, to be read by people; publishing again is the same event."""
    return f"{event_type}/{text(aggregate).decode()}/{revision}"


def contact_id(pepper: bytes, workspace: str, address: str) -> UUID:
    """Who has this address (E.164 number or lower-case e-mail), not to be reversed without pepper.

    128 bits of HMAC-SHA256: plain hashes of phone numbers can be enumerated.
    """
    digest = hmac.new(pepper, f"{workspace}\x1f{address}".encode(), hashlib.sha256).digest()
    return UUID(bytes=digest[:16])
