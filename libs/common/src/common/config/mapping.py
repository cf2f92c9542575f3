"""A source's own map from the bodies it sends to our fields: what it may say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from common.config.fields import NO_FLAG, STRICT, Zone
from common.errors import BadInput, FieldError
from common.events.values import Direction, Ending, Kind
from common.wording import said

MAPPED = "mapped-json"  # the vendor whose sources have one
REQUIRED = ("id", "ending", "ended_at")
WORDS = frozenset(
    {"id", "address", "caller", "callee", "our_number", "site", "region", "queue", "agent_id"}
    | {"agent_name", "team", "disposition", "language", "customer_id", "customer_name"}
    | {"recording_url"}
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
WHEN = "when"  # which of a source's events are ends; without it, all are
RECEIVED = "received"  # the value of a time: when the event reached us
UNITS = {"seconds": 1.0, "milliseconds": 0.001, "microseconds": 1e-6, "minutes": 60.0}
PER_SECOND = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000, "epoch_ns": 1_000_000_000}
HOLE = re.compile(r"\{([^{}]*)\}")

Short = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Scalar: TypeAlias = Short | bool | Whole | float
Several = Annotated[tuple[Short, ...], Field(min_length=1, max_length=10)]
Paths: TypeAlias = Short | Several  # of several, the first where there is anything
Unit: TypeAlias = Literal["seconds", "milliseconds", "microseconds", "minutes", "hh:mm:ss"]
# `%d/%m/%Y %H:%M` and the like, as strptime has it.
TimeFormat: TypeAlias = (
    Literal["iso", "local", "rfc2822", "epoch", "epoch_ms", "epoch_us", "epoch_ns"]
    | Annotated[str, Field(max_length=60, pattern="%")]
)


def paths_of(given: Paths | None) -> tuple[str, ...]:
    """One path or several, as several."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else given


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is said of a path must hold; of `any`, one; of `all`, every one; of `none`, not one.

    `equals` compares as text, whatever the case; `over` and `under` as numbers. A path alone
    wants something to be there.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    path: Paths | None = None
    equals: Scalar | Annotated[tuple[Scalar, ...], Field(max_length=50)] | None = None
    exists: bool | None = None
    over: Annotated[float, NO_FLAG] | None = None
    under: Annotated[float, NO_FLAG] | None = None
    any: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=20)] | None = None
    all: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=20)] | None = None
    none: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=20)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A word of ours for the events of which `when` holds."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    when: Condition
    value: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A duration in the body, to be added to a time or taken from it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    path: Paths
    unit: Unit = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a field comes from: `path` in the body, a constant `value`, or a `template`.

    The first of `cases` that holds comes before these.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    path: Paths | None = None
    value: Scalar | None = None
    template: Short | None = None  # "{call.id}-{leg}"; nothing when one of its paths is empty
    cases: Annotated[tuple[Case, ...], Field(max_length=20)] = ()
    time: TimeFormat = "iso"  # local: without a zone, in that of the rule or the source
    zone: Zone | None = None
    plus: Span | None = None  # of a time
    minus: Span | None = None
    unit: Unit = "seconds"
    # The body's word -> ours; case does not matter, and `read_mapping` has theirs in lower case.
    words: Annotated[dict[Short, Short], Field(max_length=200)] | None = None


Rules: TypeAlias = Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """`when` None: every event is an end. `paths`: all that it looks at, as often as it does."""

    rules: Rules
    when: Condition | None = None
    paths: tuple[str, ...] = ()


_RULES: TypeAdapter[dict[str, Short | Rule]] = TypeAdapter(
    Annotated[dict[Short, Short | Rule], Field(max_length=200)]
)
_WHEN: TypeAdapter[Condition] = TypeAdapter(Condition)


def read_mapping(mapping: Mapping[str, Any]) -> SourceMapping:
    """`field: path` is short for `field: {path: path}`. Raises `BadInput`.

    No mapping at all means that the body uses our names.
    """
    return _read(msgspec.json.encode(mapping))


@lru_cache(maxsize=1_000)
def _read(mapping: bytes) -> SourceMapping:
    given = msgspec.json.decode(mapping)
    when = given.pop(WHEN, None)
    condition = None if when is None else _condition(when)
    if not given:
        return _mapping(_OURS, condition)
    try:
        rules = _RULES.validate_python(given)
    except ValidationError as error:
        raise BadInput(_errors(error, "mapping")) from None
    return _mapping({name: _rule(given) for name, given in rules.items()}, condition)


def _mapping(rules: Rules, when: Condition | None) -> SourceMapping:
    looked_at = [path for rule in rules.values() for path in _paths(rule)]
    return SourceMapping(rules, when, (*looked_at, *(_paths_within(when) if when else ())))


def _rule(given: str | Rule) -> Rule:
    if isinstance(given, str):
        return Rule(path=given)
    if given.words is None:
        return given
    return replace(given, words={theirs.lower(): ours for theirs, ours in given.words.items()})


def _paths(rule: Rule) -> Iterator[str]:
    yield from paths_of(rule.path)
    yield from HOLE.findall(rule.template or "")
    for span in (rule.plus, rule.minus):
        yield from paths_of(span.path if span else None)
    for case in rule.cases:
        yield from _paths_within(case.when)


def _paths_within(one: Condition) -> Iterator[str]:
    yield from paths_of(one.path)
    for group in (one.any, one.all, one.none):
        for part in group or ():
            yield from _paths_within(part)


_OTHERS = sorted(FIELDS - {"caller", "callee", *REQUIRED})
_OURS: Rules = {name: Rule(path=name) for name in (*REQUIRED, *_OTHERS)}  # in this order named


def _condition(given: object) -> Condition:
    try:
        return _WHEN.validate_python({"all": given} if isinstance(given, list) else given)
    except ValidationError as error:
        raise BadInput(_errors(error, f"mapping.{WHEN}")) from None


def _errors(error: ValidationError, at: str) -> list[FieldError]:
    return [
        FieldError(".".join([at, *_where(one["loc"])]), said(one))
        for one in error.errors(include_url=False)
    ]


_TRIED = re.compile(r"str$|Rule$|constrained|tuple\[|literal")


def _where(loc: tuple[int | str, ...]) -> list[str]:
    """Without the names of the types that were tried."""
    return [str(part) for part in loc if not _TRIED.match(str(part))]
