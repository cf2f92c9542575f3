"""Who was asked and what was answered, by cells of weighting."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import prod
from typing import Any

from sqlalchemy import func, literal_column, select

from analytics import models
from analytics.domain.contributions import Slot
from analytics.domain.instruments import Instrument, decoded
from analytics.domain.packing import Counting, Day, Outcome, Sieve, outcome_of
from analytics.domain.selection import Selection, packable
from analytics.domain.weighting import MOST_CELLS, Stratum, TooManyCells
from analytics.repository import packed, reading
from common.database import Connection
from common.database.statements import fetch, one_of

_COLUMNS = (*Stratum._fields, "survey")


@dataclass(frozen=True, slots=True)
class Cells:
    """`asked`: survey -> cell -> calls; `answers`: instrument -> cell -> value -> how often."""

    asked: dict[str, dict[Stratum, int]] = field(default_factory=dict)
    answers: dict[Instrument, dict[Stratum, dict[int, int]]] = field(default_factory=dict)

    def ask(self, survey: str, cell: Stratum, times: int) -> None:
        of_survey = self.asked.setdefault(survey, {})
        of_survey[cell] = of_survey.get(cell, 0) + times

    def answer(self, code: str, cell: Stratum, times: int) -> None:
        instrument, value = (one := decoded(code)).instrument, one.value
        of_cell = self.answers.setdefault(instrument, {}).setdefault(cell, {})
        of_cell[value] = of_cell.get(value, 0) + times


async def read(connection: Connection, selection: Selection) -> Cells:
    """Of all metrics and questions. Raises `TooManyCells`."""
    found = Cells()
    only: Sequence[date] | None = None
    if packable(selection):
        await _from_packed(connection, selection, found)
        only = await packed.not_packed(connection, selection)
        if not only:
            return found
    await _from_facts(connection, selection, found, only=only)
    if sum(map(len, found.asked.values())) > MOST_CELLS:
        raise TooManyCells
    return found


async def _from_packed(connection: Connection, selection: Selection, found: Cells) -> None:
    wanted: Mapping[str, Any] = packed.wanted_of(selection)
    names = sorted({"outcome", *_COLUMNS, *wanted})
    terms = await packed.terms_of(connection, selection.workspace, names)
    outcomes = [outcome_of(text) for text in terms["outcome"]]
    sizes = [len(terms[name]) for name in _COLUMNS]
    sieve = Sieve.of({name: list(map(test, terms[name])) for name, test in wanted.items()})
    counting = Counting(sieve, "cell", prod(sizes), len(outcomes))
    async for _, day in packed.days_of(connection, selection, names):
        counting.add(_with_cell(day, sizes), "")
    # Very many cells and outcomes take a while, and others are answered meanwhile.
    await asyncio.to_thread(
        _count, counting, outcomes, lambda one: _values(one, sizes, terms), found
    )


def _count(
    counting: Counting,
    outcomes: Sequence[Outcome],
    values: Callable[[int], Sequence[str]],
    found: Cells,
) -> None:
    """`values`: of the cell with a number, the survey last."""
    import numpy as np

    asked = np.array([Slot.ASKED in outcome.slots for outcome in outcomes], dtype=bool)
    for _, of_pairs, codes, times in counting.pairs():
        these = asked[codes]
        of_pairs, codes, times = of_pairs[these], codes[these], times[these]
        numbers, begins = np.unique(of_pairs, return_index=True)
        if len(numbers) > MOST_CELLS:
            raise TooManyCells
        ends = np.append(begins, len(codes))[1:]
        for number, begin, end in zip(numbers.tolist(), begins, ends, strict=True):
            *of, survey = values(number)
            cell = Stratum(*of)
            found.ask(survey, cell, int(times[begin:end].sum()))
            pairs = zip(codes[begin:end].tolist(), times[begin:end].tolist(), strict=True)
            for code, often in pairs:
                for answer in outcomes[code].answers:
                    found.answer(answer, cell, often)


def _with_cell(day: Day, sizes: Sequence[int]) -> Day:
    """One number for all columns of the cell, the last one's steps the smallest."""
    import numpy as np

    cell = np.zeros(day.facts, dtype="<i8")
    for name, size in zip(_COLUMNS, sizes, strict=True):
        cell = cell * size + day.codes(name)
    return Day(day.facts, {**day.columns, "cell": cell.astype("<u8").tobytes()})


def _values(number: int, sizes: Sequence[int], terms: Mapping[str, Sequence[str]]) -> Sequence[str]:
    found = []
    for name, size in zip(reversed(_COLUMNS), reversed(sizes), strict=True):
        number, code = divmod(number, size)
        found.append(terms[name][code])
    return found[::-1]


async def _from_facts(
    connection: Connection, selection: Selection, found: Cells, *, only: Sequence[date] | None
) -> None:
    """`only`: of these days alone."""
    facts = models.facts.c
    columns = [facts[name] for name in _COLUMNS]
    where = [*reading.conditions(selection), reading.ASKED]
    if only is not None:
        where.append(one_of(facts.day, only))
    asked = select(*columns, func.count()).where(*where).group_by(*columns)
    rows = await fetch(connection, asked.limit(MOST_CELLS + 1))
    if len(rows) > MOST_CELLS:
        raise TooManyCells
    for *of, survey, times in rows:
        found.ask(survey, Stratum(*of), times)
    code: Any = func.unnest(facts.answers).column_valued("code")
    keys = [*columns[:-1], code]
    answers = select(*keys, func.count()).select_from(models.facts).where(*where)
    for *of, text, times in await fetch(connection, answers.group_by(*map(literal_column, "1234"))):
        found.answer(text, Stratum(*of), times)
