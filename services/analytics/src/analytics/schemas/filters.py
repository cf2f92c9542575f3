"""The one parser of filters: scores, trends, funnels and lists read the same query string."""

import base64
import binascii
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from analytics.domain.cells import Dimension
from analytics.domain.figures import Per
from analytics.domain.places import Found, Place
from analytics.domain.selection import (
    Compare,
    Credit,
    DateOf,
    Period,
    Range,
    Selection,
    Sort,
    Trait,
    days_of,
    listable,
    starts,
)
from common.errors import BadInput
from common.events.values import Direction, Metric
from common.process.paging import in_utc

DEFAULT_DAYS = 30
LONGEST_DAYS = 3_660
MOST_POINTS = 1_000

Value = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
ChannelOrNone = Literal["sms", "ivr", "whatsapp", "email", "web", ""]
Values = Annotated[list[Value], Field(max_length=100)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
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


class FunnelFilter(GroupedFilter):
    """A funnel begins with calls, so its days are theirs."""

    date_of: Literal[DateOf.CALL] = Field(
        DateOf.CALL, alias="date", description="Days of the calls"
    )


class TrendFilter(ScoresFilter):
    """A filter with periods."""

    period: Period = Field(Period.DAY, description="Of each point; weeks are ISO's")

    def selection(self, workspace: str, today: date) -> Selection:
        selection = super().selection(workspace, today)
        if len(starts(selection.first, selection.last, self.period)) > MOST_POINTS:
            raise BadInput.at("query.period", f"at most {MOST_POINTS} points: take a longer period")
        return selection


class RowsFilter(Filter):
    """A filter of rows, by the ends of their calls."""

    sort: Literal[Sort.NEWEST, Sort.OLDEST] = Field(
        Sort.NEWEST, description="Which calls come first, by when they ended"
    )


class Paged(Filter):
    """What a list has beside its filter."""

    sort: Sort = Sort.NEWEST
    limit: int = Field(50, ge=1, le=500, description="Rows of a page")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`next_cursor` of the last page, with the same filter and `sort`",
    )

    def after(self) -> Found | None:
        """Raises `BadInput` for a cursor that we did not give."""
        if self.cursor is None:
            return None
        try:
            told = msgspec.json.decode(base64.urlsafe_b64decode(self.cursor), type=_Cursor)
            place = Place(in_utc(told.ended_at), told.interaction)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            raise BadInput.at("query.cursor", "not a cursor of this API") from None
        if told.of != self._mark():
            says = "of another filter or sort: it goes on with the same one"
            raise BadInput.at("query.cursor", says)
        return Found(told.day, place, told.score)

    def following(self, last: Found) -> str:
        """The cursor of the page after the one that ends so."""
        told: list[object] = [last.day, *last.place, self._mark()]
        if self.sort is Sort.LOWEST_SCORE:
            told.append(last.score)
        return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode()

    def _mark(self) -> str:
        """The same for the same filter and order."""
        beside = {"limit", "cursor"} | ({"sort"} if self.sort is Sort.NEWEST else set())
        told = self.model_dump_json(exclude=beside, exclude_none=True)
        return blake2b(told.encode(), digest_size=6).hexdigest()


class _Cursor(msgspec.Struct, array_like=True):
    day: date
    ended_at: datetime
    interaction: UUID
    of: str
    score: int | None = None


class CallsFilter(RowsFilter, Paged):
    """A list of calls."""


class ResponsesFilter(Paged):
    """A list of answers."""

    sort: Sort = Field(
        Sort.NEWEST,
        description="Newest or oldest call first, or the lowest score: of one score the newest"
        " call first, answers without a score last",
    )

    def selection(self, workspace: str, today: date) -> Selection:
        selection = super().selection(workspace, today)
        if self.sort is Sort.LOWEST_SCORE and not listable(selection):
            says = "lowest_score goes with days of calls and, for agents and teams, with the last"
            raise BadInput.at("query.sort", says)
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


class RowsFile(RowsFilter, Exported):
    """A file of rows."""
