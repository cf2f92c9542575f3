"""Weighted scores beside the raw ones, of one selection in total."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

from analytics.domain.figures import Line, Per, Scored, line_of
from analytics.domain.selection import Selection
from analytics.domain.weighting import Stratum, Weighted, weighted
from analytics.repository import weighting
from analytics.service.reports import Reports

K = TypeVar("K")


async def read(
    reports: Reports, selection: Selection, per: Per, scored: Sequence[Scored]
) -> Mapping[Line, Weighted]:
    """Of lines with answers enough. The frame of each is who was asked by its surveys.

    Raises `TooManyCells`.
    """
    async with reports.db.scoped(selection.workspace, frozen=True) as connection:
        cells = await weighting.read(connection, selection)
    return await asyncio.to_thread(_of_lines, cells, per, scored)


def _of_lines(
    cells: weighting.Cells, per: Per, scored: Sequence[Scored]
) -> Mapping[Line, Weighted]:
    answers: dict[Line, dict[Stratum, dict[int, int]]] = {}
    surveys: dict[Line, set[str]] = {}
    for instrument, of_cells in cells.answers.items():
        if per is Per.METRIC and not instrument.first:
            continue
        line = line_of(instrument, per)
        surveys.setdefault(line, set()).add(instrument.survey)
        of_line = answers.setdefault(line, {})
        for cell, values in of_cells.items():
            _add(of_line.setdefault(cell, {}), values)
    found: dict[Line, Weighted] = {}
    for one in scored:
        if one.metric is None or one.line not in answers:
            continue
        asked: dict[Stratum, int] = {}
        for survey in surveys[one.line]:
            _add(asked, cells.asked.get(survey, {}))
        low, high = one.line.low, one.line.high
        weighed = weighted(one.metric, asked, answers[one.line], low=low, high=high)
        if weighed is not None:
            found[one.line] = weighed
    return found


def _add(counts: dict[K, int], more: Mapping[K, int]) -> None:
    for key, times in more.items():
        counts[key] = counts.get(key, 0) + times
