"""A source's own map from the bodies it sends to our fields: what it may say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from common.config.fields import STRICT, Zone
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
WHEN = "when"  # which of a source's events are ends; without it, all are
RECEIVED = "received"  # the value of a time: when the event reached us
UNITS = {"seconds": 1.0, "milliseconds": 0.001, "microseconds": 1e-6, "minutes": 60.0}
PER_SECOND = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000, "epoch_ns": 1_000_000_000}
_NAME = r"[^.\[\]{}?]+"
_INDEX = rf"\[(?:-?\d{{1,3}}|{_NAME}(?:\.{_NAME})*=[^\[\]{{}}]*)\]"
_PATH = re.compile(rf"\??(?:{_NAME}|{_INDEX})(?:{_INDEX})*(?:\.{_NAME}(?:{_INDEX})*)*")
_HOLE = re.compile(r"\{([^{}]*)\}")
_DEEPEST = 5

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
    over: float | None = None
    under: float | None = None
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
    # The body's word -> ours; case does not matter.
    words: Annotated[dict[Short, Short], Field(max_length=200)] | None = None


Rules: TypeAlias = Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """`when` None: every event is an end."""

    rules: Rules
    when: Condition | None = None


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
    if not given:
        return SourceMapping(_OURS, None if when is None else _condition(when))
    try:
        rules = _RULES.validate_python(given)
    except ValidationError as error:
        raise BadInput(_errors(error, "mapping")) from None
    found = {name: Rule(path=r) if isinstance(r, str) else r for name, r in rules.items()}
    return SourceMapping(found, None if when is None else _condition(when))


_OTHERS = sorted(FIELDS - {"caller", "callee", *REQUIRED})
_OURS: Rules = {name: Rule(path=name) for name in (*REQUIRED, *_OTHERS)}  # in this order named


def _condition(given: object) -> Condition:
    try:
        return _WHEN.validate_python({"all": given} if isinstance(given, list) else given)
    except ValidationError as error:
        raise BadInput(_errors(error, f"mapping.{WHEN}")) from None


def _errors(error: ValidationError, at: str) -> list[FieldError]:
    return [
        FieldError(".".join([at, *_where(one["loc"])]), one["msg"])
        for one in error.errors(include_url=False)
    ]


_TRIED = re.compile(r"str$|Rule$|constrained|tuple\[|literal")


def _where(loc: tuple[int | str, ...]) -> list[str]:
    """Without the names of the types that were tried."""
    return [str(part) for part in loc if not _TRIED.match(str(part))]


def validate_mapping(mapping: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a source's mapping; empty when it can be used."""
    try:
        read = read_mapping(mapping)
    except BadInput as error:
        return list(error.errors)
    rules = read.rules
    missing = [name for name in REQUIRED if name not in rules]
    if not {"address", "caller", "callee"} & set(rules):
        missing.append("address")
    return [
        *(FieldError(f"mapping.{name}", "is required") for name in missing),
        *(wrong for name, rule in rules.items() for wrong in faults(name, rule)),
        *(_condition_faults(read.when, f"mapping.{WHEN}") if read.when else ()),
    ]


def faults(name: str, rule: Rule) -> Iterator[FieldError]:
    """What is wrong with one entry of a mapping."""
    at = f"mapping.{name}"
    if name not in FIELDS and not name.startswith(ATTRIBUTE):
        yield FieldError(at, f"no such field; there are {', '.join(sorted(FIELDS))}, {WHEN}")
    given = [rule.path is not None, rule.value is not None, rule.template is not None]
    if sum(given) > 1 or not (any(given) or rule.cases):
        yield FieldError(at, "needs either a path, a value or a template")
    yield from _path_faults(rule.path, f"{at}.path")
    yield from _path_faults(tuple(_HOLE.findall(rule.template or "")), f"{at}.template")
    if rule.template is not None and not _HOLE.search(rule.template):
        yield FieldError(f"{at}.template", "has no {path} in it")
    yield from _value_faults(name, rule, at)
    if not _is_format(rule.time):
        yield FieldError(f"{at}.time", "is no format of times: does it name a part twice?")
    for span, part in ((rule.plus, "plus"), (rule.minus, "minus")):
        if span is not None and name not in TIMES:
            yield FieldError(f"{at}.{part}", "is for times")
        yield from _path_faults(span.path if span else None, f"{at}.{part}.path")
    for index, case in enumerate(rule.cases):
        yield from _condition_faults(case.when, f"{at}.cases.{index}.when")


def _is_format(time: str) -> bool:
    try:
        datetime.strptime("", time)  # noqa: DTZ007 - of no use but to be tried
    except re.error:
        return False
    except ValueError as error:
        return "bad directive" not in str(error) and "stray" not in str(error)
    return True


def _value_faults(name: str, rule: Rule, at: str) -> Iterator[FieldError]:
    fixed = rule.value is not None or bool(rule.cases)
    if name in TIMES | DURATIONS and fixed and not (name in TIMES and rule.value == RECEIVED):
        yield FieldError(f"{at}.value", "this field cannot be the same for every call")
    ours = OUR_WORDS.get(name)
    values = [*(case.value for case in rule.cases), rule.value]
    given = {*(rule.words or {}).values(), *(str(v) for v in values if v is not None)}
    if ours and (unknown := sorted(given - ours)):
        yield FieldError(at, f"{', '.join(unknown)}: no word of {', '.join(sorted(ours))}")


def _path_faults(given: Paths | None, at: str) -> Iterator[FieldError]:
    if any(not _PATH.fullmatch(path) for path in paths_of(given)):
        yield FieldError(at, "is no path such as call.parties[0].number")


def _condition_faults(one: Condition, at: str, depth: int = 1) -> Iterator[FieldError]:
    groups = {"any": one.any, "all": one.all, "none": one.none}
    said = [one.path, *groups.values()]
    if sum(part is not None for part in said) != 1:
        yield FieldError(at, "needs one of path, any, all, none")
    compared = (one.equals, one.exists, one.over, one.under)
    if one.path is None and any(part is not None for part in compared):
        yield FieldError(at, "compares nothing: it has no path")
    if depth > _DEEPEST:
        yield FieldError(at, f"is nested more than {_DEEPEST} deep")
        return
    yield from _path_faults(one.path, f"{at}.path")
    for name, group in groups.items():
        for index, part in enumerate(group or ()):
            yield from _condition_faults(part, f"{at}.{name}.{index}", depth + 1)
