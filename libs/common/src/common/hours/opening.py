"""The hours and days of a flow on a channel, for one person.

A person is where their number may be: it has to be open in all those zones at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from common.calendars import is_holiday, is_weekend
from common.config.hours import ANY_TIME, BY_COUNTRY, Days
from common.config.models import Flow, Workspace
from common.events.values import Channel
from common.hours.zones import zones_of
from common.phone import country_of

LATER = timedelta(hours=1)  # where it never opens: a send waits, and in the end it expires
FURTHEST = timedelta(days=30)
# Where a country's law or custom has hours of its own; none of this is advice. Elsewhere: USUAL.
COUNTRIES: Mapping[str, str] = {
    "AU": "09:00-20:00",
    "CA": "09:00-21:00",
    "FR": "10:00-20:00",
    "GB": "08:00-21:00",
    "IN": "10:00-21:00",
    "US": "08:00-21:00",
}
USUAL = "09:00-20:00"


class Window(NamedTuple):
    """Of a day, since midnight by the clock on the wall."""

    opens: timedelta
    closes: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """`hours` None: those of the person's country, first of `countries`. `zone`: where the number

    tells none.
    """

    hours: str | None
    countries: Mapping[str, str]
    days: Days
    zone: ZoneInfo

    def window(self, country: str | None) -> str:
        """As it is written."""
        if self.hours is not None:
            return self.hours
        return self.countries.get(country or "") or COUNTRIES.get(country or "", USUAL)

    def is_closed(self, local: datetime, country: str | None) -> bool:
        """All that day, there."""
        day, days = local.date(), self.days
        if not days.weekends and is_weekend(day, country):
            return True
        part = days.subdivisions.get(country or "")
        return not days.holidays and is_holiday(day, country, part)


def opening_of(flow: Flow, workspace: Workspace, channel: Channel) -> Opening | None:
    """None: at any time."""
    written = flow.call_hours if channel is Channel.IVR else flow.text_hours
    if written == ANY_TIME and flow.days.always:
        return None
    return Opening(
        hours=None if written == BY_COUNTRY else written,
        countries=_countries(workspace, channel) if written == BY_COUNTRY else {},
        days=flow.days,
        zone=ZoneInfo(workspace.zone),
    )


def _countries(workspace: Workspace, channel: Channel) -> Mapping[str, str]:
    """The first that names a country and the channel."""
    found: dict[str, str] = {}
    for one in workspace.hours:
        if channel in one.channels:
            for country in one.countries:
                found.setdefault(country, one.open)
    return found


def closed_until(
    address: str, flow: Flow, workspace: Workspace, channel: Channel, now: datetime
) -> datetime | None:
    """None: it is open now. Where it never opens, a while from now."""
    opening = opening_of(flow, workspace, channel)
    if opening is None:
        return None
    opens = next_open(address, opening, now)
    if opens is None:
        return now + LATER
    return opens if opens > now else None


def next_open(address: str, opening: Opening, now: datetime) -> datetime | None:
    """`now`, or the next time at which it is open in every zone; None: not within `FURTHEST`."""
    zones = zones_of(address) or (opening.zone,)
    country = None if "@" in address else country_of(address)
    return first_open(zones, opening, country, now)


def first_open(
    zones: Sequence[ZoneInfo], opening: Opening, country: str | None, now: datetime
) -> datetime | None:
    """The same for zones that are known."""
    window = _window(opening.window(country))
    at = now
    while at - now <= FURTHEST:
        later = max(_open_from(at, one, window, opening, country) for one in zones)
        if later == at:
            return at
        at = later
    return None


def is_within(hours: str, local: datetime) -> bool:
    """Of a day at that place, such as 09:00-18:00."""
    window = _window(hours)
    return window.opens <= _since_midnight(local) < window.closes


def _since_midnight(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)


def _open_from(
    at: datetime, zone: ZoneInfo, window: Window, opening: Opening, country: str | None
) -> datetime:
    """The same time, or the next beginning of hours there, on whatever day."""
    local = at.astimezone(zone)
    since = _since_midnight(local)
    closed = opening.is_closed(local, country)
    if not closed and window.opens <= since < window.closes:
        return at
    later = closed or since >= window.opens
    day = local.date() + timedelta(days=1 if later else 0)
    # By the clock on the wall; an hour that the clocks leave out begins when it would have.
    morning = (datetime.combine(day, time(), zone) + window.opens).astimezone(at.tzinfo)
    return max(morning, at + timedelta(seconds=1))


@lru_cache(maxsize=1_024)
def _window(written: str) -> Window:
    opens, closes = written.split("-")
    return Window(_time(opens), _time(closes))


def _time(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
