"""Which cells of a table of two dimensions are not shown, so that none of few is worked out.

Its rows and columns have totals, which one dimension's own table shows or hides. Every row and
column is an equation: one hidden number in it alone is the total less the others.
"""

from collections.abc import Collection, Iterator, Mapping

from analytics.domain.discretion import SMALLEST, few, hidden

Table = Mapping[tuple[str, str], int]  # row, column -> answers


def secret(
    table: Table, *, also: Collection[tuple[str, str]] = ()
) -> tuple[frozenset[tuple[str, str]], frozenset[str], frozenset[str]]:
    """Cells, rows and columns that are hidden; `also`: cells that are, for another reason."""
    sums: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for place, n in table.items():
        for side in (0, 1):
            sums[side][place[side]] = sums[side].get(place[side], 0) + n
    margins = hidden(sums[0]), hidden(sums[1])
    kept = {place for place, n in table.items() if few(n)}.union(also)
    while more := {place for side in (0, 1) for place in _alone(table, kept, side, margins[side])}:
        kept |= more
    return frozenset(kept), *margins


def _alone(
    table: Table, kept: Collection[tuple[str, str]], side: int, margin: Collection[str]
) -> Iterator[tuple[str, str]]:
    """For every row (side 0) or column that would tell what is hidden in it: one more of it."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for place, n in table.items():
        if n:
            lines.setdefault(place[side], []).append(place)
    for name, places in lines.items():
        unseen = [place for place in places if place in kept]
        unknown = len(unseen) + (name in margin)
        told = name not in margin and sum(table[place] for place in unseen) < SMALLEST
        if unknown and (unknown == 1 or told):
            others = [place for place in places if place not in kept]
            if others:
                yield min(others, key=lambda place: (table[place], place))


def picked(rows: Collection[str] | None, columns: Collection[str], table: Table) -> set[str]:
    """In which rows (None: all) the sum of these columns is not told."""
    cells, hidden_rows, _ = secret(table)
    of_rows: dict[str, set[str]] = {}
    for row, column in cells:
        if rows is None or row in rows:
            of_rows.setdefault(row, set()).add(column)
    found = set()
    for row, of_row in of_rows.items():
        chosen = of_row.intersection(columns)
        if chosen and (chosen != of_row or row in hidden_rows):
            found.add(row)
    return found
