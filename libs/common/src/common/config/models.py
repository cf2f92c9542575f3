"""The documents a customer writes, as YAML or by REST. Validated by pydantic, unknown keys refused.

Durations are written `90s`, `15m`, `12h`, `30d`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from common.config.accounts import Account
from common.config.conditions import Conditions
from common.config.fields import (
    E164,
    LONGEST_KEPT,
    NO_FLAG,
    STRICT,
    Countries,
    Country,
    Duration,
    Keeping,
    Label,
    Language,
    Prose,
    SecretRef,
    Slug,
    Switch,
    Zone,
)
from common.config.hours import ANY_TIME, Days, Hours, HoursByCountry
from common.config.limits import Aim, Caps, ConsentByCountry, OptOutScope, Quotas
from common.config.links import Link, LinkId
from common.config.person_line import PersonLine
from common.config.surveys import MOST_WORDS, ByLanguage, Survey, Words
from common.events.enumeration import OpenEnum
from common.events.values import Channel

Links = Annotated[dict[LinkId, Link], Field(max_length=50)]
Asks = Annotated[int, Field(ge=0, le=10**9), NO_FLAG]
TWO_YEARS = timedelta(days=730)
Kept = Annotated[Keeping, Field(ge=timedelta(days=1), le=LONGEST_KEPT)]
# Longer than anybody can still answer about.
LongKept = Annotated[Keeping, Field(ge=timedelta(days=90), le=LONGEST_KEPT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long it is kept what is about people; null: for ever. What was counted stays counted."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    decisions: LongKept | None = TWO_YEARS  # with their calls and invitations
    messages: LongKept | None = TWO_YEARS  # what we wrote, and what people did
    addresses: Kept | None = TWO_YEARS  # whose calls they were
    comments: Kept | None = TWO_YEARS  # what was answered in words
    recordings: Kept | None = TWO_YEARS  # where they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant. `countries`: where people may be asked; empty means those of its own numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    name: Prose  # the brand that people read
    zone: Zone = "UTC"
    language: Language = "en"
    countries: Countries = ()
    daily_ceiling: Asks = 10_000  # asks per day of its zone
    # Asks an hour to numbers that begin alike: those that differ in the last six digits only.
    prefix_ceiling: Asks = 300
    call_ceiling: Asks = 1_000  # calls placed per day of its zone: what is over fails, and says so
    # Texts an hour to people who wrote and were not asked: answers to STOP, HELP, START.
    stranger_replies: Asks = 100
    caps: Caps = ()
    # Addresses of one customer id count as one person: asks, caps and opt-outs.
    link_customers: Switch = False
    explicit_consent: Annotated[tuple[Channel, ...], Field(max_length=MOST_WORDS)] = (
        Channel.WHATSAPP,  # others: unless withdrawn
    )
    consent: ConsentByCountry = ()  # the first holds
    opt_out_scope: OptOutScope = OptOutScope.CHANNEL  # what a no on one channel is a no to
    hours: HoursByCountry = ()  # the first holds; of flows whose hours are `by-country`
    unreachable_for: Duration = timedelta(weeks=6)  # how long a dead number is not asked again
    links: Links = field(default_factory=dict)  # told after the answer, by `{link_ID}` in texts
    texts: ByLanguage = field(default_factory=dict)  # of every survey that does not say otherwise
    retention: Retention = field(default_factory=Retention)


Settling = Annotated[Duration, Field(le=timedelta(days=1))]


class Numbers(OpenEnum):
    """What a source means by a number without plus or prefix; never guessed from the number."""

    NATIONAL = "national"
    INTERNATIONAL = "international"  # with its country's code
    UNKNOWN = "unknown"  # a newer version's: read as national


class Handshake(OpenEnum):
    """How a vendor makes sure of a URL before it sends there."""

    ZOOM = "zoom"  # a token, to be signed by the first of `signing_secrets`
    RINGCENTRAL = "ringcentral"  # a header, to be told back
    UNKNOWN = "unknown"  # a newer version's: not answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sender of events. `secrets` authenticate its URL; two may be active while one rotates.

    `signing_secrets`, two likewise: the vendor's own, or `whsec_...` of Standard Webhooks.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    vendor: Slug
    secrets: Annotated[tuple[SecretRef, ...], Field(max_length=2)] = ()
    signing_secrets: Annotated[tuple[SecretRef, ...], Field(max_length=2)] = ()
    region: Country | None = None  # assumed for national spellings of numbers
    numbers: Numbers = Numbers.NATIONAL  # what those without a plus are
    zone: Zone = "UTC"  # of times that the vendor sends without one
    site: Label | None = None
    settle: Settling = timedelta(0)  # how long to wait for more parts of the same call
    # Of the vendor mapped-json, see `mapping`.
    handshake: Handshake | None = None
    mapping: Annotated[dict[str, Any], Field(max_length=200)] = field(default_factory=dict)


class NumberUse(OpenEnum):
    LINE = "line"  # callers ring it
    INTERNAL = "internal"  # colleagues: never surveyed
    TEST = "test"  # a tester: skips talk time, sampling and caps, never consent
    UNKNOWN = "unknown"  # a newer version's: its callers are not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the workspace. `texts` (by language) replace the survey's for its callers.

    `questions`, by their id: the words in which its callers are asked, by language.
    `links`: over the workspace's, such as the page of the branch that it belongs to.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    number: E164
    use: NumberUse = NumberUse.LINE
    surveys: bool = True
    name: Label | None = None
    site: Label | None = None
    region: Label | None = None
    texts: ByLanguage = field(default_factory=dict)
    questions: Annotated[dict[Slug, Words], Field(max_length=50)] = field(default_factory=dict)
    links: Links = field(default_factory=dict)

    @property
    def has_words(self) -> bool:
        """Its callers may read others than those of the survey."""
        return bool(self.texts or self.questions)

    @property
    def id(self) -> str:
        return self.number


class When(OpenEnum):
    """When a step of a channel plan follows the one before it, the last that was tried."""

    FAILED = "failed"  # it failed for good, or its channel could not be used at all
    SILENT = "silent"  # it went out, and `after` that nobody has answered
    NO_CONSENT = "no_consent"  # its channel cannot be used: no yes, or a no
    LINE_TYPE = "line_type"  # the number is one of `line_types`: nothing before this is tried
    UNKNOWN = "unknown"


class LineType(OpenEnum):
    """Of a telephone number, as far as the number itself tells."""

    MOBILE = "mobile"
    FIXED = "fixed"
    VOIP = "voip"
    OTHER = "other"  # also: cannot be told, as in North America
    UNKNOWN = "unknown"


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One try on one channel. `when` is any-of; the first step has none, for others: `failed`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Channel = Channel.SMS
    when: Annotated[
        tuple[When, ...], BeforeValidator(_one_or_more), Field(max_length=MOST_WORDS)
    ] = ()
    # Of silence, counted from when the step before went out; where it tries a channel again, from
    # when that failed.
    after: Duration | None = None
    line_types: Annotated[tuple[LineType, ...], Field(max_length=MOST_WORDS)] = ()


LONGEST_PLAN = 5  # steps
Waiting = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=30))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Trigger, conditions, sampling, guards, survey, channel plan. The highest priority wins."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    survey: Slug
    name: Label | None = None
    enabled: Switch = False
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000), NO_FLAG] = 0
    plan: Annotated[tuple[PlanStep, ...], Field(min_length=1, max_length=LONGEST_PLAN)] = (
        PlanStep(),
    )
    when: Conditions = field(default_factory=Conditions)
    minimum_talk: Annotated[Duration, Field(le=timedelta(days=1))] = timedelta(seconds=10)
    sampling_rate: Annotated[float, Field(ge=0, le=1), NO_FLAG] = 1.0  # of eligible calls
    # One in so many of them instead, by the same draw.
    one_in: Annotated[int, Field(ge=1, le=1_000_000), NO_FLAG] | None = None
    # A share that follows the answers instead.
    aim: Aim | None = None
    caps: Caps = ()  # of asks by this flow
    quotas: Quotas = ()
    delay: Waiting = timedelta(0)  # from the end of the call to the ask
    expiry: Waiting = timedelta(hours=24)  # answers are taken this long after the ask is due
    validity: Waiting = timedelta(hours=4)  # a step that could not be sent by then is dropped
    # When people are called, in every zone that their number may be in, or `by-country`.
    call_hours: Hours = "09:00-20:00"
    text_hours: Hours = ANY_TIME  # likewise, when they are written to
    days: Days = field(default_factory=Days)
    # By which channel whoever answered on the telephone gets the closing words with their links.
    after_call: Channel | None = None
    transfer: PersonLine | None = None  # of whoever is unhappy on the telephone
    maximum_age: Waiting = timedelta(hours=24)  # calls that ended longer ago are not asked
    version: Annotated[int, Field(exclude=True)] = 0  # set by the reader
    enabled_since: Annotated[datetime | None, Field(exclude=True)] = None  # set by the reader


KINDS: dict[str, type[Any]] = {
    "workspace": Workspace,
    "source": Source,
    "number": Number,
    "account": Account,
    "survey": Survey,
    "flow": Flow,
}
