"""Times as bodies spell them: ISO, epochs of any unit, RFC 2822, formats of one's own."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from common.config.mapping import PER_SECOND
from common.errors import BadInput
from ingest.domain.body import as_epoch, as_iso, as_text


def read_time(value: object, at: str, *, how: str, zone: str) -> datetime | None:
    """An aware time; None where there is none. Raises `BadInput`.

    `how`: `iso` needs a zone, `local` takes `zone` where none is said; so do formats.
    """
    if how in PER_SECOND:
        return as_epoch(value, at, per_second=PER_SECOND[how])
    time = _spelled(value, at, how)
    if time is not None and time.tzinfo is None and how == "iso":
        raise BadInput.at(at, "needs a zone, such as 2026-01-05T10:14:20Z")
    try:
        return None if time is None else _in_zone(time, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput.at(at, "lies outside of the calendar") from None


def is_in_gap(value: object, *, how: str, zone: str) -> bool:
    """A local time that no clock of the zone showed, as it sprang forward."""
    if how in PER_SECOND:
        return False
    try:
        time = _spelled(value, "", how)
        if time is None or time.tzinfo is not None:
            return False
        shown = _in_zone(time, zone).astimezone(UTC).astimezone(ZoneInfo(zone))
    except (BadInput, ValueError, OverflowError):
        return False
    return shown.replace(tzinfo=None) != time


def _spelled(value: object, at: str, how: str) -> datetime | None:
    """Aware only where the text names a zone."""
    if how == "rfc2822":
        return _rfc2822(value, at)
    return _formatted(value, at, how) if "%" in how else as_iso(_capital(value), at)


def _capital(value: object) -> object:
    """`2026-01-05t10:14:20z` is a time, too."""
    return value.strip().upper() if isinstance(value, str) else value


def _rfc2822(value: object, at: str) -> datetime | None:
    text = as_text(value, at)
    try:
        return None if text is None else parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # the last of a zone in years
        raise BadInput.at(at, "must be a time such as Mon, 05 Jan 2026 10:14:20 +0000") from None


def _formatted(value: object, at: str, how: str) -> datetime | None:
    text = as_text(value, at)
    try:
        return None if text is None else datetime.strptime(text, how)  # noqa: DTZ007 - see below
    except (ValueError, TypeError, re.error):  # the last of a format that names a part twice
        raise BadInput.at(at, f"must be a time of the format {how}") from None


def _in_zone(time: datetime, zone: str) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=ZoneInfo(zone))
