"""Numbers, times and closed words as people read them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from common.events.reasons import REASONS
from console.domain.conditions import in_words

NONE = "–"
METRICS: Mapping[str, str] = {
    "nps": "NPS",
    "csat": "CSAT",
    "ces": "CES",
    "mood": "Agent mood",
}
DIMENSIONS: Mapping[str, str] = {
    "queue": "Queue",
    "agent": "Agent",
    "team": "Team",
    "channel": "Channel",
    "number": "Number",
    "site": "Site",
    "region": "Region",
    "disposition": "Disposition",
}
CHANNELS: Mapping[str, str] = {
    "sms": "SMS",
    "ivr": "Voice",
    "whatsapp": "WhatsApp",
    "email": "E-mail",
    "web": "Web",
    "": "(none)",
}
GUARDS: Mapping[str, str] = {  # what was looked at, where it is not called as the refusal is
    "sampled_out": "sampling",
    "opted_out": "opt-outs",
    "no_consent": "consent",
    "consent_expired": "age of the yes",
    "no_flow": "flows",
    "no_address": "address",
    "no_sender": "senders",
    "too_old": "age",
    "not_connected": "connection",
}
SIGN_INS: Mapping[str, str] = {
    "password": "signed in by password",
    "link": "signed in by a link",
    "provider": "signed in at the provider",
    "refused": "a wrong password",
    "locked": "too many wrong passwords: locked out for 15 minutes",
    "signed_out": "signed out",
    "password_set": "chose a password",
    "code": "signed in by password and a code",
    "recovery_code": "used a recovery code",
    "code_refused": "a wrong code",
    "totp_set": "set up a second factor",
    "totp_removed": "took the second factor away",
    "codes_renewed": "made new recovery codes",
}


def number(value: float | None, digits: int = 1, name: str = "") -> Markup:
    """With its full value in the page, for programs and tests, which know it by its name."""
    if value is None:
        return escape(NONE)
    shown = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
    shown = shown.replace("-", "−")  # a minus sign, not a hyphen
    named = Markup(' data-name="{}"').format(name) if name else Markup("")
    return Markup('<data value="{}"{}>{}</data>').format(repr(value), named, shown)


def signed(value: float | None, unit: str = "") -> str:
    """A difference, with its sign."""
    if value is None:
        return NONE
    return f"{value:+.1f}{unit}".replace("-", "−")


def moment(value: str | datetime | None, zone: str = "UTC") -> Markup:
    """A time in the workspace's zone; the exact one is its title."""
    if value is None:
        return escape(NONE)
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(ZoneInfo(zone))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", f"{local:%Y-%m-%d %H:%M}"
    )


def plain(word: Any) -> str:
    """A closed word of an API: `not_taken` is "not taken"."""
    return str(word).replace("_", " ") if word not in (None, "") else NONE


def _of(table: Mapping[str, str]) -> Callable[[Any], str]:
    def look_up(word: Any) -> str:
        return table.get(str(word), plain(word))

    return look_up


RANGES: Mapping[str, str] = {
    "": "Last 30 days",
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "28d": "Last 28 days",
    "91d": "Last 91 days",
    "364d": "Last 52 weeks",
    "this_month": "This month",
    "last_month": "Last month",
    "this_year": "This year",
}
COMPARES: Mapping[str, str] = {
    "previous": "the days before",
    "year": "a year ago, same weekdays",
    "off": "nothing",
}
ORDERS: Mapping[str, str] = {
    "highest": "Highest score first",
    "lowest": "Lowest score first",
    "largest": "Most answers first",
}
VERDICTS: Mapping[str, str] = {
    "up": "up: more than noise",
    "down": "down: more than noise",
    "no_clear_change": "no clear change: within noise",
}
ARROWS: Mapping[str, str] = {"up": "▲", "down": "▼", "no_clear_change": "●"}
STATES: Mapping[str, str] = {
    "waiting": "waits for its time",
    "planned": "its turn may come",
    "with_sender": "handed to the sender of its channel",
    "passed_over": "its channel cannot be used",
    "unknown": "nobody knows whether it went out",
}
# What a filter's parameter is called where it is shown as a chip.
PARAMETERS: Mapping[str, str] = {
    **DIMENSIONS,
    "survey": "Survey",
    "metric": "Metric",
    "question": "Question",
    "score": "Rating",
    "flow": "Flow",
    "direction": "Direction",
    "language": "Language",
    "tag": "Tag",
    "state": "State",
    "from": "From",
    "to": "To",
    "range": "Days",
    "date": "Days of",
    "credit": "Credit",
}


CLASSES = (  # of response rates: name, letter, who
    ("complete", "I", "answered to the end"),
    ("partial", "P", "began to answer"),
    ("refused", "R", "opted out after the ask, and answered nothing"),
    ("silent", "NC", "the ask arrived, or rang, and nobody answered"),
    ("unknown", "U", "nobody knows whether it arrived"),
    ("ineligible", "NE", "could not arrive: no such number, a landline, blocked"),
)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "signed": signed,
    "verdict": lambda word: VERDICTS.get(word, plain(word)),
    "arrow": lambda word: ARROWS.get(word, ""),
    "state": lambda word: STATES.get(word, plain(word)),
    "parameter": lambda word: PARAMETERS.get(word, plain(word)),
    "number": number,
    "moment": moment,
    "plain": plain,
    "conditions": in_words,
    "metric": _of(METRICS),
    "dimension": _of(DIMENSIONS),
    "channel": _of(CHANNELS),
    "reason": _of(REASONS),
    "guard": _of(GUARDS),
    "sign_in": _of(SIGN_INS),
}
SORTS: Mapping[str, str] = {
    "newest": "Newest call first",
    "oldest": "Oldest call first",
    "lowest_score": "Lowest score first",
}
