"""Bodies about audiences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from common.config.fields import E164, NO_FLAG, STRICT, Country, Language
from common.events.values import Text, Word
from orchestrator.schemas.lists import Written, WrongAddress

MOST_AT_ONCE = 5_000  # people in one request
PerHour = Annotated[int, Field(ge=1, le=100_000), NO_FLAG]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePerson:
    """`address`: E.164 (or as it is written in `region`), or an e-mail address."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    address: Written
    name: Word | None = None
    customer_id: Word | None = None
    language: Language | None = None
    queue: Word | None = None
    agent: Word | None = None
    team: Word | None = None
    our_number: E164 | None = None
    attributes: Annotated[dict[Word, Text], Field(max_length=40)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleBody:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    people: Annotated[tuple[AudiencePerson, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    region: Country | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTaken:
    """`stored`: those who were not in it. `twice`: told again, in this request or before."""

    stored: int
    twice: int
    errors: tuple[WrongAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceChange:
    """`running`: some are taken each moment, `per_hour` in all. `paused`: none is, until then."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    state: Literal["running", "paused"] | None = None
    per_hour: PerHour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceBody:
    """`waiting`: not taken so far. `not_asked` by reason, as in decisions."""

    id: str
    state: str  # paused | running | done: nobody waits | ended: who waited is forgotten
    per_hour: int
    made_at: datetime
    made_by: str
    people: int
    waiting: int
    asked: int
    not_asked: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencesBody:
    audiences: tuple[AudienceBody, ...]
