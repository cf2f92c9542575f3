"""What of some figures is not shown to who may not see all, whatever the filter."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from analytics.domain import crossing
from analytics.domain.cells import Dimension
from analytics.domain.discretion import among, answers, beside, left_out, picked
from analytics.domain.figures import Line, Per, Row, scores
from analytics.domain.selection import Period, Selection
from analytics.service.reports import Figures, Reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`cells`: of each group, or each period by its first day."""

    whole: Collection[Line]
    cells: Mapping[str, Collection[Line]]


NOTHING = Kept(whole=(), cells={})


class Remembering:
    """Counts for several looks that have much in common: each is read once."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._known: dict[str, Sequence[Row]] = {}

    async def lines(self, selection: Selection, period: Period | None = None) -> Sequence[Row]:
        key = repr((selection, period))
        if key not in self._known:
            self._known[key] = await self._reports.lines(selection, period)
        return self._known[key]

    async def crossed(
        self, selection: Selection, rows: Dimension | Period, columns: Dimension
    ) -> Sequence[Row]:
        key = repr((selection, rows, columns))
        if key not in self._known:
            self._known[key] = await self._reports.crossed(selection, rows, columns)
        return self._known[key]


async def kept(
    reports: Reports | Remembering,
    selection: Selection,
    per: Per,
    figures: Figures,
    *,
    period: Period | None = None,
) -> Kept:
    """`figures` are those of the selection; what is asked beside them is only for its filters.

    Who sees the calls of some alone is told nothing by figures of two dimensions either, which
    takes reading the facts.
    """
    now = _Around(reports, selection, per, period)
    await now.look_at(figures)
    if selection.within:
        await now.cross()
    return Kept(whole=now.whole, cells=now.cells)


class _Around:
    """What is found hidden, more and more."""

    def __init__(
        self,
        reports: Reports | Remembering,
        selection: Selection,
        per: Per,
        period: Period | None,
    ) -> None:
        self._reports, self._selection, self._per = reports, selection, per
        self._cut: Dimension | Period | None = selection.by or period
        self._period = period
        self.whole: set[Line] = set()
        self.cells: dict[str, set[Line]] = {}

    async def look_at(self, figures: Figures) -> None:
        selection, per = self._selection, self._per
        whole = scores(figures.whole, per)
        self.whole |= among(whole)
        shown = _by_cell(figures.rows) if self._cut else {}
        now = {cell: answers(scores(rows, per)) for cell, rows in shown.items()}
        self.cells = beside(now)
        for cell, rows in shown.items():
            self.cells[cell] |= among(scores(rows, per))
        for dimension, values in selection.filters.items():
            table = await self._answers(replace(self._without(dimension), by=dimension))
            self.whole |= picked(values, table)
            if selection.by is dimension:
                self._add(beside(table))
        for one in self._wider():
            (everywhere,) = (await self._answers(replace(one, by=None))).values() or ({},)
            self.whole |= left_out(answers(whole), everywhere)
        wider = [self._without(one) for one in selection.filters if one is not self._cut]
        for one in [*wider, *self._wider()] if now else ():
            table = await self._answers(one, self._period)
            self._add({cell: left_out(found, table.get(cell, {})) for cell, found in now.items()})

    def _wider(self) -> Iterator[Selection]:
        """Without one of the filters that are no dimensions; a survey is of its metric."""
        chosen = self._selection
        for trait in chosen.traits:
            left = {name: values for name, values in chosen.traits.items() if name is not trait}
            yield replace(chosen, traits=left)
        if chosen.scores is not None:
            yield replace(chosen, scores=None)
        if chosen.surveys is not None and self._per is Per.METRIC:
            yield replace(chosen, surveys=None)

    async def cross(self) -> None:
        """Two dimensions at a time; those of the other filters stay as they are."""
        filters = self._selection.filters
        for one, other in combinations(filters, 2):
            for line, table in (await self._tables(one, other)).items():
                if crossing.picked(filters[one], filters[other], table):
                    self.whole.add(line)
        if self._cut is None:
            return
        for dimension, values in filters.items():
            if dimension is self._cut:
                continue
            chosen = filters.get(self._cut) if isinstance(self._cut, Dimension) else None
            for line, table in (await self._tables(self._cut, dimension)).items():
                self._add({row: [line] for row in crossing.picked(chosen, values, table)})

    async def _tables(
        self, rows: Dimension | Period, columns: Dimension
    ) -> Mapping[Line, crossing.Table]:
        freed = replace(self._without(rows, columns), by=None)
        found: dict[Line, dict[tuple[str, str], int]] = {}
        places: dict[tuple[str, str], list[Row]] = {}
        for row in await self._reports.crossed(freed, rows, columns):
            places.setdefault((row.group, row.period), []).append(row)
        for place, of_place in places.items():
            for line, n in answers(scores(of_place, self._per)).items():
                found.setdefault(line, {})[place] = n
        return found

    async def _answers(
        self, selection: Selection, period: Period | None = None
    ) -> dict[str, dict[Line, int]]:
        """Group or period -> answers; "" is the total where there are neither."""
        rows = await self._reports.lines(selection, period)
        return {
            cell: answers(scores(of_cell, self._per)) for cell, of_cell in _by_cell(rows).items()
        }

    def _without(self, *dimensions: Dimension | Period) -> Selection:
        chosen = self._selection.filters
        left = {name: values for name, values in chosen.items() if name not in dimensions}
        return replace(self._selection, filters=left)

    def _add(self, more: Mapping[str, Iterable[Line]]) -> None:
        for cell, lines in more.items():
            if cell in self.cells:
                self.cells[cell] |= set(lines)


def _by_cell(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.group or row.period, []).append(row)
    return found
