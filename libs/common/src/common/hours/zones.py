"""The time zones that a telephone number may be in."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=10_000)
def zones_of(address: str) -> tuple[ZoneInfo, ...]:
    """None for an e-mail, and for a number that tells none."""
    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(address))
        return tuple(ZoneInfo(name) for name in names if name != UNKNOWN)
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError):
        return ()
