"""What a reader asks for: one value for every number on a page, denominators included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from analytics.domain.cells import Dimension


class Credit(StrEnum):
    """Which agent (and team) a transferred call is put down to."""

    LAST = "last"
    FIRST = "first"
    LONGEST = "longest"
    ALL = "all"


class DateOf(StrEnum):
    """Whether a day is that of the call or that of the answer."""

    CALL = "call"
    ANSWER = "answer"


class Period(StrEnum):
    """Weeks are ISO weeks and begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Range(StrEnum):
    """Days told from today, in the workspace's zone; today is the last one."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "7d"
    LAST_28_DAYS = "28d"
    LAST_91_DAYS = "91d"
    LAST_364_DAYS = "364d"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"


class Sort(StrEnum):
    """Of lists. Those of one score come the newest first, and those without a score last."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LOWEST_SCORE = "lowest_score"


class Compare(StrEnum):
    """With as many days just before, or with those 364 days earlier, which match the weekday."""

    PREVIOUS = "previous"
    YEAR = "year"


class Trait(StrEnum):
    """What calls can be filtered by that no figures are kept by."""

    FLOW = "flow"
    DIRECTION = "direction"
    LANGUAGE = "language"  # of an answer
    TAG = "tag"
    STATE = "state"  # of the answer: in_progress or finished


Within = Mapping[Dimension, Sequence[str]]
CREDITED = frozenset({Dimension.AGENT, Dimension.TEAM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`first` and `last` are days of the workspace's zone, both included. Each list is any-of.

    `metrics`: scores of these, and funnels and rows of surveys whose first question has one.
    `questions`: scores of these; which calls are looked at does not change. `scores`: calls that
    were answered with one of these.
    `within`: what the reader may see at all, by the last agent's or team's credit whatever `credit`
    says; no filter makes it wider.
    """

    workspace: str
    first: date
    last: date
    filters: Mapping[Dimension, Sequence[str]] = field(default_factory=dict)
    within: Within = field(default_factory=dict)
    traits: Mapping[Trait, Sequence[str]] = field(default_factory=dict)
    surveys: Sequence[str] | None = None
    metrics: Sequence[str] | None = None
    questions: Sequence[str] | None = None
    by: Dimension | None = None
    credit: Credit = Credit.LAST
    date_of: DateOf = DateOf.CALL
    scores: Sequence[int] | None = None


def rollup_of(selection: Selection) -> Dimension | None:
    """The dimension whose rollup holds these figures; None: only the facts do."""
    wanted = set(selection.filters) | ({selection.by} if selection.by else set())
    if selection.traits or selection.scores is not None:
        return None
    if selection.credit is not Credit.LAST and wanted & CREDITED:
        return None
    wanted |= set(selection.within)
    if selection.date_of is DateOf.ANSWER or len(wanted) > 1:
        return None
    return wanted.pop() if wanted else Dimension.TOTAL


def packable(selection: Selection) -> bool:
    """Packed days hold these figures: calls by their own day, put down to the last agent."""
    return not selection.within and listable(selection)


def listable(selection: Selection) -> bool:
    """Packed days tell which calls these are."""
    wanted = {*selection.filters, selection.by}
    return selection.date_of is DateOf.CALL and (
        selection.credit is Credit.LAST or not wanted & CREDITED
    )


def days_of(chosen: Range, today: date) -> tuple[date, date]:
    """The first and the last day."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    named = {
        Range.TODAY: (today, today),
        Range.YESTERDAY: (today - timedelta(days=1), today - timedelta(days=1)),
        Range.THIS_MONTH: (month, today),
        Range.LAST_MONTH: (before.replace(day=1), before),
        Range.THIS_YEAR: (today.replace(month=1, day=1), today),
    }
    if chosen in named:
        return named[chosen]
    return today - timedelta(days=int(chosen.removesuffix("d")) - 1), today


def before(selection: Selection, compare: Compare) -> Selection:
    """The same, of the days to compare with."""
    days_back = (selection.last - selection.first).days + 1
    back = timedelta(days=364 if compare is Compare.YEAR else days_back)
    return replace(selection, first=selection.first - back, last=selection.last - back)


def overlapping(selection: Selection) -> bool:
    """One call may be in several groups, so that the total is not the sum of the groups."""
    return selection.credit is Credit.ALL and selection.by in CREDITED


class Span(NamedTuple):
    """Rollup rows of one grain with `first <= start <= last`."""

    grain: Literal["d", "m"]
    first: date
    last: date


def spans(first: date, last: date) -> list[Span]:
    """Whole months from month rows, the rest from day rows."""
    month = first if first.day == 1 else _next_month(first)
    end = (last + timedelta(days=1)).replace(day=1)  # after the last whole month
    if month >= end:
        return [Span("d", first, last)]
    found = [
        Span("d", first, month - timedelta(days=1)),
        Span("m", month, end - timedelta(days=1)),
        Span("d", end, last),
    ]
    return [span for span in found if span.first <= span.last]


def days(first: date, last: date) -> list[Span]:
    """Day rows only."""
    return [Span("d", first, last)]


def starts(first: date, last: date, period: Period) -> list[date]:
    """The first day of every period that has a day in the range, in order."""
    found = [start_of(first, period)]
    while (after := _next(found[-1], period)) <= last:
        found.append(after)
    return found


def start_of(day: date, period: Period) -> date:
    """The first day of the period that `day` is in."""
    if period is Period.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period is Period.WEEK else day


def end_of(start: date, period: Period) -> date:
    """The last day of the period that begins at `start`."""
    return _next(start, period) - timedelta(days=1)


def label(start: date, period: Period) -> str:
    """2026-01-05, 2026-W02 or 2026-01."""
    forms = {Period.DAY: "%Y-%m-%d", Period.WEEK: "%G-W%V", Period.MONTH: "%Y-%m"}
    return start.strftime(forms[period])


def _next(start: date, period: Period) -> date:
    if period is Period.MONTH:
        return _next_month(start)
    return start + timedelta(days=7 if period is Period.WEEK else 1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
