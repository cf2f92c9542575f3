"""Ranking of groups with few answers each: what each shows, drawn towards what all of them show.

Shares (CSAT, mood): a beta-binomial over the groups, fitted by maximum likelihood. NPS and means:
normal groups about a common mean, with the spread between them by the method of moments (Paule and
Mandel). Numpy and scipy are imported when something is ranked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.events.values import Metric

LEAST = 10  # answers of a group that is ranked
CREDIBLE = 0.90
FEWEST_GROUPS = 3
Histogram = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """`shrunken` with its 90 % interval, `better`: the probability that it is better than all.

    `rank` counts from 1; None: too few answers. In the score's unit.
    """

    group: str
    n: int
    value: float
    shrunken: float
    low: float
    high: float
    better: float
    rank: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """`mean` of all groups; `spread`: standard deviation between groups, chance aside."""

    mean: float
    spread: float
    groups: Sequence[Ranked]


def ranking(metric: Metric, groups: Mapping[str, Histogram], *, top: int, high: int) -> Ranking:
    """`top`: how many of the highest values, up to `high`, count as satisfied.

    Raises `ValueError` where fewer than three groups have answers.
    """
    some = {name: counts for name, counts in groups.items() if sum(counts.values())}
    if len(some) < FEWEST_GROUPS:
        raise ValueError(f"at least {FEWEST_GROUPS} groups with answers are needed")
    if metric in (Metric.CSAT, Metric.MOOD):
        hits = [sum(counts.get(high - box, 0) for box in range(top)) for counts in some.values()]
        return _shares(list(some), hits, [sum(counts.values()) for counts in some.values()])
    return _means(list(some), [_moments(metric, counts) for counts in some.values()])


def fit(hits: Sequence[int], of: Sequence[int]) -> tuple[float, float]:
    """alpha and beta of the beta-binomial by maximum likelihood."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import betaln

    x, n = np.asarray(hits, dtype=float), np.asarray(of, dtype=float)

    def unlikely(place: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        """By the logarithms of the share's odds and of the prior's weight."""
        odds, weight = np.clip(place, -12, 12)
        mean = 1 / (1 + np.exp(-odds))
        a, b = mean * np.exp(weight), (1 - mean) * np.exp(weight)
        return float(-(betaln(x + a, n - x + b) - betaln(a, b)).sum())

    share = np.clip(x.sum() / n.sum(), 1e-3, 1 - 1e-3)
    start = np.array([np.log(share / (1 - share)), 3.0])
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4_000, "maxfev": 4_000}
    found = minimize(unlikely, start, method="Nelder-Mead", options=options)
    odds, weight = np.clip(found.x, -12, 12)
    mean = 1 / (1 + np.exp(-odds))
    return float(mean * np.exp(weight)), float((1 - mean) * np.exp(weight))


def _shares(names: Sequence[str], hits: Sequence[int], of: Sequence[int]) -> Ranking:
    import numpy as np
    from scipy.special import betainc, betaincinv

    alpha, beta = fit(hits, of)
    x, n = np.asarray(hits, dtype=float), np.asarray(of, dtype=float)
    a, b, mean = x + alpha, n - x + beta, alpha / (alpha + beta)
    rest = (1 - CREDIBLE) / 2
    spread = (mean * (1 - mean) / (alpha + beta + 1)) ** 0.5
    columns = (
        100 * x / n,
        100 * a / (a + b),
        100 * betaincinv(a, b, rest),
        100 * betaincinv(a, b, 1 - rest),
        1 - betainc(a, b, mean),
    )
    return _ranked(names, of, 100 * mean, 100 * spread, [one.tolist() for one in columns])


def _moments(metric: Metric, counts: Histogram) -> tuple[int, float, float]:
    """n, the figure, and the variance of one answer, as if one more of each end were there."""
    unit = {value: _unit(metric, value) for value in counts}
    n = sum(counts.values())
    mean = sum(unit[value] * count for value, count in counts.items()) / n
    return n, mean, sum(count * (unit[value] - mean) ** 2 for value, count in counts.items())


def _unit(metric: Metric, value: int) -> float:
    if metric is not Metric.NPS:
        return float(value)
    return 100.0 if value >= 9 else -100.0 if value <= 6 else 0.0


def between(values: Sequence[float], variances: Sequence[float]) -> tuple[float, float]:
    """The mean of groups and the variance between them (Paule and Mandel)."""
    import numpy as np

    y, v = np.asarray(values), np.asarray(variances)

    def excess(tau2: float) -> float:
        weights = 1 / (v + tau2)
        centre = (weights * y).sum() / weights.sum()
        return float((weights * (y - centre) ** 2).sum() - (len(y) - 1))

    tau2 = 0.0
    if excess(0.0) > 0:
        from scipy.optimize import brentq

        most = 1.0
        while excess(most) > 0:
            most *= 2
        tau2 = float(brentq(excess, 0.0, most, xtol=1e-12, rtol=1e-14))
    weights = 1 / (v + tau2)
    return float((weights * y).sum() / weights.sum()), tau2


def _means(names: Sequence[str], moments: Sequence[tuple[int, float, float]]) -> Ranking:
    """The variance of one answer is that within all groups: of few answers none can be told."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    n = np.array([one[0] for one in moments], dtype=float)
    y = np.array([one[1] for one in moments])
    within = sum(one[2] for one in moments) / max(1.0, float((n - 1).sum()))
    v = np.maximum(within, 1e-9) / n
    mean, tau2 = between(y.tolist(), v.tolist())
    share = tau2 / (tau2 + v)
    shrunken = mean + share * (y - mean)
    error = np.sqrt(share * v)
    margin = ndtri((1 + CREDIBLE) / 2) * error
    better = ndtr((shrunken - mean) / np.where(error > 0, error, 1))
    columns = (y, shrunken, shrunken - margin, shrunken + margin, better)
    of = [one[0] for one in moments]
    return _ranked(names, of, mean, tau2**0.5, [one.tolist() for one in columns])


def _ranked(
    names: Sequence[str],
    of: Sequence[int],
    mean: float,
    spread: float,
    columns: Sequence[Sequence[float]],
) -> Ranking:
    """The best first; who has too few answers comes last, without a rank."""
    rows = sorted(
        zip(names, of, *columns, strict=True),
        key=lambda row: (row[1] < LEAST, -row[3], row[0]),
    )
    groups = [
        Ranked(
            group=name, n=n, value=value, shrunken=shrunken, low=low, high=high, better=better,
            rank=place if n >= LEAST else None,
        )
        for place, (name, n, value, shrunken, low, high, better) in enumerate(rows, start=1)
    ]  # fmt: skip
    return Ranking(mean=mean, spread=spread, groups=groups)
