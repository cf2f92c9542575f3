"""How one value is read by a source's own map; what a map may say is in `common.config.mapping`."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from common.config.mapping import DURATIONS, FLAGS, TIMES, Rule
from common.errors import BadInput
from ingest.domain.body import as_clock, as_epoch, as_iso, as_number, as_text

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


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
