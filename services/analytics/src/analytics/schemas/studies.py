"""Studies: drivers and rankings, as they are asked and as they are told."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from analytics.domain.discretion import SMALLEST
from analytics.domain.selection import Selection
from analytics.domain.studying import State, Study
from analytics.schemas.filters import By, Filter
from common.errors import BadInput
from common.events.values import Metric


class StudyFilter(Filter):
    """One metric is studied; a ranking also says which groups."""

    metric: Annotated[list[Metric], Field(min_length=1, max_length=1)] = Field(
        description="Which one", examples=[["csat"]]
    )
    by: By | None = Field(None, description="Of a ranking: which groups")

    def asked(self, kind: Study, workspace: str, today: date) -> Selection:
        """Raises `BadInput` when it makes no study."""
        if (kind is Study.RANKING) is (self.by is None):
            says = "which groups are ranked" if self.by is None else "drivers have no groups"
            raise BadInput.at("query.by", says)
        return self.selection(workspace, today)


class DriverBody(BaseModel):
    """`share` is percent of R squared, with its 95 % interval by 500 bootstrap draws."""

    name: str = Field(examples=["wait", "queue: billing"])
    share: float
    low: float
    high: float
    shapley: float | None = Field(description="The share by another way (LMG); up to 12 inputs")
    spearman: float = Field(description="Rank correlation of the input alone, -1 to 1")
    found: bool = Field(description="By Benjamini and Hochberg at 10 %")
    effect: float = Field(description="Points of the share of good scores per standard deviation")
    inflation: float = Field(description="Of variance; above 5 inputs are hardly told apart")
    suppressor: bool = Field(description="Its sign among the others is not its sign alone")


class DriversBody(BaseModel):
    """Association, not cause. An input that does nothing still gets some percent."""

    answers: int = Field(description="The newest calls with this metric, 20,000 at most")
    n: int = Field(description="Of these, whose wait and talk are known")
    left_out_calls: int
    r_squared: float = Field(description="0 to 1: how much of the scores all inputs tell")
    tentative: bool = Field(description="Fewer than 400 answers: a first hint")
    winner: str | None = Field(description="null: the first leads by no more than chance")
    drivers: list[DriverBody]
    left_out: dict[str, str] = Field(description="Input -> why it says nothing of its own")


class RankedBody(BaseModel):
    """`shrunken`, with its 90 % interval: what the group shows, drawn towards all groups' mean."""

    group: str
    name: str | None = Field(description="Of an agent")
    n: int
    value: float | None = Field(description="As it was answered; null: too few to be shown")
    shrunken: float | None
    low: float | None
    high: float | None
    better: float | None = Field(description="Probability that it is better than the mean, 0 to 1")
    rank: int | None = Field(description="From 1; null: fewer than 10 answers")


class RankingBody(BaseModel):
    """Groups, the best first; those with fewer than ten answers come last and have no rank."""

    scale: tuple[int, int]
    mean: float = Field(description="Of groups, in the score's unit")
    spread: float = Field(description="Standard deviation between groups, chance aside")
    groups: list[RankedBody]


class StudyBody(BaseModel):
    """A study: how far it is, and its result once it is done. It is kept for 90 days."""

    id: UUID
    kind: Study
    question: dict[str, Any] = Field(description="The filter, as it was understood")
    state: State
    progress: float = Field(description="0 to 1")
    problem: str | None = Field(description="Why it failed, such as too few answers")
    drivers: DriversBody | None = None
    ranking: RankingBody | None = None
    asked_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any], *, sees_all: bool) -> Self:
        shown = dict(row)
        result = shown.pop("result")
        if result is not None and not sees_all and row["kind"] == Study.RANKING:
            result = {**result, "groups": [_discreet(one) for one in result["groups"]]}
        return cls(**shown, **({} if result is None else {row["kind"]: result}))


class StudiesBody(BaseModel):
    """`GET /v1/studies`: the newest first."""

    studies: list[StudyBody]


def _discreet(group: Mapping[str, Any]) -> dict[str, Any]:
    """Few answers tell who said what."""
    if group["n"] >= SMALLEST:
        return dict(group)
    hidden = dict.fromkeys(("value", "shrunken", "low", "high", "better"))
    return {**group, **hidden}
