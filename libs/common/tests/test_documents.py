"""What a document says is what was meant, or it is refused."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from common.config.documents import parse_document
from common.config.mapping import Condition, Rule
from common.config.models import KINDS
from common.errors import BadInput

SET_BY_THE_READER = "version"


def numbers(kind: Any, at: str, seen: set[Any]) -> Iterator[tuple[str, Any]]:
    """Every place of a number beneath a type, with its type."""
    if kind in (int, float):
        yield at, kind
    elif get_origin(kind) is Annotated:
        inner = get_args(kind)[0]
        yield from [(at, kind)] if inner in (int, float) else numbers(inner, at, seen)
    elif is_dataclass(kind):
        if kind in seen:
            return
        seen.add(kind)
        hints = get_type_hints(kind, include_extras=True)
        for one in fields(kind):
            if one.name != SET_BY_THE_READER:
                yield from numbers(hints[one.name], f"{at}.{one.name}", seen)
    elif not (get_origin(kind) in (Union, UnionType) and bool in get_args(kind)):
        for part in get_args(kind):
            yield from numbers(part, at, seen)


EVERY = [
    place
    for name, kind in (*KINDS.items(), ("condition", Condition), ("rule", Rule))
    for place in numbers(kind, name, set())
]


def test_numbers_are_found() -> None:
    found = {place for place, _ in EVERY}

    assert found >= {
        "workspace.daily_ceiling",
        "workspace.caps.asks",
        "flow.sampling_rate",
        "account.senders.per_second",
        "survey.questions.scale",
        "condition.over",
    }


@pytest.mark.parametrize(("place", "kind"), EVERY, ids=[place for place, _ in EVERY])
@pytest.mark.parametrize("said", [True, False])
def test_yes_and_no_are_no_numbers(place: str, kind: Any, said: bool) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(said)


def test_a_ceiling_of_no_is_refused_and_not_zero() -> None:
    with pytest.raises(BadInput, match="daily_ceiling"):
        parse_document("workspace", {"id": "acme", "name": "Acme", "daily_ceiling": False})
