"""From counts to what people read: funnels, rates and scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from analytics.domain.cells import add
from analytics.domain.contributions import REASONS, SLOTS, Slot
from analytics.domain.instruments import Instrument, options_of
from common.events.values import Metric
from common.scores import Estimate, Score, score_of, wilson

FORMULAS: Mapping[Metric, str] = {
    Metric.NPS: "percent 9-10 minus percent 0-6; adjusted Wald interval",
    Metric.CSAT: "percent of the top values (4-5 of 1-5); Wilson interval",
    Metric.MOOD: "percent of the top values (4-5 of 1-5); Wilson interval",
    Metric.CES: "mean; t interval; easy: percent of the top values (4-5 of 1-5, 5-7 of 1-7)",
}


_REASONS = tuple(map(str, REASONS))


class Per(StrEnum):
    """What one score is about: a question of a survey, or a metric over all first questions."""

    QUESTION = "question"
    METRIC = "metric"


@dataclass(frozen=True, slots=True)
class Row:
    """Counts within a group and a period: a funnel's, or of an instrument's values.

    `period` is "" or its first day.
    """

    group: str
    period: str
    instrument: Instrument | None  # None: a funnel
    counts: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Percent, with Wilson's interval and the two counts it is made of."""

    estimate: Estimate
    numerator: int
    denominator: int


class Line(NamedTuple):
    """What one score is about: a question on one scale, or (None) a metric over all surveys."""

    survey: str | None
    question: str | None
    metric: str
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The score of a line. `first`: its values are scores of responses.

    `metric` is None for a question that has none, and for a word that only a newer version knows.
    `options`: of a choice, how often each was chosen.
    """

    line: Line
    first: bool
    metric: Metric | None
    score: Score
    histogram: Mapping[int, int]
    options: Mapping[str, int] | None = None


def total(rows: Iterable[Row]) -> list[int]:
    """The sum of all funnels."""
    found = [row.counts for row in rows if row.instrument is None]
    counts = list(found[0]) if found else [0] * SLOTS
    for more in found[1:]:
        counts = add(counts, more)
    return counts


def not_asked(counts: Sequence[int]) -> dict[str, int]:
    """Reason -> calls, in the order of the guards."""
    of_reasons = counts[Slot.REASON_0 : Slot.REASON_0 + len(REASONS)]
    return {reason: count for reason, count in zip(_REASONS, of_reasons, strict=True) if count}


def rate(counts: Sequence[int], numerator: int, denominator: int) -> Rate:
    hits, of = counts[numerator], counts[denominator]
    return Rate(estimate=wilson(hits, of), numerator=hits, denominator=of)


def scores(rows: Iterable[Row], per: Per, *, chosen: bool = False) -> list[Scored]:
    """One per line that occurs; of a survey, its first question comes first.

    Counts of different scales or metrics are never put together. `chosen`: the calls were picked
    by their scores, so that those of first questions are counts and no figures.
    """
    found: dict[Line, Sequence[int]] = {}
    first: set[Line] = set()
    for row in rows:
        instrument = row.instrument
        if instrument is None or (per is Per.METRIC and not instrument.first):
            continue
        line = line_of(instrument, per)
        known = found.get(line)
        found[line] = row.counts if known is None else add(known, row.counts)
        if instrument.first:
            first.add(line)
    return sorted(
        (
            _scored(line, counts, first=line in first, counts_alone=chosen and line in first)
            for line, counts in found.items()
        ),
        key=_place,
    )


def _place(one: Scored) -> tuple[object, ...]:
    survey, question, *measure = one.line
    return survey or "", not one.first, question or "", *measure


@lru_cache(10_000)
def line_of(instrument: Instrument, per: Per) -> Line:
    """What a score of its answers is about."""
    survey, question, metric, low, high, _ = instrument
    whole = per is Per.METRIC
    return Line(None if whole else survey, None if whole else question, metric, low, high)


@lru_cache(1_000)
def _counted_as(word: str) -> tuple[Sequence[str] | None, Metric | None]:
    """Of a choice its options; of others their metric, if they have one."""
    names = options_of(word)
    return names, Metric(word) if word and names is None else None


def _scored(line: Line, counts: Sequence[int], *, first: bool, counts_alone: bool) -> Scored:
    given = {line.low + place: count for place, count in enumerate(counts) if count}
    names, metric = _counted_as(line.metric)
    counted_by = None if counts_alone else metric
    score = score_of(counted_by, given, low=line.low, high=line.high)
    chosen = dict(zip(names, counts, strict=False)) if names is not None else None
    return Scored(
        line=line, first=first, metric=metric, score=score, histogram=given, options=chosen
    )
