"""A source's own map from the JSON it writes to our fields, and how one value is read by it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, TypeAdapter, ValidationError

from common.errors import BadInput, FieldError
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import as_clock, as_epoch, as_iso, as_number, as_text

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
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a field comes from: `path` in the body, or a constant `value`; one of the two."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    path: str | None = None
    value: str | bool | int | float | None = None
    time: Literal["iso", "epoch", "epoch_ms", "local"] = "iso"  # local: in the source's zone
    unit: Literal["seconds", "milliseconds", "hh:mm:ss"] = "seconds"
    words: dict[str, str] | None = None  # the body's word -> ours; case does not matter


Rules: TypeAlias = Mapping[str, Rule]
_RULES: TypeAdapter[dict[str, str | Rule]] = TypeAdapter(dict[str, str | Rule])


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


def found(body: object, path: str) -> object:
    """What lies at a dotted path with `[n]`; None when there is nothing."""
    for step in _STEP.findall(path):
        if step.startswith("["):
            index = int(step[1:-1])
            body = body[index] if isinstance(body, list) and index < len(body) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def value_of(body: object, field: str, rule: Rule, *, zone: str) -> object:
    """A field's value as the public body would have it; None when the body does not say."""
    path = rule.path or "value"
    raw = rule.value if rule.path is None else found(body, rule.path)
    if field in TIMES:
        return _time(raw, path, rule, zone)
    if field in DURATIONS:
        return _seconds(raw, path, rule)
    if field == "transfers":
        number = as_number(raw, path)
        return int(number) if number is not None and number.is_integer() else number
    if field in FLAGS:
        return str(raw).strip().lower() in ("true", "1", "yes", "y")
    if field == "tags":
        return _list(raw, path)
    return _word(str(raw) if isinstance(raw, bool) else raw, path, rule)


def _word(raw: object, path: str, rule: Rule) -> str | None:
    text = as_text(raw, path)
    if text is None or rule.words is None:
        return text
    known = {theirs.lower(): ours for theirs, ours in rule.words.items()}
    return known.get(text.lower(), text)


def _time(raw: object, path: str, rule: Rule, zone: str) -> datetime | None:
    """Aware, or in the source's zone where the rule says that the body has no other."""
    if rule.time in ("epoch", "epoch_ms"):
        return as_epoch(raw, path, per_second=1000 if rule.time == "epoch_ms" else 1)
    time = as_iso(raw, path)
    if time is None or time.tzinfo is not None:
        return time
    if rule.time == "iso":
        raise BadInput.at(path, "needs a zone, such as 2026-01-05T10:14:20Z")
    return time.replace(tzinfo=ZoneInfo(zone))


def _seconds(raw: object, path: str, rule: Rule) -> float | None:
    if rule.unit == "hh:mm:ss":
        return as_clock(raw, path)
    number = as_number(raw, path)
    return number / 1000 if number is not None and rule.unit == "milliseconds" else number


def _list(raw: object, path: str) -> tuple[str, ...]:
    """A list of texts (or of objects with a `name`), or one text parted by commas."""
    if isinstance(raw, list):
        texts = [as_text(v.get("name") if isinstance(v, dict) else v, path) for v in raw]
    else:
        texts = [part.strip() for part in (as_text(raw, path) or "").split(",")]
    return tuple(text for text in texts if text)
