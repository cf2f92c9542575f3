"""Whether a score moved between two ranges, and by how much: a difference, its interval, a word.

NPS: the difference of two adjusted Wald figures. Shares (CSAT, mood): Newcombe's hybrid of two
Wilson intervals. Means (CES): Welch. A word other than "no clear change" stands where the 95 %
interval does not hold zero, which is the two-sided test at 5 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import floor, sqrt

from analytics.domain.figures import Scored
from common.events.values import Metric
from common.scores import Z, t_quantile, variance


class Verdict(StrEnum):
    UP = "up"
    DOWN = "down"
    NO_CLEAR_CHANGE = "no_clear_change"


TESTS: Mapping[Metric, str] = {
    Metric.NPS: "difference of two adjusted Wald figures",
    Metric.CSAT: "Newcombe's hybrid score interval",
    Metric.MOOD: "Newcombe's hybrid score interval",
    Metric.CES: "Welch's t interval",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`value`: now less before, in the score's unit. Bounds are None where nothing is known."""

    value: float
    low: float | None
    high: float | None
    test: str

    @property
    def verdict(self) -> Verdict:
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return Verdict.NO_CLEAR_CHANGE
        return Verdict.UP if self.low > 0 else Verdict.DOWN


def change(now: Scored, before: Scored) -> Change | None:
    """None where one of the two has no figure. Both are of one line."""
    metric = now.metric
    if metric is None or now.score.value is None or before.score.value is None:
        return None
    difference = now.score.value - before.score.value
    low, high = _BOUNDS[metric](now, before, difference) if metric in _BOUNDS else (None, None)
    return Change(value=difference, low=low, high=high, test=TESTS.get(metric, ""))


Bounds = tuple[float | None, float | None]


def _nps(now: Scored, before: Scored, _: float) -> Bounds:
    """Around the difference of the adjusted figures, as their intervals are."""
    (a, va), (b, vb) = _adjusted(now.histogram), _adjusted(before.histogram)
    margin = Z * sqrt(va + vb)
    return 100 * (a - b - margin), 100 * (a - b + margin)


def _adjusted(counts: Mapping[int, int]) -> tuple[float, float]:
    """The figure of -1..1 and the variance of it."""
    n = sum(counts.values()) + 3
    promoters = (counts.get(9, 0) + counts.get(10, 0) + 0.75) / n
    detractors = (sum(c for value, c in counts.items() if value <= 6) + 0.75) / n
    figure = promoters - detractors
    return figure, (promoters + detractors - figure**2) / n


def _share(now: Scored, before: Scored, difference: float) -> Bounds:
    a, b = now.score, before.score
    assert a.value is not None
    assert a.low is not None
    assert a.high is not None
    assert b.value is not None
    assert b.low is not None
    assert b.high is not None
    low = difference - sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    return low, difference + sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2)


def _mean(now: Scored, before: Scored, difference: float) -> Bounds:
    """With fewer than two answers a spread cannot be told."""
    a, b = _spread(now.histogram), _spread(before.histogram)
    if a is None or b is None:
        return None, None
    (va, na), (vb, nb) = a, b
    freedom = (va + vb) ** 2 / (va**2 / (na - 1) + vb**2 / (nb - 1))
    margin = t_quantile(max(1, floor(freedom))) * sqrt(va + vb)
    return difference - margin, difference + margin


def _spread(counts: Mapping[int, int]) -> tuple[float, int] | None:
    """The variance of the mean, and n."""
    n = sum(counts.values())
    return None if n < 2 else (variance(counts) / n, n)


_BOUNDS = {Metric.NPS: _nps, Metric.CSAT: _share, Metric.MOOD: _share, Metric.CES: _mean}
