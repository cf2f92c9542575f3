"""Asks that hardly anybody answers where others do: what paid traffic looks like from here.

Whoever is paid for texts to numbers of theirs has calls made from them. The texts arrive, nobody
reads them, and no answer comes: beside the rest of the workspace, that shows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

LEAST = 50  # asks of which anything can be said
ALONE = 200  # asks without any answer, where there are no others to compare them with
FEW = 0.25  # of the answers that others give
CHANCE = 1e-4  # that so few came by accident


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Asks of some time to numbers that begin alike, or of a country. `numbers`: +1212 or US."""

    workspace: str
    numbers: str
    country: str
    asks: int
    answers: int


def unanswered(reached: Sequence[Reached]) -> list[Reached]:
    """Of one workspace's beginnings of numbers: those, and countries, that stand out."""
    return [
        one for level in (reached, _by_country(reached)) for one in level if _stands_out(one, level)
    ]


def _by_country(reached: Iterable[Reached]) -> list[Reached]:
    asks: Counter[tuple[str, str]] = Counter()
    answers: Counter[tuple[str, str]] = Counter()
    for one in reached:
        key = one.workspace, one.country
        asks[key] += one.asks
        answers[key] += one.answers
    return [
        Reached(workspace=w, numbers=c, country=c, asks=asks[w, c], answers=answers[w, c])
        for w, c in sorted(asks)
    ]


def _stands_out(one: Reached, among: Sequence[Reached]) -> bool:
    if one.asks < LEAST:
        return False
    others = sum(each.asks for each in among) - one.asks
    theirs = sum(each.answers for each in among) - one.answers
    if others < LEAST:
        return not one.answers and one.asks >= ALONE
    share = theirs / others
    expected = one.asks * share
    return one.answers < FEW * expected and _at_most(one.answers, one.asks, share) < CHANCE


def _at_most(successes: int, of: int, share: float) -> float:
    """The chance of so many or fewer."""
    if share >= 1.0:
        return 0.0
    return sum(
        exp(
            lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
            + k * log(share) + (of - k) * log(1 - share)
        )
        for k in range(successes + 1)
    )  # fmt: skip
