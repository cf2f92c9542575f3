"""JSON Schema of our types, with what their comments and docstrings say of each field."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any, get_args, get_origin, is_typeddict

import msgspec
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import get_type_hints

_COMMENT = re.compile(r"^    (\w+): [^#\n]*  # (?!noqa|type:)(.+)$", re.MULTILINE)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}  # the longest that fits first


class Dialect(GenerateJsonSchema):
    """No title per field; durations as the configuration writes them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"^\d+\s*[smhd]$", "examples": ["90s", "15m"]}

    def encode_default(self, dft: Any) -> Any:
        return _written(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def schema_of(
    kind: Any, *, references: str = "#/$defs/{model}", mode: JsonSchemaMode = "serialization"
) -> dict[str, Any]:
    """What we write of this type (`validation`: others); `$defs` holds the types it is made of."""
    schema = TypeAdapter(kind).json_schema(
        mode=mode, ref_template=references, schema_generator=Dialect
    )
    known = {one.__name__: one for one in made_of(kind)}
    for name, part in [*schema.get("$defs", {}).items(), (schema.get("title"), schema)]:
        if name in known:
            _describe(part, known[name])
    return schema


def made_of(kind: Any) -> set[type[Any]]:
    """This class and all that its fields are made of. Raises `ValueError` for equal names."""
    found: set[type[Any]] = set()
    _walk(kind, found)
    if len({one.__name__ for one in found}) < len(found):
        raise ValueError(f"{kind}: two classes of one name: {sorted(map(str, found))}")
    return found


def _walk(kind: Any, found: set[type[Any]]) -> None:
    if get_origin(kind) is not None:
        for part in get_args(kind):
            _walk(part, found)
    elif _has_fields(kind) and kind not in found:
        found.add(kind)
        for hint in get_type_hints(kind).values():
            _walk(hint, found)


def _has_fields(kind: Any) -> bool:
    if not isinstance(kind, type):
        return False
    ours = issubclass(kind, BaseModel | msgspec.Struct)
    return ours or is_dataclass(kind) or is_typeddict(kind)


def _describe(schema: dict[str, Any], kind: type[Any]) -> None:
    """A field's own description stands; a default that is made anew is one, too."""
    if "description" in schema:
        schema["description"] = prose(schema["description"])
    said, made = comments(kind), dict(_made_defaults(kind))
    for name, one in schema.get("properties", {}).items():
        if name in said:
            one.setdefault("description", said[name])
        if name in made:
            one.setdefault("default", made[name])


def without_titles(schema: Any) -> Any:
    """FastAPI's schemas repeat the name of every field as its title."""
    if isinstance(schema, list):
        return [without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        word: {name: without_titles(one) for name, one in value.items()}
        if word == "properties"
        else without_titles(value)
        for word, value in schema.items()
        if word != "title"
    }


def comments(kind: type[Any]) -> dict[str, str]:
    """Field -> the comment on its line."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one.__module__.partition(".")[0] not in ("builtins", "msgspec", "pydantic", "typing"):
            with suppress(OSError):  # made at run time
                found |= dict(_COMMENT.findall(inspect.getsource(one)))
    return found


def prose(text: str) -> str:
    """Lines of a paragraph as one; paragraphs stay apart."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(text))


def _made_defaults(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, make in _factories(kind):
        yield name, _plain(msgspec.to_builtins(make(), builtin_types=(timedelta,)))


def _factories(kind: type[Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    if issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            if callable(field.default_factory):
                yield field.name, field.default_factory
    elif is_dataclass(kind):
        for one in fields(kind):
            if callable(one.default_factory):
                yield one.name, one.default_factory


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return _written(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _written(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    unit, size = next(
        (u, s) for u, s in _UNITS.items() if (seconds % s == 0 and seconds >= s) or u == "s"
    )
    return f"{seconds // size}{unit}"
