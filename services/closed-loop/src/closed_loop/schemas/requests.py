"""Bodies of requests; unknown fields are refused."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from closed_loop.domain.addresses import LONGEST
from closed_loop.domain.happenings import Event
from common.events.values import Time

STRICT = ConfigDict(extra="forbid")
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
Url = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Events = Annotated[tuple[Event, ...], Field(min_length=1, max_length=10)]
Slug = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=100)]
Numbers = Literal["masked", "full"]
Flag = Annotated[bool, Field(strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """`flows`, `surveys`: of these alone; empty: of all. `numbers: full` is an admin's to allow."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Url
    events: Events
    name: Name = "webhook"
    flows: Slugs = ()
    surveys: Slugs = ()
    numbers: Numbers = "masked"
    enabled: Flag = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChange:
    """What is absent stays as it is."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Url | None = None
    events: Events | None = None
    name: Name | None = None
    flows: Slugs | None = None
    surveys: Slugs | None = None
    numbers: Numbers | None = None
    enabled: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBody:
    """One `message`, or what was made in a stretch of time: `from` to `to` (now).

    `only`: `failed` (what was not taken, and what the endpoint missed while it was off), or `all`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", validate_by_name=False, validate_by_alias=True
    )
    message: UUID | None = None
    since: Annotated[Time | None, Field(alias="from")] = None
    until: Annotated[Time | None, Field(alias="to")] = None
    only: Literal["failed", "all"] = "failed"
