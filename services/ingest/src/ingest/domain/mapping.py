"""How a source's map is read: which events are ends, and what each field's rule finds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import isnan
from typing import Any

from common.config.mapping import (
    DURATIONS,
    FLAGS,
    HOLE,
    RECEIVED,
    TIMES,
    UNITS,
    Condition,
    Rule,
    Span,
    paths_of,
)
from common.errors import BadInput
from ingest.domain.body import as_clock, as_number, as_text, clean
from ingest.domain.mapped_body import MappedBody
from ingest.domain.times import read_time


def holds(one: Condition, body: MappedBody) -> bool:
    """Whether a condition is true of a body.

    Raises `BadInput` where it hangs on a number and what is there is none.
    """
    if one.any is not None:
        return _some(one.any, body, that=True)
    if one.all is not None:
        return not _some(one.all, body, that=False)
    if one.none is not None:
        return not _some(one.none, body, that=True)
    path, value = body.first(paths_of(one.path))
    if one.exists is not None and (value is not None) is not one.exists:
        return False
    if one.equals is not None and not _equals(value, one.equals):
        return False
    if one.over is not None or one.under is not None:
        return _between(value, one, path)
    return value is not None or one.exists is False


def _some(parts: Iterable[Condition], body: MappedBody, *, that: bool) -> bool:
    """Whether some part is true, or false: one that cannot be judged matters if no other is so."""
    wrong: BadInput | None = None
    for part in parts:
        try:
            if holds(part, body) is that:
                return True
        except BadInput as error:
            wrong = error
    if wrong is not None:
        raise wrong
    return False


def _equals(value: object, wanted: object) -> bool:
    """As text, whatever the case: of a list, any element will do."""
    values = value if isinstance(value, list) else [value]
    wants = wanted if isinstance(wanted, tuple) else (wanted,)
    return bool({_plain(v) for v in values if v is not None} & {_plain(w) for w in wants})


def _plain(value: object) -> str:
    return str(value).strip().lower()


def _between(value: object, one: Condition, path: str) -> bool:
    number = as_number(value, path)
    if number is None or isnan(number):
        return False
    return not (
        (one.over is not None and number <= one.over)
        or (one.under is not None and number >= one.under)
    )


def value_of(
    body: MappedBody, field: str, rule: Rule, *, zone: str, received_at: datetime | None
) -> object:
    """A field's value as the public body would have it; None when the body does not say.

    Raises `BadInput` for what is there and cannot be read.
    """
    case = next((case.value for case in rule.cases if holds(case.when, body)), None)
    path, raw = ("value", case) if case is not None else _raw(body, rule)
    if field in TIMES:
        return _time(body, raw, path, rule, zone=zone, received_at=received_at)
    if field in DURATIONS:
        return seconds_of(raw, path, rule.unit)
    if field == "transfers":
        number = as_number(raw, path)
        return int(number) if number is not None and number.is_integer() else None
    if field == "do_not_survey":
        return _says_anything_but_no(raw)
    if field in FLAGS:
        return _plain(raw) in _YES
    if field == "tags":
        return _list(raw, path)
    return _word(raw, path, rule if case is None else None)


_YES = ("true", "1", "yes", "y")
_NO = frozenset({"", "false", "0", "0.0", "no", "n", "f", "off", "none", "null", "nein", "non"})


def _says_anything_but_no(raw: object) -> bool:
    """Who may have asked not to be asked is not: there are more words for yes than we know."""
    if isinstance(raw, list):
        return any(_says_anything_but_no(one) for one in raw)
    return raw is not None and raw != {} and _plain(raw) not in _NO


def _raw(body: MappedBody, rule: Rule) -> tuple[str, object]:
    if rule.template is not None:
        values = {path: body.at(path) for path in HOLE.findall(rule.template)}
        if any(value in (None, "") for value in values.values()):
            return rule.template, None
        return rule.template, HOLE.sub(lambda hole: str(values[hole[1]]), rule.template)
    if rule.value is not None:
        return "value", rule.value
    return body.first(paths_of(rule.path))


def _word(raw: object, path: str, rule: Rule | None) -> str | None:
    """`rule`: the one whose words say it in ours; None where ours it is already."""
    if isinstance(raw, bool):
        raw = str(raw).lower()
    if isinstance(raw, list) and raw:  # the first of several
        raw = raw[0].get("name") if isinstance(raw[0], dict) else raw[0]
    text = as_text(raw, path)
    if text is None or rule is None or rule.words is None:
        return text
    return rule.words.get(text.lower(), text)


def _time(
    body: MappedBody,
    raw: object,
    path: str,
    rule: Rule,
    *,
    zone: str,
    received_at: datetime | None,
) -> datetime | None:
    """Aware; with what the rule adds to it or takes from it."""
    if rule.value == RECEIVED:
        time = received_at
    else:
        time = read_time(raw, path, how=rule.time, zone=rule.zone or zone)
    if time is None:
        return None
    try:
        return time + _span(body, rule.plus) - _span(body, rule.minus)
    except OverflowError:
        raise BadInput.at(path, "lies outside of the calendar") from None


def _span(body: MappedBody, span: Span | None) -> timedelta:
    """Raises `BadInput` where the duration is not told: the time would be another one."""
    if span is None:
        return timedelta(0)
    path, raw = body.first(paths_of(span.path))
    seconds = seconds_of(raw, path, span.unit)
    if seconds is None:
        raise BadInput.at(path, "is required")
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise BadInput.at(path, "is no duration") from None


def seconds_of(raw: object, path: str, unit: str) -> float | None:
    """A duration of any unit, in seconds."""
    if unit == "hh:mm:ss":
        return as_clock(raw, path)
    number = as_number(raw, path)
    return None if number is None else number * UNITS[unit]


def _list(raw: object, path: str) -> tuple[str, ...]:
    """A list of texts (or of objects with a `name`), or one text parted by commas."""
    if isinstance(raw, list):
        texts = [_element(one, path) for one in raw]
    else:
        texts = [part.strip() for part in (as_text(raw, path) or "").split(",")]
    return tuple(text for text in texts if text)


def _element(one: Any, path: str) -> str | None:
    try:
        return as_text(one.get("name") if isinstance(one, dict) else one, path)
    except BadInput:
        return None


def shown(value: object) -> str:
    """A value as an explanation shows it."""
    text = value.isoformat() if isinstance(value, datetime) else clean(str(value))
    return text if len(text) <= 60 else f"{text[:60]}…"
