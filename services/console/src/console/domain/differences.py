"""What differs between two versions of a document, value by value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` and `after` as people read them; None: it was not there, or is no more."""

    path: str
    before: str | None
    after: str | None


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """In the order of their paths."""
    old, new = dict(_leaves(before or {})), dict(_leaves(after or {}))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Lists of plain values are one; others go by their places."""
    if isinstance(value, Mapping) and (value or not at):
        for name, one in value.items():
            yield from _leaves(one, f"{at}.{name}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for place, one in enumerate(value):
            yield from _leaves(one, f"{at}.{place}")
    else:
        yield at, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return msgspec.json.encode(value).decode()
