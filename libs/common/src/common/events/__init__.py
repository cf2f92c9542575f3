"""The facts that cross a service border.

One definition per fact: a frozen struct. `Envelope` carries it as a CloudEvent (1.0, structured
JSON). Outsiders' bytes are read by pydantic (`parse`: every error with its field); topics that only
we write are read by msgspec (`decode`: about a microsecond). Facts only grow: add optional fields;
a new meaning is a new `.v2` beside the old one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from common.errors import MOST_ERRORS, BadInput, FieldError, and_more
from common.events.calls import Interaction, InteractionAmended
from common.events.consent import ConsentChanged, ContactErased, ErasureDone
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery, Note, Step, StepCancelled
from common.ids import event_id
from common.wording import said

TYPES: Mapping[str, type[Any]] = {
    "interaction.ended.v1": Interaction,
    "interaction.amended.v1": InteractionAmended,
    "decision.made.v1": Decision,
    "step.due.v1": Step,
    "step.cancelled.v1": StepCancelled,
    "note.due.v1": Note,
    "delivery.changed.v1": Delivery,
    "response.changed.v1": Response,
    "consent.changed.v1": ConsentChanged,
    "contact.erased.v1": ContactErased,
    "erasure.done.v1": ErasureDone,
}
NAMES: Mapping[type[Any], str] = {fact: name for name, fact in TYPES.items()}

D = TypeVar("D")
Trace: TypeAlias = str | msgspec.UnsetType  # W3C traceparent of whoever told of the interaction


class Envelope(msgspec.Struct, Generic[D], frozen=True, kw_only=True, gc=False):
    """A CloudEvent. `id` and `time` are derived and stored: publishing again is the same event."""

    id: str
    source: str
    type: str
    time: datetime
    workspace: str  # extension attribute
    data: D
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: Trace = msgspec.UNSET  # extension attribute (W3C)


class Head(msgspec.Struct, frozen=True, gc=False):
    """What an event is; its data as it came (`null` when it has none)."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    traceparent: Trace = msgspec.UNSET


_head = msgspec.json.Decoder(Head)
_encoder = msgspec.json.Encoder()
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@cache
def _decoder(fact: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Envelope[fact])


@cache
def adapter(fact: Any) -> TypeAdapter[Any]:
    """Pydantic's view of a fact: validation of outsiders' bodies and JSON Schema."""
    return TypeAdapter(fact)


def envelope(
    data: D,
    *,
    aggregate: UUID,
    revision: int,
    source: str,
    time: datetime,
    workspace: str,
    traceparent: Trace = msgspec.UNSET,
) -> Envelope[D]:
    """Wraps a fact for publishing; `source` is the service's path, such as `/orchestrator`."""
    name = NAMES[type(data)]
    return Envelope(
        id=event_id(name, aggregate, revision),
        source=source,
        type=name,
        time=time,
        workspace=workspace,
        data=data,
        traceparent=traceparent,
    )


def encode(event: Envelope[Any]) -> bytes:
    """Structured CloudEvents JSON."""
    return _encoder.encode(event)


def head_of(value: bytes) -> Head:
    """What an encoded event is. Raises `BadInput` when it is none."""
    try:
        return _head.decode(value)
    except _UNREADABLE as error:
        raise BadInput.at("", str(error)) from None


def type_of(value: bytes) -> str:
    """The type of an encoded event. Raises `BadInput` when it is none."""
    return head_of(value).type


def data_of(head: Head, decoder: msgspec.json.Decoder[D]) -> D:
    """For who needs a part of the data only. Raises `BadInput`."""
    try:
        return decoder.decode(head.data)
    except _UNREADABLE as error:
        raise BadInput.at("", str(error).replace("`$", "`$.data")) from None


def decode(value: bytes, fact: type[D]) -> Envelope[D]:
    """Reads an event from a topic that only we write. Raises `BadInput`."""
    kind: Any = fact
    try:
        event: Envelope[D] = _decoder(kind).decode(value)
    except _UNREADABLE as error:
        raise BadInput.at("", str(error)) from None
    return event


def parse(data: object, fact: type[D], *, at: str = "data") -> D:
    """Reads a fact from an outsider's decoded JSON. Raises `BadInput` naming every wrong field."""
    kind: Any = fact
    try:
        value: D = adapter(kind).validate_python(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        first = found[:MOST_ERRORS]
        errors = [
            FieldError(".".join(str(p) for p in (at, *item["loc"]) if p != ""), said(item))
            for item in first
            if not _follows(item, first)
        ]
        raise BadInput([*errors, *and_more(len(found), at=at)]) from None
    return value


def _follows(item: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """A list is too short where none of what is in it could be read: that is said already."""
    depth = len(item["loc"])
    return item["type"] == "too_short" and any(
        other["loc"][:depth] == item["loc"] and len(other["loc"]) > depth for other in found
    )
