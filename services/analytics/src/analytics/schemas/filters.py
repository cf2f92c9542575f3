"""The one parser of filters: scores, trends, funnels and lists read the same query string."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics.domain.cells import Dimension
from analytics.domain.figures import Per
from analytics.domain.selection import (
    Compare,
    Credit,
    DateOf,
    Period,
    Range,
    Selection,
    Trait,
    days_of,
    starts,
)
from common.errors import BadInput
from common.events.values import Direction, Metric

DEFAULT_DAYS = 30
LONGEST_DAYS = 3_660
MOST_POINTS = 1_000
MOST_POINTS_OF_GROUPS = 200
ANY_DAY = date(2000, 1, 1), date(2100, 12, 31)

Value = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
ChannelOrNone = Literal["sms", "ivr", "whatsapp", "email", "web", ""]
Values = Annotated[list[Value], Field(max_length=100)]
Day = Annotated[date, Field(ge=ANY_DAY[0], le=ANY_DAY[1])]
Rating = Annotated[int, Field(ge=-1_000, le=1_000)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$", max_length=35)]
State = Literal["in_progress", "finished"]
By = Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]


class Days(BaseModel):
    """Of which days; the last thirty without more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Value | None = Field(None, description="Only for keys of the operator")
    first: Day | None = Field(None, alias="from", description="A day of the workspace's zone")
    last: Day | None = Field(None, alias="to", description="The last day, included; today")
    range: Range | None = Field(None, description="Days told from today, in place of from and to")

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last. Raises `BadInput` when they make no range."""
        first, last = self._days(today)
        if first > last:
            raise BadInput.at("query.from", "must not be after `to`")
        if (last - first).days >= LONGEST_DAYS:
            raise BadInput.at("query.from", f"at most {LONGEST_DAYS} days at once")
        return first, last

    def _days(self, today: date) -> tuple[date, date]:
        if self.range is not None:
            if self.first or self.last:
                raise BadInput.at("query.range", "stands in place of `from` and `to`")
            return days_of(self.range, today)
        last = self.last or (max(today, self.first) if self.first else today)
        return self.first or last - timedelta(days=DEFAULT_DAYS - 1), last


class Filter(Days):
    """Lists are given by repeating the parameter and mean any-of; an empty value means: none."""

    date_of: DateOf = Field(
        DateOf.CALL, alias="date", description="Days of the calls, or of the answers"
    )
    credit: Credit = Field(Credit.LAST, description="Whose a transferred call is: agent, team")
    survey: Values | None = Field(None, description="Ids of surveys")
    metric: list[Metric] | None = Field(
        None, description="Of the scores; of calls, that of their survey's first question"
    )
    queue: Values | None = Field(None, description="The last queue of the call")
    agent: Values | None = Field(None, description="Ids of agents, by `credit`")
    team: Values | None = Field(None, description="Teams, by `credit`")
    channel: list[ChannelOrNone] | None = Field(None, description="Asked by, or answered by")
    number: Values | None = Field(None, description="Our numbers that were called, E.164")
    site: Values | None = Field(None, description="Call centres")
    region: Values | None = Field(None, description="Regions of our numbers")
    disposition: Values | None = Field(None, description="Issue types")
    flow: Values | None = Field(None, description="Ids of flows that asked")
    direction: list[Direction] | None = Field(None, description="Of the call")
    language: Annotated[list[Language], Field(max_length=100)] | None = Field(
        None, description="Of the answer", examples=[["en"]]
    )
    tag: Values | None = Field(None, description="Of the call")
    state: list[State] | None = Field(
        None, description="Of the answer: began, or answered to the end"
    )
    score: Annotated[list[Rating], Field(max_length=100)] | None = Field(
        None,
        description="Calls answered with one of these by the first question. Scores of first"
        " questions are then no figures, for they would say what was asked for",
    )

    def selection(self, workspace: str, today: date) -> Selection:
        """Raises `BadInput` when the days make no range."""
        first, last = self.days(today)
        given = {dimension: getattr(self, dimension, None) for dimension in Dimension}
        return Selection(
            workspace=workspace,
            first=first,
            last=last,
            filters={dimension: values for dimension, values in given.items() if values},
            traits={trait: values for trait in Trait if (values := getattr(self, trait))},
            surveys=self.survey,
            metrics=self.metric,
            questions=getattr(self, "question", None),
            by=Dimension(by) if (by := getattr(self, "by", None)) else None,
            credit=self.credit,
            date_of=self.date_of,
            scores=self.score,
        )


class ScoresFilter(Filter):
    """A filter of scores."""

    question: Values | None = Field(None, description="Ids of questions; all of them")
    per: Per = Field(Per.QUESTION, description="A score of each question, or of each metric")


class GroupedFilter(Filter):
    """A filter with groups."""

    by: By | None = Field(None, description="Groups, beside the total")


class GroupedScoresFilter(GroupedFilter, ScoresFilter):
    """A filter of scores with groups."""

    compare: Compare | None = Field(
        None, description="Also the days before, as many; or those 364 days earlier"
    )
    weighted: bool = Field(
        False,
        description="Also as though all who were asked had answered alike often; in total, and not"
        " with `score`, `state`, `language` or days of answers",
    )

    def selection(self, workspace: str, today: date) -> Selection:
        among = self.score or self.state or self.language or self.date_of is DateOf.ANSWER
        if self.weighted and among:
            raise BadInput.at("query.weighted", "who answered is the filter: nothing to weigh")
        return super().selection(workspace, today)


class FunnelFilter(GroupedFilter):
    """A funnel begins with calls, so its days are theirs."""

    date_of: Literal[DateOf.CALL] = Field(
        DateOf.CALL, alias="date", description="Days of the calls"
    )


class TrendFilter(ScoresFilter):
    """A filter with periods."""

    period: Period = Field(Period.DAY, description="Of each point; weeks are ISO's")
    by: By | None = Field(
        None,
        description="A line for each group, beside the total: the 20 with the most answers, and"
        " at most 200 points",
    )

    def selection(self, workspace: str, today: date) -> Selection:
        selection = super().selection(workspace, today)
        most = MOST_POINTS_OF_GROUPS if self.by else MOST_POINTS
        if len(starts(selection.first, selection.last, self.period)) > most:
            raise BadInput.at("query.period", f"at most {most} points: take a longer period")
        return selection


class Exported(BaseModel):
    """What a file has beside its filter."""

    bom: bool = Field(False, description="Begin with a byte-order mark: Excel then reads UTF-8")


class ScoresFile(GroupedScoresFilter, Exported):
    """A file of scores."""


class TrendFile(TrendFilter, Exported):
    """A file of periods."""


class FunnelFile(FunnelFilter, Exported):
    """A file of funnels."""
