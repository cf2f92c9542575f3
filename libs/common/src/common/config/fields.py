"""The fields that documents are made of: durations, zones, numbers, references to secrets."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from common.phone import normalised

_DURATION = re.compile(r"(\d{1,12})\s*([smhd])", re.ASCII)
LONGEST, LONGEST_KEPT = timedelta(days=366), timedelta(days=3_660)
LONGEST_ZONE = 100  # characters
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object, longest: timedelta = LONGEST) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("a duration is written 90s, 15m, 12h or 30d")
    try:
        found = timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        found = longest + timedelta(1)
    if found > longest:
        raise ValueError(f"a duration is at most {longest.days}d")
    return found


def _kept(value: object) -> object:
    return _duration(value, LONGEST_KEPT)


def _zone(value: str) -> str:
    try:
        if len(value) > LONGEST_ZONE:
            raise ValueError
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # it looks for a file of that name
        raise ValueError("not a time zone of the IANA database, such as Asia/Kolkata") from None
    return value


def _e164(value: str) -> str:
    number = normalised(value)
    if number is None:
        raise ValueError("not a telephone number in E.164, such as +12025550190")
    return number


_REFERENCE = re.compile(
    r"secret:[a-z0-9][a-z0-9_-]{0,62}|env:[A-Za-z_][A-Za-z0-9_]{0,199}|file:[^\x00-\x1f]{1,500}"
)


def _reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise ValueError(
            "a secret is a reference, secret:NAME (or env:NAME or file:PATH by an operator),"
            " never the secret itself"
        )
    return value


def _no_flag(value: object) -> object:
    # "daily_ceiling: no" in YAML is false, which would be read as 0: nobody is asked.
    if isinstance(value, bool):
        raise ValueError("a number is needed, not yes or no")
    return value


NO_FLAG = BeforeValidator(_no_flag)  # the last of a number's annotations
# `true` or `false` and no other word: what others look at as it is written must mean one thing.
Switch = Annotated[bool, Field(strict=True)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Keeping = Annotated[timedelta, BeforeValidator(_kept)]  # how long: years, too
Zone = Annotated[str, AfterValidator(_zone)]
E164 = Annotated[str, AfterValidator(_e164)]
SecretRef = Annotated[str, AfterValidator(_reference)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Countries = Annotated[tuple[Country, ...], Field(max_length=300)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Prose = Annotated[str, Field(min_length=1, max_length=1_000)]
Label = Annotated[str, Field(max_length=200)]  # what people and sources call something
Labels = Annotated[tuple[Label, ...], Field(max_length=1_000)]
STRICT = ConfigDict(extra="forbid")
