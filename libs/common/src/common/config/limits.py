"""How many are asked, and who has to say yes first: parts of workspaces and flows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from common.config.fields import NO_FLAG, STRICT, Countries, Duration, Keeping, Slug
from common.events.enumeration import OpenEnum
from common.events.values import Channel, Metric


class CountedBy(OpenEnum):
    """Whose asks are counted together. An agent, a team, a queue: of the interaction, the last."""

    CONTACT = "contact"
    AGENT = "agent"
    TEAM = "team"
    QUEUE = "queue"
    FLOW = "flow"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `asks` per `per` and contact (or who else is given by `by`), from the last ask on.

    Of one metric, of one survey, where that is given.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    asks: Annotated[int, Field(ge=1, le=1_000), NO_FLAG]
    per: Annotated[Duration, Field(ge=timedelta(minutes=1))]
    metric: Metric | None = None
    survey: Slug | None = None
    by: CountedBy = CountedBy.CONTACT


class QuotaPeriod(OpenEnum):
    """Of the calendar, in the workspace's zone; a week begins on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most `asks` of a flow in each `per`, in all or for each agent, team or queue."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    asks: Annotated[int, Field(ge=0, le=10**9), NO_FLAG]
    per: QuotaPeriod
    by: CountedBy = CountedBy.FLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """About so many `answers` in each `per` (a day or a week), for each agent, team or queue, or in

    all. The share that is asked follows the answers that came; `sampling_rate` is the most it is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    answers: Annotated[int, Field(ge=1, le=100_000), NO_FLAG]
    per: QuotaPeriod = QuotaPeriod.WEEK
    by: CountedBy = CountedBy.AGENT


class ConsentPolicy(OpenEnum):
    OPT_IN = "opt_in"  # nobody is asked before a yes
    OPT_OUT = "opt_out"  # everybody is, until a no
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryConsent:
    """What holds for these channels in these countries; elsewhere `explicit_consent` does.

    `expires_after`: how long a yes is good, from when it was said; nothing: for ever.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    countries: Annotated[Countries, Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=50)]
    policy: ConsentPolicy
    expires_after: Annotated[Keeping, Field(ge=timedelta(days=1))] | None = None


class OptOutScope(OpenEnum):
    """What a no on one channel is a no to."""

    CHANNEL = "channel"  # that channel
    ALL = "all"  # every channel
    UNKNOWN = "unknown"  # a newer version's: every channel


Caps = Annotated[tuple[Cap, ...], Field(max_length=20)]
Quotas = Annotated[tuple[Quota, ...], Field(max_length=20)]
ConsentByCountry = Annotated[tuple[CountryConsent, ...], Field(max_length=100)]
