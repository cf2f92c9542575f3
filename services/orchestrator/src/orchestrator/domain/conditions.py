"""Conditions compiled to functions, once per configuration version.

What an index by number and queue can say already is taken out first, and asked no more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from common.config import Condition, Conditions
from common.config.conditions import ATTRIBUTE, Shape, fields_named, shape_of
from common.events.calls import Outline
from orchestrator.domain import condition_fields as fields

Holds = Callable[[Outline], bool]
T = TypeVar("T")
_INDEXED = ("number", "queue")


@dataclass(frozen=True, slots=True)
class CompiledConditions:
    """`numbers`, `queues`: the only ones that can match (None: any); `holds`: all that is left.

    `named`: the fields that are tested anywhere.
    """

    numbers: frozenset[str] | None
    queues: frozenset[str] | None
    holds: Holds | None
    named: frozenset[str]


def compile_conditions(when: Conditions, zone: ZoneInfo) -> CompiledConditions:
    """`zone`: of hours and weekdays that name none."""
    only: dict[str, frozenset[str] | None] = {
        "number": frozenset(when.numbers) or None,
        "queue": frozenset(when.queues) or None,
    }
    left: list[Condition] = []
    for one in when.all or ():
        if (words := _indexable(one)) is None:
            left.append(one)
        else:
            assert one.field is not None
            before = only[one.field]
            only[one.field] = words if before is None else before & words
    rest = _compiled_each(left, zone)
    rest += [_some(when.any, zone)] if when.any else []
    rest += [_not(_some(when.none, zone))] if when.none else []
    named = fields_named([one for group in when.groups().values() for one in group])
    return CompiledConditions(only["number"], only["queue"], _every(rest) if rest else None, named)


def _indexable(one: Condition) -> frozenset[str] | None:
    """The words of a test that says no more than which numbers or queues there may be."""
    said = one.said()
    if one.field not in _INDEXED or len(said) != 1:
        return None
    if one.one_of is not None:
        return frozenset(map(str, one.one_of))
    return frozenset((str(one.is_),)) if one.is_ is not None else None


def _compiled_each(conditions: Sequence[Condition], zone: ZoneInfo) -> list[Holds]:
    return [_compiled(one, zone) for one in conditions]


def _every(tests: Sequence[Holds]) -> Holds:
    return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)


def _some(conditions: Sequence[Condition], zone: ZoneInfo) -> Holds:
    tests = _compiled_each(conditions, zone)
    return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)


def _not(test: Holds) -> Holds:
    return lambda interaction: not test(interaction)


def _compiled(one: Condition, zone: ZoneInfo) -> Holds:
    if one.all is not None:
        return _every(_compiled_each(one.all, zone))
    if one.any is not None:
        return _some(one.any, zone)
    if one.none is not None:
        return _not(_some(one.none, zone))
    assert one.field is not None
    return _test(one, one.field, ZoneInfo(one.zone) if one.zone else zone)


def _test(one: Condition, field: str, zone: ZoneInfo) -> Holds:
    shape = shape_of(field)
    if shape is Shape.WORDS:
        return _of_words(one, fields.WORDS[field])
    if shape is Shape.NUMBER:
        number = fields.hour_in(zone) if field == "hour" else fields.NUMBER[field]
        return _of_one(one, number, _about_number(one), one.is_not)
    if shape is Shape.ATTRIBUTE:
        return _of_attribute(one, fields.attribute(field.removeprefix(ATTRIBUTE)))
    word = fields.weekday_in(zone) if field == "weekday" else fields.WORD[field]
    return _of_one(one, word, _about_text(one), _text_or_none(one.is_not))


def text(value: object) -> str:
    """As attributes have it: `true`, `5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _about_text(one: Condition) -> list[Callable[[str], bool]]:
    """Each operator on text that is there; `is_not` and `exists` are the caller's."""
    tests: list[Callable[[str], bool]] = []
    if one.is_ is not None:
        wanted = text(one.is_)
        tests.append(lambda found: found == wanted)
    if one.one_of is not None:
        words = frozenset(map(text, one.one_of))
        tests.append(words.__contains__)
    if (part := one.contains) is not None:
        tests.append(lambda found: part in found)
    if (beginning := one.begins_with) is not None:
        tests.append(lambda found: found.startswith(beginning))
    return tests


def _about_number(one: Condition) -> list[Callable[[float], bool]]:
    tests = _bounds(one)
    if (wanted := one.is_) is not None:
        tests.append(lambda found: found == wanted)
    if one.one_of is not None:
        tests.append(frozenset(one.one_of).__contains__)
    return tests


def _bounds(one: Condition) -> list[Callable[[float], bool]]:
    tests: list[Callable[[float], bool]] = []
    if (least := one.at_least) is not None:
        tests.append(lambda found: found >= least)
    if (most := one.at_most) is not None:
        tests.append(lambda found: found <= most)
    return tests


def _text_or_none(value: object) -> str | None:
    return None if value is None else text(value)


def _of_one(
    one: Condition,
    field: Callable[[Outline], T | None],
    tests: Sequence[Callable[[T], bool]],
    other: object,
) -> Holds:
    """What was not told passes no test."""
    exists = one.exists

    def holds(interaction: Outline) -> bool:
        found = field(interaction)
        if found is None or found == "":
            return exists is not True and not tests
        return exists is not False and found != other and all(test(found) for test in tests)

    return holds


def _of_words(one: Condition, field: fields.Words) -> Holds:
    """Each operator by itself: any of the words may be it; `is_not`: none is."""
    tests, exists, other = _about_text(one), one.exists, _text_or_none(one.is_not)

    def holds(interaction: Outline) -> bool:
        found = field(interaction)
        if not found:
            return exists is not True and not tests
        return (
            exists is not False
            and other not in found
            and all(any(test(word) for word in found) for test in tests)
        )

    return holds


def _of_attribute(one: Condition, field: fields.Word) -> Holds:
    """Text; where a number is asked for, what is none is not it."""
    as_text = _of_one(one, field, _about_text(one), _text_or_none(one.is_not))
    bounds = _bounds(one)
    if not bounds:
        return as_text

    def holds(interaction: Outline) -> bool:
        found = _number(field(interaction))
        return found is not None and all(test(found) for test in bounds) and as_text(interaction)

    return holds


def _number(found: str | None) -> float | None:
    try:
        return float(found) if found else None
    except ValueError:
        return None
