"""What scores would be if those who were asked had answered alike often, whatever their call.

The frame is all who were asked. Who answered stands for those of the same cell (channel, queue and
disposition): post-stratified where every cell has answers enough, else raked to the three margins.
No answer weighs more than five times the median one. numpy is imported when it is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from common.events.values import Metric
from common.scores import Score, score_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEWEST = 30  # answers: with fewer a weighted figure says nothing
MOST_CELLS = 20_000  # of those who were asked, by survey
OF_CELL = 10  # answers, or it is too small to stand for others
TRIMMED_AT = 5  # times the median weight
_CLOSE, _ROUNDS = 1e-10, 1_000
_SMALL = "\0"  # values of a margin that are put together; no value of a call is it


class TooManyCells(ValueError):
    """More than `MOST_CELLS` were asked."""


class Stratum(NamedTuple):
    """A cell: what is known of a call before anybody answers."""

    channel: str
    queue: str
    disposition: str


class Method(StrEnum):
    POST_STRATIFIED = "post_stratified"
    RAKED = "raked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """`score`: from `n_eff` answers, of which its interval is. `trimmed`: answers whose weight was
    cut."""

    score: Score
    n_eff: float
    method: Method
    trimmed: int

    def differs(self, raw: Score) -> bool:
        """By more than half of the raw figure's interval."""
        if None in (raw.value, raw.low, raw.high, self.score.value):
            return False
        assert raw.value is not None
        assert raw.low is not None
        assert raw.high is not None
        assert self.score.value is not None
        return abs(self.score.value - raw.value) > (raw.high - raw.low) / 2


def weighted(
    metric: Metric | None,
    asked: Mapping[Stratum, int],
    answers: Mapping[Stratum, Mapping[int, int]],
    *,
    low: int,
    high: int,
) -> Weighted | None:
    """`answers`: value -> how often, by cell. None: too few of them."""
    import numpy as np

    counts = {cell: sum(of.values()) for cell, of in answers.items() if any(of.values())}
    if sum(counts.values()) < FEWEST:
        return None
    cells = sorted({*counts, *(cell for cell, times in asked.items() if times)})
    n = np.array([counts.get(cell, 0) for cell in cells], dtype=float)
    # An answer stands at least for itself.
    frame = np.maximum(np.array([asked.get(cell, 0) for cell in cells], dtype=float), n)
    method, weights = _weights(cells, frame, n)
    weights, trimmed = _trimmed(weights, n)
    n_eff = float((n @ weights) ** 2 / (n @ weights**2))
    scale = n_eff / float(n @ weights)
    histogram: Any = {}  # answers count as many as they weigh
    for cell, weight in zip(cells, weights.tolist(), strict=True):
        for value, times in answers.get(cell, {}).items():
            histogram[value] = histogram.get(value, 0) + times * weight * scale
    score = score_of(metric, histogram, low=low, high=high)
    return Weighted(score=score, n_eff=n_eff, method=method, trimmed=trimmed)


def _weights(cells: Sequence[Stratum], frame: "Array", n: "Array") -> tuple[Method, "Array"]:
    """Of one answer in each cell; on average 1."""
    import numpy as np

    if n.min() >= OF_CELL:
        return Method.POST_STRATIFIED, (frame / frame.sum()) * n.sum() / n
    margins = [_margin([cell[place] for cell in cells], n) for place in range(len(Stratum._fields))]
    targets = [np.bincount(codes, frame) / frame.sum() * n.sum() for codes in margins]
    weights = np.ones(len(cells))
    for _ in range(_ROUNDS):
        before = weights
        for codes, target in zip(margins, targets, strict=True):
            weights = weights * (target / np.bincount(codes, n * weights))[codes]
        if np.abs(weights - before).max() < _CLOSE:
            break
    return Method.RAKED, weights


def _margin(values: Sequence[str], n: "Array") -> "Array":
    """The number of each cell's value; values with few answers are one, together with the next
    smallest where they are still few."""
    import numpy as np

    answers: dict[str, float] = {}
    for value, times in zip(values, n.tolist(), strict=True):
        answers[value] = answers.get(value, 0.0) + times
    small: set[str] = set()
    of_small = 0.0
    for times, value in sorted((times, value) for value, times in answers.items()):
        if times >= OF_CELL and (not small or of_small >= OF_CELL):
            break
        small.add(value)
        of_small += times
    names = [_SMALL if value in small else value for value in values]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names])


def _trimmed(weights: "Array", n: "Array") -> tuple["Array", int]:
    """On average 1 again, and how many answers were cut."""
    import numpy as np

    order = np.argsort(weights)
    reached = np.cumsum(n[order])
    median = weights[order][np.searchsorted(reached, n.sum() / 2)]
    too_heavy = weights > TRIMMED_AT * median
    weights = np.minimum(weights, TRIMMED_AT * median)
    return weights * n.sum() / (n @ weights), int(n[too_heavy].sum())
