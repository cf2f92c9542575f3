"""The documents a customer writes, as YAML or by REST. Validated by pydantic, unknown keys refused.

Durations are written `90s`, `15m`, `12h`, `30d`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from common.config.accounts import Account
from common.config.fields import (
    E164,
    STRICT,
    Country,
    Duration,
    Language,
    Prose,
    SecretRef,
    Slug,
    Zone,
)
from common.events.enumeration import OpenEnum
from common.events.questionnaire import Band, QuestionKind
from common.events.values import Channel, Direction, Ending, Kind, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `asks` per `per` and contact; of one metric when `metric` is given."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    asks: Annotated[int, Field(ge=1, le=1_000)]
    per: Duration
    metric: Metric | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant. `countries`: where people may be asked; empty means those of its own numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    name: Prose  # the brand that people read
    zone: Zone = "UTC"
    language: Language = "en"
    countries: tuple[Country, ...] = ()
    daily_ceiling: Annotated[int, Field(ge=0, le=10**9)] = 10_000  # asks per day of its zone
    caps: tuple[Cap, ...] = ()
    explicit_consent: tuple[Channel, ...] = (Channel.WHATSAPP,)  # others: unless withdrawn


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
    zone: Zone = "UTC"  # of times that the vendor sends without one
    site: str | None = None
    settle: Duration = timedelta(0)  # how long to wait for more parts of the same call
    mapping: dict[str, Any] = field(default_factory=dict)  # vendor mapped-json


class NumberUse(OpenEnum):
    LINE = "line"  # callers ring it
    INTERNAL = "internal"  # colleagues: never surveyed
    TEST = "test"  # a tester: skips talk time, sampling and caps, never consent
    UNKNOWN = "unknown"  # a newer version's: its callers are not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the workspace. `texts` (by language) replace the survey's for its callers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    number: E164
    use: NumberUse = NumberUse.LINE
    surveys: bool = True
    name: str | None = None
    site: str | None = None
    region: str | None = None
    texts: dict[Language, dict[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`text` by language. A rating has a `scale`, lowest and highest, whole numbers.

    `metric`: of a rating after the first one, where it is not the survey's.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    kind: QuestionKind
    text: Annotated[dict[Language, Prose], Field(min_length=1)]
    scale: tuple[int, int] = (0, 0)
    only: tuple[Band, ...] = ()
    metric: Metric | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyVoice:
    """How a survey sounds in one language. `voice` and `locale` of the synthesis, as the provider

    names them. `questions` by id; `texts`: fields of `questionnaire.VoiceTexts`; `recordings`:
    audio in the place of a text, by a question's id or a text's name.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    voice: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    locale: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    questions: dict[Slug, Prose] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    recordings: dict[str, Annotated[str, Field(pattern=r"^https://[^\s]{1,500}$")]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """`texts`, by language: fields of `questionnaire.Texts`; what is absent keeps its default.

    `voice`, by language: what is said on the telephone instead.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    metric: Metric
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=20)]
    texts: dict[Language, dict[str, Any]] = field(default_factory=dict)
    voice: dict[Language, SurveyVoice] = field(default_factory=dict)
    version: Annotated[int, Field(exclude=True)] = 0  # set by the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Each list is any-of; all given lists must match. Empty means everything."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    kinds: tuple[Kind, ...] = (Kind.CALL,)
    endings: tuple[Ending, ...] = (Ending.CONNECTED,)
    directions: tuple[Direction, ...] = (Direction.INBOUND,)
    numbers: tuple[E164, ...] = ()
    queues: tuple[str, ...] = ()
    agent_tags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    countries: tuple[Country, ...] = ()


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
    when: Annotated[tuple[When, ...], BeforeValidator(_one_or_more)] = ()
    # Of silence, counted from when the step before went out; where it tries a channel again, from
    # when that failed.
    after: Duration | None = None
    line_types: tuple[LineType, ...] = ()


_HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
LONGEST_PLAN = 5  # steps
Waiting = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=30))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Trigger, conditions, sampling, guards, survey, channel plan. The highest priority wins."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    survey: Slug
    name: str | None = None
    enabled: bool = False
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    plan: Annotated[tuple[PlanStep, ...], Field(min_length=1, max_length=LONGEST_PLAN)] = (
        PlanStep(),
    )
    when: Conditions = field(default_factory=Conditions)
    minimum_talk: Duration = timedelta(seconds=10)
    sampling_rate: Annotated[float, Field(ge=0, le=1)] = 1.0  # of eligible calls
    caps: tuple[Cap, ...] = ()  # of asks by this flow
    delay: Waiting = timedelta(0)  # from the end of the call to the ask
    expiry: Waiting = timedelta(hours=24)  # answers are taken this long after the ask is due
    validity: Waiting = timedelta(hours=4)  # a step that could not be sent by then is dropped
    # When people are called, in every zone that their number may be in; texts go at any hour.
    call_hours: Annotated[str, Field(pattern=_HOURS)] = "09:00-20:00"
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
