"""Bodies of requests; unknown fields are refused."""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from closed_loop.domain.addresses import LONGEST
from closed_loop.domain.happenings import Event
from closed_loop.domain.rules import Digest, Kind
from common.events.values import Time, Word

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
    """`flows`, `surveys`: of these alone; empty: of all. `numbers: full` is an admin's to allow.

    `format: slack`: alerts as `{"text": ...}`, for an incoming webhook of Slack or its like.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Url
    events: Events
    name: Name = "webhook"
    flows: Slugs = ()
    surveys: Slugs = ()
    numbers: Numbers = "masked"
    enabled: Flag = True
    format: Literal["signed", "slack"] = "signed"


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
class RotationBody:
    """The secret before signs so long beside the new one; 0: not at all."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    keep_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TestBody:
    """What the test says."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    text: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] = (
        "This is a test of Aftercall."
    )


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


def _address(value: str) -> str:
    """One mailbox, as `somebody@example.com`: no list, no name, no line."""
    name, _, domain = value.partition("@")
    if not _MAILBOX.fullmatch(name) or not _DOMAIN.fullmatch(domain):
        raise ValueError("must be an e-mail address, such as ann@example.com")
    return value


_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
Email = Annotated[str, Field(max_length=200), AfterValidator(_address)]
Words = Annotated[tuple[Word, ...], Field(max_length=100)]
Emails = Annotated[tuple[Email, ...], Field(max_length=10)]
Endpoints = Annotated[tuple[UUID, ...], Field(max_length=20)]
RuleMetric = Literal["nps", "csat", "ces", "mood"]
CoolDown = Annotated[int, Field(strict=True, ge=60, le=30 * 86_400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """`flows` (of low ratings alone), `surveys`, `teams`, `queues`: of these; empty: of all.

    `webhooks`: ids of those that are told; empty: all that hear of `alert.raised`. `cool_down`:
    seconds between two notices; absent: a minute, or two weeks for what falls.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Name
    kind: Kind
    enabled: Flag = True
    flows: Slugs = ()
    surveys: Slugs = ()
    teams: Words = ()
    queues: Words = ()
    metric: RuleMetric | None = None
    emails: Emails = ()
    webhooks: Endpoints = ()
    digest: Digest = Digest.AT_ONCE
    cool_down: CoolDown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What is absent stays as it is; the kind of a rule does not change."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Name | None = None
    enabled: Flag | None = None
    flows: Slugs | None = None
    surveys: Slugs | None = None
    teams: Words | None = None
    queues: Words | None = None
    metric: RuleMetric | None = None
    emails: Emails | None = None
    webhooks: Endpoints | None = None
    digest: Digest | None = None
    cool_down: CoolDown | None = None
