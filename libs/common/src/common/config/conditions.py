"""What a flow's conditions may say beyond its lists: tests of fields, in and / or / not groups.

Strict when written; a version that does not know a field, an operator or a word puts the flow out
of use, for what it does not know may say whom not to ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import ConfigDict, Field

from common.config.fields import E164, NO_FLAG, STRICT, Countries, Labels, Zone
from common.errors import FieldError
from common.events.values import Direction, Ending, Kind
from common.phone import normalised

MOST_TESTS = 200  # of a flow
MOST_WORDS = 50  # of an enumeration, in one list
DEEPEST = 5  # groups within groups
ATTRIBUTE = "attributes."  # attributes.<name>: a fact of the source's own
LINE_TYPES = ("mobile", "fixed", "voip", "other")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Shape(StrEnum):
    """What a field holds. Of several words (agents, tags) any one will do."""

    WORD = "word"
    WORDS = "words"
    NUMBER = "number"
    ATTRIBUTE = "attribute"  # text, compared as a number where a number is asked for


FIELDS: Mapping[str, Shape] = {
    **dict.fromkeys(
        (
            "kind",
            "ending",
            "direction",
            "number",
            "queue",
            "site",
            "region",
            "disposition",
            "country",
            "line_type",
            "language",
            "source",
            "weekday",
        ),
        Shape.WORD,
    ),
    **dict.fromkeys(("agent", "team", "agent_tags", "tags"), Shape.WORDS),
    **dict.fromkeys(
        ("talk_seconds", "wait_seconds", "hold_seconds", "transfers", "hour"), Shape.NUMBER
    ),
}
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "kind": Kind.words(),
    "ending": Ending.words(),
    "direction": Direction.words(),
    "line_type": LINE_TYPES,
    "weekday": WEEKDAYS,
}
CLOCKS = frozenset({"hour", "weekday"})  # of when it ended, in a zone
_TEXTUAL = ("contains", "begins_with")
_NUMERIC = ("at_least", "at_most")
_ALWAYS = ("is", "is_not", "one_of", "exists")
OPERATORS: Mapping[Shape, tuple[str, ...]] = {
    Shape.WORD: (*_ALWAYS, *_TEXTUAL),
    Shape.WORDS: (*_ALWAYS, *_TEXTUAL),
    Shape.NUMBER: (*_ALWAYS, *_NUMERIC),
    Shape.ATTRIBUTE: (*_ALWAYS, *_TEXTUAL, *_NUMERIC),
}

Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Value: TypeAlias = Annotated[str, Field(max_length=200)] | bool | Whole | float
Group: TypeAlias = Annotated[tuple["Condition", ...], Field(max_length=MOST_TESTS)]
Number = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False), NO_FLAG]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A test of a `field`, of which all that it says must hold, or one group of conditions.

    Of `all` every one must hold, of `any` one, of `none` not a single one. What was not told is
    nothing: no test of it holds but `is_not` and `exists: false`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    all: Group | None = None
    any: Group | None = None
    none: Group | None = None
    field: Annotated[str, Field(min_length=1, max_length=220)] | None = None
    is_: Annotated[Value | None, Field(alias="is")] = None
    is_not: Value | None = None
    one_of: Annotated[tuple[Value, ...], Field(min_length=1, max_length=1_000)] | None = None
    contains: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    begins_with: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    exists: bool | None = None
    zone: Zone | None = None  # of an hour or a weekday; else the workspace's

    def groups(self) -> Iterator[tuple[str, Sequence["Condition"]]]:
        for name in ("all", "any", "none"):
            if (group := getattr(self, name)) is not None:
                yield name, group

    def said(self) -> Mapping[str, Any]:
        """Its operators with their values."""
        names = (*_ALWAYS, *_TEXTUAL, *_NUMERIC)
        found = {name: getattr(self, "is_" if name == "is" else name) for name in names}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Each list is any-of; all given lists must match. Empty means everything.

    Of `all` every condition must hold too, of `any` one, of `none` not a single one. Where they
    speak of kind, ending or direction, and the list of it is not given, it is not narrowed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kinds: Annotated[tuple[Kind, ...], Field(max_length=MOST_WORDS)] | None = None  # calls
    endings: Annotated[tuple[Ending, ...], Field(max_length=MOST_WORDS)] | None = None  # connected
    directions: Annotated[tuple[Direction, ...], Field(max_length=MOST_WORDS)] | None = (
        None  # inbound
    )
    numbers: Annotated[tuple[E164, ...], Field(max_length=5_000)] = ()
    queues: Labels = ()
    agent_tags: Labels = ()
    tags: Labels = ()
    without_tags: Labels = ()
    countries: Countries = ()
    all: Group | None = None
    any: Group | None = None
    none: Group | None = None

    def groups(self) -> dict[str, tuple[Condition, ...]]:
        found = {"all": self.all, "any": self.any, "none": self.none}
        return {name: group for name, group in found.items() if group is not None}


def shape_of(field: str) -> Shape | None:
    """None: there is no such field."""
    if field.startswith(ATTRIBUTE):
        return Shape.ATTRIBUTE if len(field) > len(ATTRIBUTE) else None
    return FIELDS.get(field)


def fields_named(conditions: Sequence[Condition]) -> frozenset[str]:
    """Every field that is tested anywhere within."""
    found = {one.field for one in conditions if one.field is not None}
    return frozenset(found).union(
        *(fields_named(group) for one in conditions for _, group in one.groups())
    )


def faults(groups: Mapping[str, Sequence[Condition]], at: str) -> Iterator[FieldError]:
    """What is wrong with conditions that have the right types; `groups` by the name of each."""
    yield from _groups(groups, at, depth=1)
    if (count := sum(map(_size, groups.values()))) > MOST_TESTS:
        yield FieldError(at, f"has {count} tests and groups; at most {MOST_TESTS}")


def _groups(
    groups: Mapping[str, Sequence[Condition]], at: str, *, depth: int
) -> Iterator[FieldError]:
    for name, group in groups.items():
        if not group:
            yield FieldError(f"{at}.{name}", "a group has at least one condition")
        for index, one in enumerate(group):
            yield from _condition(one, f"{at}.{name}.{index}", depth=depth)


def _size(conditions: Sequence[Condition]) -> int:
    return sum(1 + sum(_size(group) for _, group in one.groups()) for one in conditions)


def _condition(one: Condition, at: str, *, depth: int) -> Iterator[FieldError]:
    groups, said = dict(one.groups()), one.said()
    if len(groups) + (one.field is not None) != 1:
        yield FieldError(at, "either tests one `field` or is one group: all, any or none")
        return
    if one.field is None:
        if said or one.zone:
            yield FieldError(at, f"a group has no {', '.join(said) or 'zone'} of its own")
        if depth >= DEEPEST:
            yield FieldError(at, f"groups are at most {DEEPEST} deep")
            return
        yield from _groups(groups, at, depth=depth + 1)
        return
    yield from _test(one, one.field, said, at)


def _test(one: Condition, field: str, said: Mapping[str, Any], at: str) -> Iterator[FieldError]:
    shape = shape_of(field)
    if shape is None:
        known = ", ".join(sorted(FIELDS))
        yield FieldError(f"{at}.field", f"not known; there are {known}, {ATTRIBUTE}NAME")
        return
    if not said:
        yield FieldError(at, f"says nothing of {field}; there are {', '.join(OPERATORS[shape])}")
    for name in said.keys() - set(OPERATORS[shape]):
        yield FieldError(f"{at}.{name}", f"{field} has {', '.join(OPERATORS[shape])}")
    if one.zone and field not in CLOCKS:
        yield FieldError(f"{at}.zone", "only an hour and a weekday are in a zone")
    for path, value in _values(said):
        if (why := _unfit(field, shape, value)) is not None:
            yield FieldError(f"{at}.{path}", why)


def _values(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("is", "is_not"):
        if name in said:
            yield name, said[name]
    for index, value in enumerate(said.get("one_of", ())):
        yield f"one_of.{index}", value


def _unfit(field: str, shape: Shape, value: Any) -> str | None:
    """Why a field can never have the value."""
    if shape is Shape.NUMBER:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if is_number else f"{field} is a number"
    if shape is Shape.ATTRIBUTE:
        return None
    if not isinstance(value, str):
        return f"{field} is a text; write it in quotes"
    if field in VOCABULARY and value not in VOCABULARY[field]:
        return f"{field} is one of {', '.join(VOCABULARY[field])}"
    if field == "number" and (spelled := normalised(value)) != value:
        return f"a number is written {spelled or '+12025550190'}"
    if field == "country" and not (len(value) == 2 and value.isascii() and value.isupper()):
        return "a country is two capitals, such as US"
    return None
