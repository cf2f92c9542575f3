"""The recorded events and documents of a newer version, and how to make more of them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from common.events import TYPES, Envelope

RECORDED = Path(__file__).parent / "recorded"
EVENTS = sorted((RECORDED / "events").glob("*.json"))
DOCUMENTS = sorted((RECORDED / "documents").glob("*.json"))
WORD = "a_word_of_tomorrow"
FIELD = "a_field_of_tomorrow"
Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A document. `readable` None: of a kind that this version does not know."""

    kind: str
    id: str
    body: dict[str, Any]
    readable: bool | None
    passed_over: tuple[str, ...]


def document(path: Path) -> Recorded:
    return msgspec.convert(json.loads(path.read_text()), Recorded)


def row(kind: str, body: Mapping[str, Any], **told: Any) -> dict[str, Any]:
    """As `config.current_documents` has it."""
    identity = str(body.get("id", body.get("number")))
    shared = {"workspace": "acme", "version": 1, "enabled_since": None, "id": identity}
    return {**shared, "kind": kind, "body": body, **told}


class Place(StrEnum):
    """What stands somewhere in a written event."""

    WORD = "word"  # of an enumeration
    KEY = "key"  # of a mapping, and such a word
    FIELDS = "fields"  # a mapping with fields, which may get more of them


Site = tuple[Path_, Place]


def sites(fact: Any, value: Any) -> Iterator[Site]:
    """Where a newer version may have written something else."""
    yield from _walk(inspect.type_info(Envelope[fact]), value, ())


def words(fact: Any, value: Any) -> list[Site]:
    return [site for site in sites(fact, value) if site[1] is not Place.FIELDS]


def _walk(kind: inspect.Type, value: Any, at: Path_) -> Iterator[Site]:
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _walk(one, value, at)
    elif isinstance(kind, inspect.EnumType) and isinstance(value, str):
        yield at, Place.WORD
    elif isinstance(kind, inspect.VarTupleType | inspect.ListType) and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walk(kind.item_type, one, (*at, index))
    elif isinstance(value, dict):
        yield from _walk_mapping(kind, value, at)


def _walk_mapping(kind: inspect.Type, value: dict[str, Any], at: Path_) -> Iterator[Site]:
    if isinstance(kind, inspect.StructType):
        yield at, Place.FIELDS
        for field in kind.fields:
            if field.encode_name in value:
                yield from _walk(field.type, value[field.encode_name], (*at, field.encode_name))
    elif isinstance(kind, inspect.DictType):
        for name, one in value.items():
            if isinstance(kind.key_type, inspect.EnumType):
                yield (*at, name), Place.KEY
            yield from _walk(kind.value_type, one, (*at, name))


def mappings(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Where there are mappings, at any depth."""
    if isinstance(value, dict):
        yield at
        for name, one in value.items():
            yield from mappings(one, (*at, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from mappings(one, (*at, index))


def changed(value: Any, at: Path_, change: Callable[[Any], Any]) -> Any:
    """A copy in which what stands there is another."""
    if not at:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = changed(value[at[0]], at[1:], change)
    return copy


def renamed(value: Any, at: Path_) -> Any:
    """A copy in which the key there is a word that nobody knows."""
    return changed(
        value, at[:-1], lambda one: {WORD if n == at[-1] else n: v for n, v in one.items()}
    )


def enumerations() -> set[type[Enum]]:
    """Every one that a published event can hold."""
    found: set[type[Enum]] = set()
    seen: set[type[Any]] = set()
    waiting: list[Any] = [inspect.type_info(fact) for fact in TYPES.values()]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.EnumType):
            found.add(kind.cls)
        elif isinstance(kind, inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            waiting += [field.type for field in kind.fields]
        elif isinstance(kind, inspect.UnionType):
            waiting += kind.types
        elif isinstance(kind, inspect.VarTupleType):
            waiting.append(kind.item_type)
        elif isinstance(kind, inspect.DictType):
            waiting += [kind.key_type, kind.value_type]
    return found
