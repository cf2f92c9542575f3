"""Query strings and paths are held to what a route declares, as bodies are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from common.errors import FieldError, Problem
from common.process.openapi import description_of

LONGEST = 1_000  # characters of a value
MOST = 500  # parameters
INT64 = 2**63
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`many`: it may be repeated. `whole`: it is an integer."""

    many: bool
    whole: bool


class StrictQuery:
    """ASGI: what is not declared, repeated without need, or no text is refused, by its name."""

    def __init__(self, app: ASGIApp, declared: Mapping[str, Parameter], *, others: bool) -> None:
        """`others`: unknown parameters belong to the caller, as those of a vendor do."""
        self._app = app
        self._declared = declared
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _CONTROL.search(scope["path"]):
            raise Problem(400, "Malformed URL", "A path holds no control characters.")
        if scope["query_string"]:
            self.check(scope["query_string"])
        await self._app(scope, receive, send)

    def check(self, query: bytes) -> None:
        """Raises `Problem` that names the parameters that are wrong."""
        errors: list[FieldError] = []
        seen: set[str] = set()
        pairs = [pair for pair in query.split(b"&") if pair]
        if len(pairs) > MOST:
            errors.append(FieldError("query", f"at most {MOST} parameters"))
        for pair in pairs[:MOST]:
            raw_name, _, raw_value = pair.partition(b"=")
            name = _decoded(raw_name) or ""
            if wrong := self._wrong(name, raw_value, again=name in seen):
                errors.append(FieldError(f"query.{name[:100]}", wrong))
            seen.add(name)
        if errors:
            raise Problem(422, "Invalid request", errors=errors[:20])

    def _wrong(self, name: str, raw: bytes, *, again: bool) -> str | None:
        declared = self._declared.get(name)
        if declared is None:
            known = ", ".join(sorted(self._declared)) or "none"
            return None if self._others else f"unknown; there are: {known}"
        if again and not declared.many:
            return "given twice"
        value = _decoded(raw)
        if value is None:
            return "is not UTF-8"
        if _CONTROL.search(value):
            return "holds a control character"
        if len(value) > LONGEST:
            return f"longer than {LONGEST} characters"
        if value[:1] == " ":
            return "begins with a space; a + is written %2B"
        if declared.whole and not _fits(value):
            return "not a whole number of 64 bits"
        return None


def _decoded(raw: bytes) -> str | None:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None


def _fits(value: str) -> bool:
    """What is no number at all is told by what reads it."""
    try:
        return len(value) <= 20 and -INT64 <= int(value) < INT64
    except ValueError:
        return True


def hold_to_what_is_declared(app: FastAPI, routes: Sequence[Any]) -> None:
    """Every FastAPI route of these, in place. Plain routes take bytes that others have signed."""
    told = app.openapi()["paths"]
    for route in routes:
        # Pages for people hand theirs on to what is declared.
        described = isinstance(route, APIRoute) and route.include_in_schema
        if described and not isinstance(route.app, StrictQuery):
            declared = {
                one["name"]: _parameter(one["schema"])
                for method in route.methods or ()
                for one in told[route.path_format][method.lower()].get("parameters", [])
                if one["in"] == "query"
            }
            others = description_of(route.endpoint).others_in_query
            route.app = StrictQuery(route.app, declared, others=others)


def _parameter(schema: Mapping[str, Any]) -> Parameter:
    kinds = {one.get("type") for one in (schema, *schema.get("anyOf", ()))}
    return Parameter("array" in kinds, "integer" in kinds)
