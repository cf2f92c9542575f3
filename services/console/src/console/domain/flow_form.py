"""A flow as a form shows it, and the document that a filled form means.

What is wrong with a value is the API's to say, so nothing is judged here: `delay: soon` goes there
as it is. A field that was not touched leaves its part of the document as it was, and so does
everything that the form does not show.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from common.config.models import Flow
from common.errors import FieldError
from console.domain.conditions import names
from console.domain.flow_limits import caps_of

Document = Mapping[str, Any]
Fields = Mapping[str, str]
DIRECTIONS = ("inbound", "outbound", "internal")
WHENS: Mapping[str, str] = {  # of a step after the first one
    "": "when it failed",
    "silent": "when nobody answered",
    "failed,silent": "when it failed or nobody answered",
    "no_consent": "when there is no consent for it",
    "line_type:fixed": "when the number is a landline",
}
CHANNEL_CHOICES = (("", "–"), ("sms", "SMS"), ("whatsapp", "WhatsApp"), ("ivr", "Voice"))
MOST_STEPS, MOST_CAPS = 5, 5


@dataclass(frozen=True, slots=True)
class Field:
    """`path` in the document; `show` and `mean` go there and back. `default`: as it is shown."""

    name: str
    path: tuple[str, ...]
    title: str
    hint: str = ""
    default: str = ""
    show: Callable[[Any], str] = str
    mean: Callable[[str], Any] = str


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _list(text: str) -> list[str]:
    return [part for one in text.replace("\n", ",").split(",") if (part := one.strip())]


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _percent(value: Any) -> str:
    return f"{value * 100:.10g}" if isinstance(value, int | float) else str(value)


def _rate(text: str) -> Any:
    try:
        return float(text.rstrip("% ")) / 100
    except ValueError:
        return text


def spelled(much: timedelta) -> str:
    """As a document says it: `90s`, `4h`; nothing is `0s`."""
    seconds = int(much.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0 and seconds > size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _words(name: str, title: str, hint: str = "", default: str = "every") -> Field:
    return Field(name, ("when", name), title, hint, default, show=_listed, mean=_list)


def _text(name: str, title: str, hint: str = "", default: str = "") -> Field:
    return Field(name, (name,), title, hint, default)


def _yes(text: str) -> Any:
    return {"yes": True, "no": False}.get(text.lower(), text)


def _yes_or_no(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _days(name: str, title: str) -> Field:
    return Field(name, ("days", name), title, "yes or no", "yes", show=_yes_or_no, mean=_yes)


_DEFAULTS = Flow(id="x", survey="x")
CALLS: Sequence[Field] = (
    _words("queues", "Queues", "with commas"),
    _words("numbers", "Our numbers", "such as +12025550190"),
    _words("agent_tags", "Tags of the agent", "any of these"),
    _words("tags", "Tags of the call", "any of these"),
    _words("without_tags", "Never with these tags", default="none"),
    _words("countries", "Countries of callers", "such as US, MX"),
    _text("minimum_talk", "Shortest talk", "such as 2m", spelled(_DEFAULTS.minimum_talk)),
    _text("maximum_age", "Oldest call", "since its end", spelled(_DEFAULTS.maximum_age)),
)
ASKING: Sequence[Field] = (
    Field(
        "sampling", ("sampling_rate",), "Share of calls", "in %", "100", show=_percent, mean=_rate
    ),
    Field("priority", ("priority",), "Priority", "the highest wins", "0", mean=_number),
    _text("delay", "Wait after the call", "such as 5m", spelled(_DEFAULTS.delay)),
    _text("validity", "Given up when not sent within", default=spelled(_DEFAULTS.validity)),
    _text("expiry", "Answers are taken for", default=spelled(_DEFAULTS.expiry)),
    _text("call_hours", "Hours for telephone calls", "or by-country", _DEFAULTS.call_hours),
    _text("text_hours", "Hours for texts", "or by-country", _DEFAULTS.text_hours),
    _days("weekends", "On weekends"),
    _days("holidays", "On public holidays"),
)
SIMPLE: Sequence[Field] = (_text("name", "Name"), _text("survey", "Survey"), *CALLS, *ASKING)


def fields_of(flow: Document) -> dict[str, str]:
    """Every field of the form."""
    found = {field.name: _shown(field, flow) for field in SIMPLE}
    directions = _at(flow, ("when", "directions"))
    usual = [] if names(flow.get("when"), "direction") else ["inbound"]
    chosen = directions if isinstance(directions, list) else usual
    found |= {f"direction_{one}": "yes" if one in chosen else "" for one in DIRECTIONS}
    plan = flow.get("plan") or [{"channel": "sms"}]
    for number, step in enumerate(_rows(plan, MOST_STEPS), start=1):
        found |= _step_fields(number, step)
    own, _ = caps_of(flow)
    for number, cap in enumerate(_rows(own, MOST_CAPS), start=1):
        found |= {f"asks_{number}": _string(cap, "asks"), f"per_{number}": _string(cap, "per")}
    return found


def flow_of(form: Fields, before: Document) -> dict[str, Any]:
    """`before` with what was changed in the form."""
    shown = fields_of(before)
    given = {name: form.get(name, "").strip() for name in shown}
    touched = {name for name, value in given.items() if value != shown[name].strip()}
    flow = deepcopy(dict(before))
    for field in SIMPLE:
        if field.name in touched:
            _set(flow, field.path, field.mean(given[field.name]) if given[field.name] else None)
    if any(name.startswith("direction_") for name in touched):
        _set(
            flow,
            ("when", "directions"),
            [one for one in DIRECTIONS if given[f"direction_{one}"]] or None,
        )
    if any(name.startswith(("channel_", "when_", "after_")) for name in touched):
        _set(flow, ("plan",), list(_plan(given)) or None)
    if any(name.startswith(("asks_", "per_")) for name in touched):
        own, shared = caps_of(before)
        _set(flow, ("caps",), [*_caps(given, own), *shared] or None)
    return flow


def errors_by_field(errors: Sequence[FieldError]) -> dict[str, list[str]]:
    """What an API says, by the field of the form that it is about; "" for what has none."""
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(_field_at(error.field), []).append(error.message)
    return found


def _field_at(path: str) -> str:
    parts = tuple(path.split("."))
    if parts[0] == "plan" and len(parts) > 1:
        name = {"when": "when", "after": "after", "line_types": "when"}.get(parts[-1], "channel")
        return f"{name}_{_place(parts[1])}"
    if parts[0] == "caps" and len(parts) > 1:
        return f"{parts[2] if len(parts) > 2 else 'asks'}_{_place(parts[1])}"
    if parts[:2] == ("when", "directions"):
        return "direction_inbound"
    return next((one.name for one in SIMPLE if parts[: len(one.path)] == one.path), "")


def _place(index: str) -> int:
    return int(index) + 1 if index.isdecimal() else 1


def _shown(field: Field, flow: Document) -> str:
    value = _at(flow, field.path)
    return "" if value is None else field.show(value)


def _at(document: Document, path: Sequence[str]) -> Any:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _set(flow: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """None takes it away, and a group that is empty then with it."""
    *groups, name = path
    if groups:
        group = dict(flow.get(groups[0]) or {})
        _set(group, (name,), value)
        name, value = groups[0], group or None
    if value is None:
        flow.pop(name, None)
    else:
        flow[name] = value


def _rows(rows: Any, most: int) -> list[Document]:
    """What there is, and an empty row for one more."""
    known = [one if isinstance(one, Mapping) else {} for one in rows or ()]
    return [*known, {}][: max(most, len(known))]


def _string(row: Document, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _step_fields(number: int, step: Document) -> dict[str, str]:
    return {
        f"channel_{number}": _string(step, "channel") or ("sms" if step else ""),
        f"when_{number}": _when(step),
        f"after_{number}": _string(step, "after"),
    }


def _when(step: Document) -> str:
    when = step.get("when")
    words = [when] if isinstance(when, str) else list(when or ())
    types = step.get("line_types")
    named = [f"{one}:{'+'.join(types)}" if one == "line_type" and types else one for one in words]
    return ",".join(map(str, named)) if named != ["failed"] else ""


def _plan(given: Fields) -> Iterator[dict[str, Any]]:
    """Rows without a channel are left out."""
    for number in range(1, MOST_STEPS + 1):
        channel = given.get(f"channel_{number}", "")
        if not channel:
            continue
        step: dict[str, Any] = {"channel": channel}
        words = given.get(f"when_{number}", "")
        for word in filter(None, words.split(",")):
            name, _, types = word.partition(":")
            step.setdefault("when", []).append(name)
            if types:
                step["line_types"] = types.split("+")
        if after := given.get(f"after_{number}", ""):
            step["after"] = after
        yield step


def _caps(given: Fields, before: Any) -> Iterator[dict[str, Any]]:
    """What the form does not show of a cap stays, such as whose asks it counts."""
    known = _rows(before, MOST_CAPS)
    for number in range(1, MOST_CAPS + 1):
        asks, per = given.get(f"asks_{number}", ""), given.get(f"per_{number}", "")
        if asks or per:
            row = known[number - 1] if number <= len(known) else {}
            yield {**row, "asks": _number(asks), "per": per}
