"""What is asked of the API, and what comes back: a value that any client can send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

Answer = TypeVar("Answer")

# Asked twice, these do what they do once: a request whose answer was lost may be sent again.
_SAFE_AGAIN = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True)
class Operation(Generic[Answer]):
    """One request of the API. Functions of `aftercall_client.analytics` and others make them.

    `path` has the names of `parts` in braces. `body` is sent as JSON, of the type `media`.
    """

    method: str
    path: str
    parts: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: object = None
    media: str = "application/json"

    @property
    def safe_again(self) -> bool:
        return self.method in _SAFE_AGAIN

    def url(self) -> str:
        """The path with its parts filled in, each quoted whole: an id may hold anything.

        Raises `ValueError` for `.` and `..`, which would lead to another path.
        """
        filled = {name: quote(str(part), safe="") for name, part in self.parts.items()}
        if odd := [name for name, part in filled.items() if part in ("", ".", "..")]:
            raise ValueError(f"{odd[0]} is no part of a path: {self.parts[odd[0]]!r}")
        return self.path.format(**filled)

    def parameters(self) -> dict[str, list[str]]:
        """The query as it is written: lists by repeating, `from_` as `from`, None left out."""
        return {
            name.removesuffix("_"): [_written(value) for value in _several(given)]
            for name, given in self.query.items()
        }

    def with_query(self, **more: object) -> "Operation[Answer]":
        """The same with other values in its query."""
        fields = {**self.__dict__, "query": {**self.query, **more}}
        return cast("Operation[Answer]", Operation(**fields))


def _several(given: object) -> list[object]:
    values = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    return [value for value in values if value is not None]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
