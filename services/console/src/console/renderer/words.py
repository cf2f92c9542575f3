"""Numbers, times and closed words as people read them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

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
REASONS: Mapping[str, str] = {
    "do_not_survey": "the source said not to ask about it",
    "too_old": "it ended too long ago",
    "in_the_future": "it ends in the future",
    "before_flow_enabled": "it ended before the flow was switched on",
    "not_connected": "no agent talked with the person",
    "no_flow": "no enabled flow is for such a call",
    "no_address": "there is no address to ask at",
    "country_not_allowed": "nobody is asked in that country",
    "internal_number": "the person is a colleague or a line of ours",
    "number_disabled": "surveys are off for the number that was called",
    "talk_time": "the conversation was too short",
    "opted_out": "the person said no",
    "no_consent": "the channel needs a yes first",
    "sampled_out": "the draw left it out",
    "frequency_cap": "the person was asked often enough",
    "daily_ceiling": "enough people were asked today",
    "no_sender": "no number that we send from can ask there",
}
SIGN_INS: Mapping[str, str] = {
    "password": "signed in by password",
    "link": "signed in by a link",
    "refused": "a wrong password",
    "locked": "too many wrong passwords: locked out for 15 minutes",
    "signed_out": "signed out",
    "password_set": "chose a password",
}


def number(value: float | None, digits: int = 1) -> Markup:
    """With its full value in the page, for programs and tests."""
    if value is None:
        return escape(NONE)
    shown = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
    shown = shown.replace("-", "−")  # a minus sign, not a hyphen
    return Markup('<data value="{}">{}</data>').format(repr(value), shown)


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


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "moment": moment,
    "plain": plain,
    "metric": _of(METRICS),
    "dimension": _of(DIMENSIONS),
    "channel": _of(CHANNELS),
    "reason": _of(REASONS),
    "sign_in": _of(SIGN_INS),
}
