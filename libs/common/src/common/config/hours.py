"""At which hours, and on which days, people are asked: parts of workspaces and flows."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from common.config.fields import STRICT, Countries, Country
from common.events.values import Channel

ANY_TIME, BY_COUNTRY = "00:00-24:00", "by-country"
_SPAN = r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
Span = Annotated[str, Field(pattern=f"^{_SPAN}$")]
Hours = Annotated[str, Field(pattern=f"^({_SPAN}|{BY_COUNTRY})$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Whether people are asked on `weekends` and on public `holidays` of their number's country.

    `subdivisions`: the part of a country whose holidays count, such as `{DE: BY, US: CA}`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    weekends: Annotated[bool, Field(strict=True)] = True
    holidays: Annotated[bool, Field(strict=True)] = True
    subdivisions: Annotated[
        dict[Country, Annotated[str, Field(min_length=1, max_length=10)]], Field(max_length=300)
    ] = field(default_factory=dict)

    @property
    def always(self) -> bool:
        return self.weekends and self.holidays


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryHours:
    """When people are asked on these channels there, by flows whose hours are `by-country`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    countries: Annotated[Countries, Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=50)]
    open: Span


HoursByCountry = Annotated[tuple[CountryHours, ...], Field(max_length=100)]
