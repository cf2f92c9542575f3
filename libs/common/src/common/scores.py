"""NPS, CSAT and CES with 95 % intervals, from histograms: how often each value was given.

NPS: adjusted Wald (B. Rocks 2016). Shares: Wilson. Means: Student's t, cut to the scale; equal
answers do not say that all would be equal, so they have a spread, too (`variance`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, sqrt

from common.events.values import Metric

Z = 1.959964  # two-sided 95 % of the normal distribution

# Two-sided 95 % of Student's t from 1 degree of freedom on; above, a series is good to 1e-6.
_T = (
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
    2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450,
)  # fmt: skip

# How many of the highest values count as satisfied, or easy, by the number of values.
_TOP = {2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 2, 10: 3}
_TOP_EASY = _TOP | {7: 3}
NPS_SCALE = (0, 10)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; all None when nobody answered."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A metric's figure, `low <= value <= high`, and from how many answers.

    Units: NPS points -100..100, CSAT and mood percent 0..100, CES a mean on its scale. `mean`:
    of the values on their scale (CSAT, mood, CES). `easy`: percent who found it easy (CES).
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    mean: float | None = None
    easy: Estimate | None = None


def nps(counts: Mapping[int, int]) -> Score:
    """Promoters (9, 10) less detractors (0 to 6), in percent of all. `counts`: value -> how often.

    Raises `ValueError` for a value outside 0..10 or a negative count, as do the others here.
    """
    n = _checked(counts, 0, 10)
    if n == 0:
        return _score(Estimate(), 0)
    promoters = counts.get(9, 0) + counts.get(10, 0)
    detractors = sum(count for value, count in counts.items() if value <= 6)
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    margin = Z * sqrt((p + d - (p - d) ** 2) / (n + 3))
    value = 100 * (promoters - detractors) / n
    return _score(
        _within(value, 100 * (p - d - margin), 100 * (p - d + margin), ends=(-100, 100)), n
    )


def csat(counts: Mapping[int, int], *, low: int = 1, high: int = 5) -> Score:
    """Percent who gave one of the top values (4 or 5 of 1..5)."""
    n = _checked(counts, low, high)
    return _score(_top(counts, high, n, boxes=_boxes(_TOP, low, high)), n, mean=_mean(counts, n))


def ces(counts: Mapping[int, int], *, low: int = 1, high: int = 7) -> Score:
    """Mean effort, high is easy, and percent who found it easy (top 2 of 5, top 3 of 7).

    One answer alone says nothing about the spread: its interval is the whole scale.
    """
    n = _checked(counts, low, high)
    mean = _mean(counts, n)
    easy = _top(counts, high, n, boxes=_boxes(_TOP_EASY, low, high))
    if mean is None:
        return _score(Estimate(), n, easy=easy)
    if n == 1:
        return _score(Estimate(mean, low, high), n, mean=mean, easy=easy)
    margin = t_quantile(max(1, floor(n) - 1)) * sqrt(variance(counts) / n)
    estimate = _within(mean, mean - margin, mean + margin, ends=(low, high))
    return _score(estimate, n, mean=mean, easy=easy)


def score_of(metric: Metric | None, counts: Mapping[int, int], *, low: int, high: int) -> Score:
    """The metric's formula on the scale from `low` to `high`. Mood is counted as CSAT is.

    Weighted answers count as many as they weigh, as in `wilson`.

    Without a formula (no metric, one that only a newer version knows, NPS on another scale than
    its own) there is `n` and no figure.
    """
    if metric is Metric.NPS and (low, high) == NPS_SCALE:
        return nps(counts)
    formula = _ON_ANY_SCALE.get(metric) if metric else None
    if formula is None:
        return _score(Estimate(), _checked(counts, low, high))
    return formula(counts, low=low, high=high)


_ON_ANY_SCALE = {Metric.CSAT: csat, Metric.MOOD: csat, Metric.CES: ces}


def top_values(metric: Metric, low: int, high: int) -> int:
    """How many of the highest values count as good: satisfied, easy, promoters."""
    if metric is Metric.NPS and (low, high) == NPS_SCALE:
        return 2
    return _boxes(_TOP_EASY if metric is Metric.CES else _TOP, low, high)


def wilson(hits: float, n: float) -> Estimate:
    """Percent of hits with Wilson's interval; weighted answers count as many as they weigh."""
    if n == 0:
        return Estimate()
    share = hits / n
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    margin = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return _within(100 * share, 100 * (centre - margin), 100 * (centre + margin), ends=(0, 100))


def variance(counts: Mapping[int, int]) -> float:
    """Of two answers or more, as their sample tells it.

    Of equal ones: as though as many were a step away as Wilson's upper bound of none in n allows.
    """
    n = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / n
    squares = sum(count * (value - mean) ** 2 for value, count in counts.items())
    if sum(count > 0 for count in counts.values()) > 1:
        return squares / (n - 1)
    away = Z * Z / (n + Z * Z)
    return away * (1 - away)


def t_quantile(freedom: int) -> float:
    """Two-sided 95 % of Student's t. Cornish-Fisher (Abramowitz and Stegun 26.7.5) above 15."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92_160,
    )
    return Z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))


def _checked(counts: Mapping[int, int], low: int, high: int) -> int:
    for value, count in counts.items():
        if count < 0 or (count and not low <= value <= high):
            raise ValueError(f"{count} answers of {value} on a scale from {low} to {high}")
    return sum(counts.values())


def _boxes(top: Mapping[int, int], low: int, high: int) -> int:
    values = high - low + 1
    return top.get(values, max(1, round(values * 0.3)))


def _top(counts: Mapping[int, int], high: int, n: int, *, boxes: int) -> Estimate:
    return wilson(sum(counts.get(high - box, 0) for box in range(boxes)), n)


def _mean(counts: Mapping[int, int], n: int) -> float | None:
    return sum(value * count for value, count in counts.items()) / n if n else None


def _within(value: float, low: float, high: float, *, ends: tuple[int, int]) -> Estimate:
    # The adjusted centre is pulled to the middle: with one answer it can miss the value itself.
    return Estimate(value, min(value, max(low, ends[0])), max(value, min(high, ends[1])))


def _score(
    estimate: Estimate, n: int, *, mean: float | None = None, easy: Estimate | None = None
) -> Score:
    return Score(
        value=estimate.value, low=estimate.low, high=estimate.high, n=n, mean=mean, easy=easy
    )
