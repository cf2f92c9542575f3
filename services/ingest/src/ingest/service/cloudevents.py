"""How CloudEvents travel over HTTP: structured, binary (attributes as headers), batch. All pure.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

import msgspec

from common.errors import BadInput, FieldError, Problem
from common.process.web import BODY_LIMIT
from ingest.domain.body import Malformed, decoded
from ingest.schemas import CloudEvent, OtherType, read_event

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PREFIX = "ce-"
BATCH_LIMIT = 1024 * 1024  # bytes
BATCH_EVENTS = 1_000
_UNSAID = frozenset({"", "application/octet-stream"})  # the latter is what HTTP clients fill in
_ESCAPED = re.compile(r"\\(.)")
_NAMED = 10  # wrong fields named per event of a batch


class _Named(msgspec.Struct):
    source: str = ""


_events = msgspec.json.Decoder(list[msgspec.Raw])
_named = msgspec.json.Decoder(_Named)


class Mode(StrEnum):
    STRUCTURED = "structured"
    BINARY = "binary"
    BATCH = "batch"


def mode_of(headers: Mapping[str, str]) -> Mode:
    """Binary data may lack its content type: then it is JSON. Raises `Problem` 415."""
    content_type = _content_type(headers)
    if content_type == STRUCTURED:
        return Mode.STRUCTURED
    if content_type == BATCH:
        return Mode.BATCH
    if is_binary(headers):
        if content_type in _UNSAID or content_type.endswith("json"):
            return Mode.BINARY
    elif content_type == JSON:
        return Mode.STRUCTURED
    raise Problem(
        415,
        "Unsupported content type",
        f"Send {STRUCTURED} or {JSON}, {BATCH}, or ce-* headers with JSON data as the body.",
    )


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def says_structured(headers: Mapping[str, str]) -> bool:
    return _content_type(headers) == STRUCTURED


def says_batch(headers: Mapping[str, str]) -> bool:
    return _content_type(headers) == BATCH


def is_binary(headers: Mapping[str, str]) -> bool:
    """Any attribute in a header will do: the answer names those that are missing."""
    return any(name.startswith(PREFIX) for name in headers)


def source_of(body: bytes) -> str:
    """The `source` that a structured event says it is of; empty when it says none."""
    try:
        return _named.decode(body).source
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def read_binary(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """Raises `Malformed`, or `BadInput` naming every wrong field."""
    decoded(body)  # one JSON value, so that it can stand in the structured form as it came
    attributes: dict[str, Any] = {
        name.removeprefix(PREFIX): _unquoted(name, value)
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }
    return read_event(msgspec.json.encode(attributes | {"data": msgspec.Raw(body)}))


def _unquoted(name: str, value: str) -> str:
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])  # quoted as headers may be
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadInput.at(name.removeprefix(PREFIX), "is no percent-encoded UTF-8") from None


@contextmanager
def attributes_named_as_headers() -> Iterator[None]:
    """`id` becomes `ce-id`, as the sender of a binary event knows it; `data.id` stays."""
    try:
        yield
    except BadInput as error:
        raise type(error)([FieldError(_header(e.field), e.message) for e in error.errors]) from None


def _header(field: str) -> str:
    return field if not field or field.partition(".")[0] == "data" else PREFIX + field


def read_batch(body: bytes) -> list[CloudEvent | BadInput]:
    """Each event or what is wrong with it. Raises `Malformed`, `BadInput` or `Problem` 413."""
    try:
        events = _events.decode(body)
    except msgspec.ValidationError:
        raise BadInput.at("", "must be a list of events") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        written_again = _one_by_one(body)
        if written_again is None:
            raise Malformed.at("", f"not JSON: {error}") from None
        events = written_again
    if len(events) > BATCH_EVENTS:
        raise Problem(413, "Batch too long", f"At most {BATCH_EVENTS} events are read.")
    return [_read_one(bytes(event)) for event in events]


def _one_by_one(body: bytes) -> list[msgspec.Raw] | None:
    """Of a list of which one event is no JSON for us, though for others (`NaN`, half a surrogate
    pair): each of them written again, so that it alone is refused. None: there is no such list."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, list):
        return None
    return [msgspec.Raw(json.dumps(one).encode()) for one in read]


def _read_one(event: bytes) -> CloudEvent | BadInput:
    if len(event) > BODY_LIMIT:  # what is larger as it came could be too large for a topic
        return BadInput.at("", f"larger than {BODY_LIMIT} bytes")
    try:
        return read_event(event)
    except BadInput as error:
        return error


def errors_of(results: Sequence[object]) -> list[FieldError]:
    """What is wrong with which events of a batch: `3.data.id` is a field of the fourth."""
    return [
        FieldError(f"{index}.{wrong.field}".rstrip("."), wrong.message)
        for index, result in enumerate(results)
        if isinstance(result, BadInput) and not isinstance(result, OtherType)
        for wrong in result.errors[:_NAMED]
    ]
