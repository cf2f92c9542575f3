"""Drivers: which facts of a call go with its score. Association, not cause.

Johnson's relative weights share out R squared among inputs that go together; a bootstrap says how
sure that is, a logistic regression in which direction. Numpy and scipy are imported when asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEAST, TENTATIVE = 100, 400  # answers: fewer are refused, or are a first hint
DRAWS = 500
FALSE_SHARE = 0.10  # of findings, by Benjamini and Hochberg
MOST_SHAPLEY = 12  # inputs
INFLATED = 5.0  # variance inflation that is warned of


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """`share` percent of R squared, with its 95 % interval; `effect`: how many points of the share

    of good scores go with one standard deviation more of it. `spearman` is of the input alone.
    """

    name: str
    share: float
    low: float
    high: float
    shapley: float | None
    spearman: float
    found: bool  # by Benjamini and Hochberg at 10 %
    effect: float
    inflation: float
    suppressor: bool  # its sign among the others is not its sign alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """`winner`: whose lead over the second is none of chance. `left_out`: name -> why."""

    n: int
    r_squared: float
    tentative: bool
    winner: str | None
    drivers: Sequence[Driver]
    left_out: Mapping[str, str]


class TooFew(ValueError):
    """Says how many more answers are needed."""


def drivers(
    inputs: Mapping[str, Sequence[float]],
    scores: Sequence[float],
    good: Sequence[bool],
    *,
    seed: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Drivers:
    """Inputs by name, each as long as `scores`. Raises `TooFew`."""
    import numpy as np
    from scipy.stats import spearmanr

    n = len(scores)
    if n < LEAST:
        raise TooFew(f"{LEAST - n} more answers are needed: there are {n} of at least {LEAST}")
    y = np.asarray(scores, dtype=float)
    if y.std() == 0:
        raise TooFew("all answers are equal: nothing can go with them")
    kept, left_out = usable({name: np.asarray(one, dtype=float) for name, one in inputs.items()})
    if not kept:
        raise TooFew("no fact of these calls differs between them")
    names = list(kept)
    x = np.column_stack([kept[name] for name in names])
    weights, r_squared = relative_weights(x, y)
    shares = _bootstrapped(x, y, seed=seed, progress=progress)
    low, high = np.percentile(shares, [2.5, 97.5], axis=0)
    alone = [spearmanr(x[:, place], y) for place in range(len(names))]
    found = benjamini_hochberg([one.pvalue for one in alone], FALSE_SHARE)
    together, effects = logistic(x, np.asarray(good, dtype=float))
    inflation = inflations(x)
    shapley = shapley_shares(x, y) if len(names) <= MOST_SHAPLEY else None
    of_each = [
        Driver(
            name=name,
            share=100 * weights[place] / r_squared,
            low=100 * float(low[place]),
            high=100 * float(high[place]),
            shapley=None if shapley is None else 100 * shapley[place],
            spearman=float(alone[place].statistic),
            found=found[place],
            effect=100 * effects[place],
            inflation=inflation[place],
            suppressor=bool(found[place] and together[place] * alone[place].statistic < 0),
        )
        for place, name in enumerate(names)
    ]
    of_each.sort(key=lambda one: -one.share)
    return Drivers(
        n=n,
        r_squared=r_squared,
        tentative=n < TENTATIVE,
        winner=_winner(of_each, names, shares),
        drivers=of_each,
        left_out=left_out,
    )


def usable(inputs: Mapping[str, "Array"]) -> tuple[dict[str, "Array"], dict[str, str]]:
    """Those that differ between calls, and that no others before them already say."""
    import numpy as np

    kept: dict[str, Array] = {}
    left_out: dict[str, str] = {}
    for name, values in inputs.items():
        if values.std() == 0:
            left_out[name] = "is the same for every call"
            continue
        if kept:
            others = np.column_stack([np.ones(len(values)), *kept.values()])
            fitted = others @ np.linalg.lstsq(others, values, rcond=None)[0]
            if ((values - fitted) ** 2).sum() < 1e-6 * ((values - values.mean()) ** 2).sum():
                left_out[name] = "is told by the others"
                continue
        kept[name] = values
    return kept, left_out


def relative_weights(x: "Array", y: "Array") -> tuple[list[float], float]:
    """Johnson (2000): raw weights, which add up to R squared."""
    import numpy as np

    together = np.corrcoef(np.column_stack([x, y]), rowvar=False)
    among, with_y = together[:-1, :-1], together[:-1, -1]
    values, vectors = np.linalg.eigh(among)
    root = vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
    beta = np.linalg.solve(root, with_y)
    weights = (root**2) @ (beta**2)
    return weights.tolist(), float(weights.sum())


def _bootstrapped(
    x: "Array", y: "Array", *, seed: int, progress: Callable[[float], None]
) -> "Array":
    """Shares of each draw; draws in which an input or the score does not vary are drawn again."""
    import numpy as np

    chance = np.random.default_rng(seed)
    found: list[Any] = []
    for _ in range(2 * DRAWS):
        rows = chance.integers(0, len(y), len(y))
        drawn, scores = x[rows], y[rows]
        if drawn.std(axis=0).min() > 0 and scores.std() > 0:
            try:
                weights, whole = relative_weights(drawn, scores)
            except np.linalg.LinAlgError:
                continue
            found.append(np.array(weights) / whole)
            progress(len(found) / DRAWS)
        if len(found) == DRAWS:
            break
    return np.array(found)


def _winner(found: Sequence[Driver], names: Sequence[str], shares: "Array") -> str | None:
    """None where its lead is within the noise, or the answers are a first hint alone."""
    import numpy as np

    if len(found) < 2:
        return None
    first, second = (names.index(one.name) for one in found[:2])
    lead = np.percentile(shares[:, first] - shares[:, second], 2.5)
    return found[0].name if lead > 0 else None


def logistic(x: "Array", good: "Array") -> tuple[list[float], list[float]]:
    """Coefficients of standardised inputs, and their average effects on the share of good ones."""
    import numpy as np

    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    beta = np.zeros(z.shape[1])
    if 0 < good.sum() < len(good):
        for _ in range(100):
            p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
            hessian = (z * (p * (1 - p))[:, None]).T @ z + 1e-10 * np.eye(len(beta))
            step = np.linalg.solve(hessian, z.T @ (good - p))
            beta = beta + np.clip(step, -5, 5)
            if np.abs(step).max() < 1e-10:
                break
    p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
    return beta[1:].tolist(), ((p * (1 - p)).mean() * beta[1:]).tolist()


def inflations(x: "Array") -> list[float]:
    """Variance inflation of each input by the others."""
    import numpy as np

    if x.shape[1] == 1:
        return [1.0]
    found: list[float] = np.diag(np.linalg.inv(np.corrcoef(x, rowvar=False))).tolist()
    return found


def shapley_shares(x: "Array", y: "Array") -> list[float]:
    """What each input adds to R squared, over all orders in which they may come (LMG)."""
    import numpy as np

    together = np.corrcoef(np.column_stack([x, y]), rowvar=False)
    count = x.shape[1]
    explained = np.zeros(1 << count)
    for subset in range(1, 1 << count):
        members = [place for place in range(count) if subset >> place & 1]
        with_y = together[members, -1]
        explained[subset] = with_y @ np.linalg.solve(together[np.ix_(members, members)], with_y)
    shares = np.zeros(count)
    for subset in range(1 << count):
        size = subset.bit_count()
        weight = (
            factorial(size) * factorial(count - size - 1) / factorial(count)
            if (size < count)
            else 0.0
        )
        for place in range(count):
            if not subset >> place & 1:
                shares[place] += weight * (explained[subset | 1 << place] - explained[subset])
    found: list[float] = (shares / explained[-1]).tolist()
    return found


def benjamini_hochberg(p_values: Sequence[float], share: float) -> list[bool]:
    """Which are findings, so that at most `share` of them are expected to be none."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    last = max(
        (rank for rank, place in enumerate(order, start=1)
         if p_values[place] <= share * rank / len(order)),
        default=0,
    )  # fmt: skip
    kept = set(order[:last])
    return [place in kept for place in range(len(p_values))]
