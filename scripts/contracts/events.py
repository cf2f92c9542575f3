"""JSON Schema of every event that we publish, envelope included, and of what outsiders send."""

import functools
import operator
from typing import Any, get_args, get_type_hints

import msgspec

from common.events import TYPES, Envelope
from common.topics import TOPICS
from ingest.schemas import CloudEvent
from scripts.contracts.schemas import comments, schema_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ATTRIBUTES = {  # what is not said here is said where the attribute is declared
    "id": "With `source` it names the event: the same again is the same event, published again.",
    "source": "Path of the service that wrote it.",
    "specversion": "Of CloudEvents.",
    "type": "What happened; names this schema.",
    "time": "When it happened, not when it was published.",
    "workspace": "Extension attribute: whose it is.",
    "datacontenttype": "Of `data`.",
    "traceparent": "Extension attribute: W3C trace context of the request that began it.",
}


def files() -> dict[str, Any]:
    """Name of a file -> schema."""
    published = {f"events/{name}.schema.json": event(name) for name in TYPES}
    return published | {"intake/cloudevent.schema.json": intake()}


def event(name: str) -> dict[str, Any]:
    """What is written has all attributes, and of `data` what differs from its default."""
    fact = schema_of(TYPES[name])
    parts = fact.pop("$defs", {})
    title = fact["title"]
    return {
        "$schema": DIALECT,
        "$id": f"urn:aftercall:event:{name}",
        "title": name,
        "description": f"{fact['description']}\n\n{_place(name)}",
        "type": "object",
        "properties": _attributes(name) | {"data": {"$ref": f"#/$defs/{title}"}},
        "required": [*_written(Envelope)],
        "$defs": dict(sorted((parts | {title: fact}).items())),
    }


def intake() -> dict[str, Any]:
    """The public body of `POST /v1/events`, structured, and of an intake topic."""
    schema = schema_of(CloudEvent, mode="validation")
    amended = {"properties": {"type": {"const": "interaction.amended.v1"}}, "required": ["type"]}
    return {
        "$schema": DIALECT,
        "$id": "urn:aftercall:intake:cloudevent",
        **schema,
        "allOf": [{"if": amended, "then": {"required": ["time"]}}],
    }


def _attributes(name: str) -> dict[str, Any]:
    """From the envelope itself, so that an attribute more is one here, too."""
    known = comments(Envelope) | ATTRIBUTES
    hints = get_type_hints(Envelope)
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(Envelope):
        if field.name == "data":
            continue
        if isinstance(field.default, str):
            schema: dict[str, Any] = {"const": field.default}
        else:
            schema = (
                {"const": name} if field.name == "type" else schema_of(_declared(hints[field.name]))
            )
        described = {"description": known[field.name]} if field.name in known else {}
        found[field.name] = schema | described
    return found


def _declared(hint: Any) -> Any:
    """What it is when it is there at all."""
    left = [one for one in get_args(hint) if one is not msgspec.UnsetType]
    return functools.reduce(operator.or_, left) if left else hint


def _written(kind: type[msgspec.Struct]) -> list[str]:
    return [one.name for one in msgspec.structs.fields(kind) if one.default is not msgspec.UNSET]


def _place(name: str) -> str:
    found = [f"`{topic.name}` (key: {topic.key})" for topic in TOPICS if name in topic.types]
    return f"Topic: {', '.join(found)}."
