"""Which scores are not shown: those of few answers, and what would tell them by subtraction.

A score of one to four answers tells who said what, and so does one that leaves out as few. One
answer of the API is never the only one: whoever is refused a group asks for the total with and
without it. So what a filter picks is held against the groups that it picks from.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from analytics.domain.figures import Line, Scored

SMALLEST = 5  # answers
Answers = Mapping[Line, int]  # how many there are
K = TypeVar("K")


def answers(found: Iterable[Scored]) -> dict[Line, int]:
    return {one.line: one.score.n for one in found}


def hidden(found: Mapping[K, int]) -> frozenset[K]:
    """Those (by their answers) that are not shown beside each other and their total.

    Those with too few; and the next smallest, until they are more than one and enough together,
    for what is hidden is the total less the others.
    """
    small = {name for name, n in found.items() if few(n)}
    if not small:
        return frozenset()
    others = sorted((n, place) for place, (_, n) in enumerate(found.items()) if n >= SMALLEST)
    names = list(found)
    for _, place in others:
        if len(small) > 1 and sum(found[name] for name in small) >= SMALLEST:
            break
        small.add(names[place])
    return frozenset(small)


def few(n: int) -> bool:
    return 0 < n < SMALLEST


def beside(cells: Mapping[str, Answers]) -> dict[str, set[Line]]:
    """Cell -> its lines that are hidden, in a table of cells that add up to a total."""
    by_line: dict[Line, dict[str, int]] = {}
    for cell, found in cells.items():
        for line, n in found.items():
            by_line.setdefault(line, {})[cell] = n
    kept: dict[str, set[Line]] = {cell: set() for cell in cells}
    for line, of_cells in by_line.items():
        for cell in hidden(of_cells):
            kept[cell].add(line)
    return kept


def among(found: Iterable[Scored]) -> set[Line]:
    """Lines with few answers; and surveys that are what a metric has less its others."""
    kept: set[Line] = set()
    surveys: dict[tuple[object, ...], dict[Line, int]] = {}
    for one in found:
        if few(one.score.n):
            kept.add(one.line)
        if one.first and one.line.survey is not None:
            surveys.setdefault(one.line[2:], {})[one.line] = one.score.n
    return kept.union(*(hidden(of_metric) for of_metric in surveys.values()))


def left_out(now: Answers, without: Answers) -> set[Line]:
    """Lines of which a filter leaves few out; `without` it."""
    return {line for line, n in now.items() if few(without.get(line, n) - n)}


def picked(values: Collection[str], groups: Mapping[str, Answers]) -> set[Line]:
    """Lines of which these groups are some of the hidden ones, and not all of them."""
    kept: set[Line] = set()
    for line in {line for found in groups.values() for line in found}:
        secret = hidden({name: found.get(line, 0) for name, found in groups.items()})
        chosen = secret & set(values)
        if chosen and chosen != secret:
            kept.add(line)
    return kept
