"""Whether a score or a rate is falling: an EWMA of the last weeks against the half year before.

Of each of the last ten weeks, s = (x - n*m) / sqrt(n*v), m and v of up to 26 weeks before them;
z = a*s + (1-a)*z of the week before. It falls when z < -L * sqrt(a/(2-a) + n/N * (1-(1-a)**k)**2)
after k weeks, with a = 0.2 and L = 3.2: the second term is how well N answers let m be known. What
that finds, and how often it is wrong, is in docs/alerts.md; why so, in
docs/decisions/0181.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from common.events.values import Metric
from common.scores import Estimate, ces, csat, nps, score_of, wilson

LAMBDA, L = 0.2, 3.2
WEEK = timedelta(days=7)
LOOKED_AT = 10  # weeks that z is built of
BEFORE = 26  # weeks before those
LEAST = 20  # answers of a week; fewer are merged with the next week's
LEAST_BEFORE = 100  # answers of the weeks before; with fewer nothing is said
RECENT = 4  # weeks: what `after` is of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured. `metric` None: a rate, of ones (answered) and zeros."""

    metric: Metric | None
    low: int = 0
    high: int = 1


@dataclass(frozen=True, slots=True)
class Week:
    """`counts`: value -> how often, of the seven days from `start` on."""

    start: date
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """`z` is below its limit. Figures of the weeks before and of the last four, with their n."""

    week: date
    z: float
    before: Estimate
    before_n: int
    after: Estimate
    after_n: int


def falls(weeks: Sequence[Week], measure: Measure) -> Fall | None:
    """Whether the last of these weeks, in order, is one of a fall."""
    before = _together(weeks[-LOOKED_AT - BEFORE : -LOOKED_AT])
    points = _merged(weeks[-LOOKED_AT:])
    if before.total() < LEAST_BEFORE or not points:
        return None
    z = 0.0
    for point in points:
        z = LAMBDA * _standard(point, before, measure) + (1 - LAMBDA) * z
    if z >= _limit(points, before.total()):
        return None
    after = _together(weeks[-RECENT:])
    return Fall(
        week=weeks[-1].start,
        z=z,
        before=estimate(before, measure),
        before_n=before.total(),
        after=estimate(after, measure),
        after_n=after.total(),
    )


def _limit(points: Sequence[Counter[int]], before: int) -> float:
    known = 1 - (1 - LAMBDA) ** len(points)
    mean = sum(point.total() for point in points) / len(points)
    return -L * sqrt(LAMBDA / (2 - LAMBDA) + mean / before * known**2)


def estimate(counts: Mapping[int, int], measure: Measure) -> Estimate:
    """The figure as it is shown everywhere, with its 95 % interval."""
    if measure.metric is None:
        return wilson(counts.get(1, 0), sum(counts.values()))
    found = score_of(measure.metric, counts, low=measure.low, high=measure.high)
    return Estimate(found.value, found.low, found.high)


def _merged(weeks: Sequence[Week]) -> list[Counter[int]]:
    """From the newest on, each of at least `LEAST` answers; what is left over is left out."""
    found: list[Counter[int]] = []
    counts: Counter[int] = Counter()
    for week in reversed(weeks):
        counts.update(week.counts)
        if counts.total() >= LEAST:
            found.append(counts)
            counts = Counter()
    return found[::-1]


def _together(weeks: Sequence[Week]) -> Counter[int]:
    found: Counter[int] = Counter()
    for week in weeks:
        found.update(week.counts)
    return found


def _standard(counts: Mapping[int, int], before: Mapping[int, int], measure: Measure) -> float:
    """By how many standard errors a week differs from the weeks before."""
    n, total, _ = _moments(counts, measure)
    n0, total0, squares0 = _moments(before, measure)
    # One answer more at either end: weeks without a single bad one would have no variance.
    least = -1 if measure.metric is Metric.NPS else 0
    n0, total0, squares0 = n0 + 2, total0 + 1 + least, squares0 + 1 + least**2
    mean = total0 / n0
    return (total - n * mean) / sqrt(n * (squares0 / n0 - mean**2))


def _moments(counts: Mapping[int, int], measure: Measure) -> tuple[int, float, float]:
    """n, sum and sum of squares of what each answer counts: 1 or 0, and -1 of a detractor."""
    n = sum(counts.values())
    if measure.metric is Metric.NPS:
        balance = (nps(counts).value or 0.0) * n / 100
        ends = sum(count for value, count in counts.items() if value <= 6 or value >= 9)
        return n, balance, ends
    hits = _hits(counts, n, measure)
    return n, hits, hits


def _hits(counts: Mapping[int, int], n: int, measure: Measure) -> float:
    if measure.metric is None:
        return counts.get(1, 0)
    if measure.metric is Metric.CES:
        easy = ces(counts, low=measure.low, high=measure.high).easy
        return (easy.value or 0.0) * n / 100 if easy else 0.0
    return (csat(counts, low=measure.low, high=measure.high).value or 0.0) * n / 100
