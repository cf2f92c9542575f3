"""A source's own map from the JSON it writes to our fields: what it may say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from common.errors import BadInput, FieldError
from common.events.values import Direction, Ending, Kind

MAPPED = "mapped-json"  # the vendor whose sources have one
REQUIRED = ("id", "ending", "ended_at")
WORDS = frozenset(
    {"id", "address", "caller", "callee", "our_number", "site", "region", "queue", "agent_id"}
    | {"agent_name", "team", "disposition", "language", "customer_name", "recording_url"}
)
OUR_WORDS: Mapping[str, frozenset[str]] = {
    "kind": frozenset(Kind),
    "ending": frozenset(Ending),
    "direction": frozenset(Direction),
}
TIMES = frozenset({"ended_at", "started_at", "agent_answered_at"})
DURATIONS = frozenset({"wait_seconds", "talk_seconds", "hold_seconds"})
FLAGS = frozenset({"do_not_survey", "test"})
FIELDS = WORDS | {*OUR_WORDS} | TIMES | DURATIONS | FLAGS | {"transfers", "tags"}
ATTRIBUTE = "attributes."  # attributes.<name>: any fact of your own
_PATH = re.compile(r"[^.\[\]]+(?:\[\d{1,3}\])*(?:\.[^.\[\]]+(?:\[\d{1,3}\])*)*")


Short = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a field comes from: `path` in the body, or a constant `value`; one of the two."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    path: Short | None = None
    value: Short | bool | Whole | float | None = None
    time: Literal["iso", "epoch", "epoch_ms", "local"] = "iso"  # local: in the source's zone
    unit: Literal["seconds", "milliseconds", "hh:mm:ss"] = "seconds"
    words: Annotated[dict[Short, Short], Field(max_length=200)] | None = (
        None  # the body's word -> ours; case does not matter
    )


Rules: TypeAlias = Mapping[str, Rule]
_RULES: TypeAdapter[dict[str, str | Rule]] = TypeAdapter(
    Annotated[dict[Short, Short | Rule], Field(max_length=200)]
)


def rules(mapping: Mapping[str, Any]) -> Rules:
    """`field: path` is short for `field: {path: path}`. Raises `BadInput`.

    No mapping at all means that the body uses our names.
    """
    if not mapping:
        return {name: Rule(path=name) for name in FIELDS - {"caller", "callee"}}
    try:
        given = _RULES.validate_python(mapping)
    except ValidationError as error:
        raise BadInput(
            [FieldError(_where(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]
        ) from None
    return {name: Rule(path=r) if isinstance(r, str) else r for name, r in given.items()}


def _where(loc: tuple[int | str, ...]) -> str:
    return ".".join(["mapping", *(str(part) for part in loc if part not in ("str", "Rule"))])


def faults(name: str, rule: Rule) -> Iterator[FieldError]:
    """What is wrong with one entry of a mapping."""
    at = f"mapping.{name}"
    if name not in FIELDS and not name.startswith(ATTRIBUTE):
        yield FieldError(at, f"no such field; there are {', '.join(sorted(FIELDS))}")
    if (rule.path is None) == (rule.value is None):
        yield FieldError(at, "needs either a path or a value")
    if rule.path is not None and not _PATH.fullmatch(rule.path):
        yield FieldError(f"{at}.path", "is no path such as call.parties[0].number")
    if rule.value is not None and name in TIMES | DURATIONS:
        yield FieldError(f"{at}.value", "this field cannot be the same for every call")
    ours = OUR_WORDS.get(name)
    given = [*(rule.words or {}).values(), *([str(rule.value)] if rule.value is not None else [])]
    if ours and (unknown := sorted(set(given) - ours)):
        yield FieldError(at, f"{', '.join(unknown)}: no word of {', '.join(sorted(ours))}")


def validate_mapping(mapping: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a source's mapping; empty when it can be used."""
    try:
        mapped = rules(mapping)
    except BadInput as error:
        return list(error.errors)
    missing = [name for name in REQUIRED if name not in mapped]
    if not {"address", "caller", "callee"} & set(mapped):
        missing.append("address")
    return [
        *(FieldError(f"mapping.{name}", "is required") for name in missing),
        *(wrong for name, rule in mapped.items() for wrong in faults(name, rule)),
    ]
