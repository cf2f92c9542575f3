"""From counts to what people read: funnels, rates and scores, and which of them are hidden."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.domain.contributions import HIGHEST_SCORE, REASONS, SLOTS, Slot, add
from common.events.values import Metric
from common.scores import Estimate, Score, score_of, wilson

SMALLEST = 5  # answers; a group with fewer could tell who said what
FORMULAS: Mapping[Metric, str] = {
    Metric.NPS: "percent 9-10 minus percent 0-6; adjusted Wald interval",
    Metric.CSAT: "percent of the top values (4-5 of 1-5); Wilson interval",
    Metric.MOOD: "percent of the top values (4-5 of 1-5); Wilson interval",
    Metric.CES: "mean; t interval; easy: percent of the top values (4-5 of 1-5, 5-7 of 1-7)",
}
_SCALES = {Metric.NPS: (0, 10), Metric.CSAT: (1, 5), Metric.MOOD: (1, 5), Metric.CES: (1, 7)}

Scale = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one survey within a group and a period; `period` is "" or its first day."""

    group: str
    period: str
    survey: str
    metric: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Percent, with Wilson's interval and the two counts it is made of."""

    estimate: Estimate
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A metric's score over all surveys with that metric and scale."""

    metric: Metric
    scale: Scale
    score: Score
    histogram: Mapping[int, int]


def total(rows: Iterable[Row]) -> list[int]:
    """The sum of all rows' counts."""
    counts = [0] * SLOTS
    for row in rows:
        counts = add(counts, list(row.counts))
    return counts


def histogram(counts: Sequence[int]) -> dict[int, int]:
    """Score -> how often, without the ones nobody gave."""
    return {
        value: counts[Slot.SCORE_0 + value]
        for value in range(HIGHEST_SCORE + 1)
        if counts[Slot.SCORE_0 + value]
    }


def not_asked(counts: Sequence[int]) -> dict[str, int]:
    """Reason -> calls, in the order of the guards."""
    found = {str(reason): counts[Slot.REASON_0 + index] for index, reason in enumerate(REASONS)}
    return {reason: count for reason, count in found.items() if count}


def rate(counts: Sequence[int], numerator: Slot, denominator: Slot) -> Rate:
    hits, of = counts[numerator], counts[denominator]
    return Rate(estimate=wilson(hits, of), numerator=hits, denominator=of)


def widened(rows: Iterable[Row], declared: Mapping[str, Scale]) -> dict[tuple[str, str], Scale]:
    """(survey, metric) -> scale. `declared`: survey -> its scale as of now.

    A survey whose scale was shortened keeps its older answers: they widen it again.
    """
    found: dict[tuple[str, str], Scale] = {}
    for row in rows:
        if _is_scored(row):
            metric, key = Metric(row.metric), (row.survey, row.metric)
            low, high = found.get(key) or declared.get(row.survey, _SCALES[metric])
            given = histogram(row.counts)
            found[key] = (min([low, *given]), max([high, *given]))
            if metric is Metric.NPS:
                found[key] = _SCALES[metric]
    return found


def _is_scored(row: Row) -> bool:
    """By a formula of ours: what a newer version measures is in the funnel alone."""
    return bool(row.metric) and Metric(row.metric) is not Metric.UNKNOWN


def scores(rows: Iterable[Row], scales: Mapping[tuple[str, str], Scale]) -> list[Scored]:
    """One per metric and scale that occurs, also where nobody has answered yet."""
    found: dict[tuple[Metric, Scale], list[Row]] = {}
    for row in rows:
        if _is_scored(row):
            scale = scales[row.survey, row.metric]
            found.setdefault((Metric(row.metric), scale), []).append(row)
    return [
        _scored(metric, scale, histogram(total(same)))
        for (metric, scale), same in sorted(found.items())
    ]


def _scored(metric: Metric, scale: Scale, given: Mapping[int, int]) -> Scored:
    score = score_of(metric, given, low=scale[0], high=scale[1])
    return Scored(metric=metric, scale=scale, score=score, histogram=given)


def secrets(groups: Mapping[str, Iterable[Scored]]) -> dict[str, set[tuple[Metric, Scale]]]:
    """Group -> which of its scores are for admins only."""
    answers: dict[tuple[Metric, Scale], dict[str, int]] = {}
    for name, found in groups.items():
        for one in found:
            answers.setdefault((one.metric, one.scale), {})[name] = one.score.n
    kept: dict[str, set[tuple[Metric, Scale]]] = {name: set() for name in groups}
    for kind, of_groups in answers.items():
        for name in hidden(of_groups):
            kept[name].add(kind)
    return kept


def hidden(answers: Mapping[str, int]) -> frozenset[str]:
    """Groups (name -> answers) whose scores are not shown to everybody.

    Those with fewer than `SMALLEST`; and when that is one alone, the next smallest too, for else
    the hidden one is the total less the others.
    """
    small = {name for name, n in answers.items() if 0 < n < SMALLEST}
    others = {name: n for name, n in answers.items() if n >= SMALLEST}
    if len(small) == 1 and others:
        small.add(min(others, key=lambda name: (others[name], name)))
    return frozenset(small)
