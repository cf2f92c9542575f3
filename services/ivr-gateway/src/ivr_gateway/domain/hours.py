"""When people may be called: never at night, wherever their number may be."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from common.config import Flow

UNKNOWN = "Etc/Unknown"
MOST_TRIES = 20  # of finding a time that is open in all zones
LATER = timedelta(hours=1)  # where there is none: the step waits, and in the end it expires


def closed_until(address: str, flow: Flow, zone: str, now: datetime) -> datetime | None:
    """None: it is open now, in every zone of the number; `zone` where the number tells none."""
    zones = _zones(address) or (ZoneInfo(zone),)
    opens, closes = (_time(text) for text in flow.call_hours.split("-"))
    at = now
    for _ in range(MOST_TRIES):
        later = max(_open_from(at, one, opens, closes) for one in zones)
        if later == at:
            return at if at > now else None
        at = later
    return now + LATER


def is_within(hours: str, local: datetime) -> bool:
    """Of a day at that place, such as 09:00-18:00."""
    opens, closes = (_time(text) for text in hours.split("-"))
    since = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return opens <= since < closes


def _open_from(at: datetime, zone: ZoneInfo, opens: timedelta, closes: timedelta) -> datetime:
    """The same time, or the next opening there."""
    local = at.astimezone(zone)
    since = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    if opens <= since < closes:
        return at
    day = local.date() + timedelta(days=0 if since < opens else 1)
    morning = datetime.combine(day, time(), zone) + opens
    return morning.astimezone(at.tzinfo)


def _time(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


@lru_cache(maxsize=10_000)
def _zones(address: str) -> tuple[ZoneInfo, ...]:
    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(address))
        return tuple(ZoneInfo(name) for name in names if name != UNKNOWN)
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError):
        return ()
