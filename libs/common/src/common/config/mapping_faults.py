"""What is wrong with a source's own map, said when it is configured."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from common.config.mapping import (
    ATTRIBUTE,
    DURATIONS,
    FIELDS,
    HOLE,
    OUR_WORDS,
    RECEIVED,
    REQUIRED,
    TIMES,
    WHEN,
    Condition,
    Paths,
    Rule,
    paths_of,
    read_mapping,
)
from common.errors import BadInput, FieldError

_NAME = r"[^.\[\]{}?]+"
_INDEX = rf"\[(?:-?\d{{1,3}}|{_NAME}(?:\.{_NAME})*=[^\[\]{{}}]*)\]"
_PATH = re.compile(rf"\??(?:{_NAME}|{_INDEX})(?:{_INDEX})*(?:\.{_NAME}(?:{_INDEX})*)*")
_DEEPEST = 5
MOST_PATHS = 500  # of a mapping, in all its rules and conditions


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
    many = [FieldError("mapping", f"looks at more than {MOST_PATHS} paths")]
    return [
        *(many if len(read.paths) > MOST_PATHS else ()),
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
    yield from _path_faults(tuple(HOLE.findall(rule.template or "")), f"{at}.template")
    if rule.template is not None and not HOLE.search(rule.template):
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
