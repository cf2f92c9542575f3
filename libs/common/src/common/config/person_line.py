"""Whom a caller is put through to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from common.config.fields import E164, STRICT, Duration
from common.events.questionnaire import Band

HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person who is rung for callers whose score lies in `bands`, while the call goes on.

    `hours` and `days` are those of the workspace's zone. `ring`: how long they are rung;
    `longest`: how long they may speak, for both ways are paid for.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    number: E164
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=3)] = (Band.LOW,)
    hours: Annotated[str, Field(pattern=HOURS)] = "09:00-18:00"
    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = (
        *("mon", "tue", "wed", "thu", "fri"),
    )
    ring: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(seconds=60))] = timedelta(
        seconds=25
    )
    longest: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(hours=2))] = timedelta(
        minutes=15
    )
