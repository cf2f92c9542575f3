"""What the inbox holds: callbacks, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from channel.content import ENCODED
from channel.providers import CallbackKind
from channel.store.schema import Key
from common.errors import BadInput

EARLY = timedelta(seconds=30)  # a status can be quicker than our record of what it is about
AGAIN = timedelta(milliseconds=500)
UNKNOWN_SEND = "unknown_send"  # an outcome: it is about nothing that is known here
LARGEST = 900_000  # bytes of one value
EntryKey = tuple[str, str, str]  # workspace, account, the provider's key of the event


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A verified event of a provider. `stop`: the whole message means STOP."""

    provider: str
    event_key: str  # the same for every copy of it, and for no other event of this account
    kind: CallbackKind
    workspace: str
    account: str
    contact_id: UUID
    message_id: str  # the provider's name of the message
    fields: dict[str, Any]  # as they came
    received_at: datetime
    send_id: UUID | None = None  # from the URL that we gave; of a ring, what it is about
    awaits_content: bool = False
    stop: bool = False
    stopped_before: bool = False  # a STOP that changed nothing is not confirmed again

    @property
    def key(self) -> EntryKey:
        return self.workspace, self.account, self.event_key

    @property
    def contact(self) -> Key:
        return self.workspace, self.contact_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A stored callback that is not worked off yet; `id` counts arrivals."""

    id: int
    callback: Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of an entry; of an answer, the response that holds it from a revision on.

    `content`: what a request that waited for it was answered.
    """

    key: EntryKey
    outcome: str
    response_id: UUID | None = None
    response_revision: int | None = None
    content: ENCODED | None = None


def encode(callbacks: Sequence[Callback]) -> list[bytes]:
    """For the topic that takes callbacks while the database is away: values that it can take."""
    value = msgspec.json.encode(callbacks)
    if len(value) <= LARGEST or len(callbacks) == 1:
        return [value]
    half = len(callbacks) // 2
    return encode(callbacks[:half]) + encode(callbacks[half:])


_decoder = msgspec.json.Decoder(list[Callback])


def decode(value: bytes) -> list[Callback]:
    """Raises `BadInput`."""
    try:
        return _decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput.at("", str(error)) from None
