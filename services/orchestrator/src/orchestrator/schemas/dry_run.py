"""Bodies of dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from common.events.values import Time
from orchestrator.schemas.drafts import DraftNames

Price = Annotated[float, Field(ge=0, le=1_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """`draft`: sections as `PUT /v1/config` takes them, or `drafts` that are kept.

    `prices`: of one ask, by channel.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", populate_by_name=True)
    draft: dict[str, Any] | None = None
    drafts: DraftNames | None = None
    since: Annotated[Time, Field(alias="from", description="At most 28 days ago.")]
    to: Time | None = None
    prices: Annotated[dict[str, Price], Field(max_length=20)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareBody:
    calls: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResult:
    """`replaced`: asked, and stepped back for a newer call before it was out.

    `cut`: there were more calls than are played; these are the latest. Agents and queues: the
    thousand of most calls. `expected_answers`, `cost`: null where a rate or a price is not known.
    """

    calls: int
    asked: int
    replaced: int
    not_asked: Mapping[str, int]  # by reason
    flows: Mapping[str, int]
    channels: Mapping[str, int]
    agents: Mapping[str, ShareBody]
    queues: Mapping[str, ShareBody]
    answer_rates: Mapping[str, float]  # of asks of the last 28 days, by channel
    expected_answers: float | None
    cost: float | None
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunBody:
    """`played` of `calls`."""

    id: UUID
    since: Annotated[datetime, Field(alias="from")]
    to: datetime
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    played: int
    calls: int | None  # null: not counted yet
    result: DryRunResult | None
    error: str | None
    asked_by: str
    asked_at: datetime
