"""The public bodies: a CloudEvent that reports an interaction, and our answer to it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, TypeAdapter, ValidationError

from common.errors import BadInput, FieldError
from common.events.values import Time, Word
from common.wording import said
from ingest.domain.body import Malformed, decoded
from ingest.domain.call import Call


def _json(value: str | None) -> str:
    if value is None:
        return "application/json"
    if not value.partition(";")[0].strip().lower().endswith("json"):
        raise ValueError("data must be JSON")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent:
    """A CloudEvent 1.0 in structured JSON. `source` and `data.id` together name the interaction.

    `workspace` is an extension attribute; it has to agree with the key's. So is `traceparent`
    (W3C), which goes along to the log line of the request to the provider. An amendment needs
    `time`, for the latest one is the truth.
    """

    specversion: Literal["1.0"]
    id: Word
    source: Word
    type: Literal["interaction.ended.v1", "interaction.amended.v1"]
    data: Call
    time: Time | None = None
    workspace: Word | None = None
    traceparent: Word | None = None
    datacontenttype: Annotated[str | None, AfterValidator(_json)] = "application/json"

    @property
    def revision(self) -> int | None:
        """None: the interaction ended. Else milliseconds, for what changed since."""
        if self.type == "interaction.ended.v1":
            return None
        if self.time is None:
            raise BadInput.at("time", "an amendment needs the time of the change")
        return round(self.time.timestamp() * 1000)


_MANY = 50  # wrong fields named in one answer
_OF_A_TYPE = frozenset({"type", "data"})  # fields that are otherwise in events of other types
_OURS = "interaction."
_ADAPTER: TypeAdapter[CloudEvent] = TypeAdapter(CloudEvent)


class OtherType(BadInput):
    """A CloudEvent about something else: no fault of its sender, who tells all there is."""


def read_event(body: bytes) -> CloudEvent:
    """One pass over the bytes. Raises `Malformed`, or `BadInput` naming every wrong field."""
    try:
        return _ADAPTER.validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
    if wrong[0]["type"] == "json_invalid":
        raise Malformed.at("", wrong[0]["msg"])
    places = {e["loc"][0] if e["loc"] else "" for e in wrong}
    if "type" in places and places <= _OF_A_TYPE and _is_other(body):
        raise OtherType.at("type", "is none of ours")
    if b'"data_base64"' in body and any(e["loc"] == ("data",) for e in wrong):
        return read_event(_unpacked(decoded(body)))
    raise BadInput([FieldError(".".join(map(str, e["loc"])), said(e)) for e in wrong[:_MANY]])


def _is_other(body: bytes) -> bool:
    """A type like ours is a mistake that its sender must hear of."""
    told = decoded(body).get("type")
    return isinstance(told, str) and bool(told) and not told.startswith(_OURS)


def _unpacked(event: dict[str, Any]) -> bytes:
    """With `data` instead of `data_base64`, as SDKs write JSON that they were given as bytes."""
    try:
        data = base64.b64decode(event.pop("data_base64"), validate=True)
        decoded(data)
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise BadInput.at("data_base64", "is no JSON in base64") from None
    return msgspec.json.encode(event | {"data": msgspec.Raw(data)})


@dataclass(frozen=True, slots=True)
class Accepted:
    """`address_problem` (hidden, invalid, premium_rate, ...): taken, but nobody can be asked."""

    interaction_id: UUID
    address_problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedOne(Accepted):
    """An event of a batch; `index` counts from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """What was taken of a batch, and what is wrong with the rest: `3.data.id` is of event 3."""

    accepted: list[AcceptedOne]
    errors: list[FieldError]
    ignored: int = 0  # events of other types


@dataclass(frozen=True, slots=True)
class Ignored:
    """It reports no end: a ringing telephone, say. `why`: going_on, other_leg, not_selected,
    other_type, handshake, or unjudged, for an event that the adapter does not know.
    """

    ignored: str
    why: str = "going_on"


@dataclass(frozen=True, slots=True)
class Validated:
    """To Zoom, that the URL is ours: its token, signed by the source's secret (hex)."""

    plainToken: str
    encryptedToken: str


EXAMPLE: dict[str, Any] = {
    "specversion": "1.0",
    "type": "interaction.ended.v1",
    "source": "/my/pbx",
    "id": "e-1",
    "time": "2026-01-05T10:14:21Z",
    "data": {
        "id": "call-1",
        "kind": "call",
        "ending": "connected",
        "direction": "inbound",
        "address": "+12025550101",
        "our_number": "+12025550190",
        "ended_at": "2026-01-05T10:14:20Z",
        "queue": "billing",
        "talk_seconds": 90,
        "legs": [{"agent_id": "101", "agent_name": "Asha Rao", "queue": "billing"}],
    },
}


def _parameter(name: str, place: str, description: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": place, "required": False, "schema": schema} | {
        "description": description
    }


# The endpoint reads the request itself; this is what it reads of it beside the body.
EVENT_PARAMETERS = [
    _parameter("workspace", "query", "Whose it is; needed with an operator's key, else not."),
    _parameter("source", "query", "With a signature: the id of the source whose secret it is."),
    _parameter("webhook-id", "header", "Standard Webhooks: taken once, whatever its signature."),
    _parameter("webhook-timestamp", "header", "Standard Webhooks: seconds since 1970, now."),
    _parameter("ce-specversion", "header", "Binary mode: each attribute is a header, `ce-<name>`."),
    _parameter("traceparent", "header", "W3C trace context, if the event has none of its own."),
]
