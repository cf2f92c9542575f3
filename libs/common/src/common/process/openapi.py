"""What FastAPI cannot see of an endpoint: the body that it reads itself, what its answers hold.

Nothing looks at it while serving; `contracts/openapi/` is made of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

JSON = "application/json"
E = TypeVar("E", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`reads`: type by media type; `gives`: type by status; `problems`: what a status means.

    `others_in_query`: a query holds what the caller likes beside what is declared.
    """

    reads: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)  # of bodies, by media type
    gives: Mapping[int, Any] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    others_in_query: bool = False


_KNOWN: dict[Callable[..., Any], Described] = {}


def described(description: Described) -> Callable[[E], E]:
    """Says this of an endpoint, which stays as it is."""

    def describe(endpoint: E) -> E:
        _KNOWN[endpoint] = description
        return endpoint

    return describe


def description_of(endpoint: Callable[..., Any]) -> Described:
    return _KNOWN.get(endpoint, Described())
