"""Rollups: one row of counts per cell, changed by addition, read by sums."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    TableValuedAlias,
    Text,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import LateralFromClause

from analytics import models
from analytics.domain.cells import Cell
from analytics.domain.contributions import SLOTS
from analytics.domain.figures import Row
from analytics.domain.instruments import WIDEST, Instrument
from analytics.domain.selection import Period, Selection, Span, days, rollup_of, spans
from analytics.repository.periods import starting
from common.database import Connection
from common.database.statements import fetch, one_of

_PLACES = range(1, WIDEST + 1)
_KEY = ", ".join(Cell._fields)
# Place by place, as long as the longer one is: a funnel from before a slot was added is shorter;
# one of a newer version may be longer than we know, and its end is kept.
_ADDED = ", ".join(
    f"coalesce(rollups.counts[{n}], 0) + coalesce(excluded.counts[{n}], 0)" for n in _PLACES
)

_ADD = f"""
insert into analytics.rollups ({_KEY}, counts)
select {_KEY}, counts::integer[]
from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::integer[], $10::integer[], $11::boolean[], $12::text[])
    as given({_KEY}, counts)
on conflict ({_KEY}) do update
set counts = (array[{_ADDED}])
    [1:greatest(cardinality(rollups.counts), cardinality(excluded.counts))]
    || rollups.counts[{WIDEST + 1}:]
"""  # noqa: S608 - numbers of places and names of the key

_MONTH = f"""
select {_KEY}, counts from analytics.rollups
where workspace = $1
    and ((grain = 'd' and start between $2 and ($2 + interval '1 month - 1 day')::date)
        or (grain = 'm' and start = $2))
"""  # noqa: S608 - names of the key

_MONTHS = """
select distinct workspace, date_trunc('month', day)::date as month from analytics.facts
where day is not null
union
select distinct workspace, date_trunc('month', start)::date from analytics.rollups
order by 1, 2
"""


async def add(connection: Connection, counts: Mapping[Cell, Sequence[int]]) -> None:
    """Adds to each cell. `counts` in the order of the keys: that is how writers lock."""
    if not counts:
        return
    keys = [list(column) for column in zip(*counts, strict=True)]
    vectors = ["{" + ",".join(map(str, vector)) + "}" for vector in counts.values()]
    await connection.execute(_ADD, *keys, vectors)


async def read(
    connection: Connection,
    selection: Selection,
    period: Period | None,
    *,
    lines: bool,
    only: Sequence[date] | None = None,
) -> list[Row]:
    """The sums of `rollup_of(selection)`: of funnels, or of instruments.

    `only`: of these days alone.
    """
    found: list[Row] = []
    spans = _spans(selection, period) if only is None else [Span("d", day, day) for day in only]
    for group, start, counts, *key in await fetch(
        connection, _sums(selection, period, spans, lines=lines)
    ):
        instrument = Instrument(*key) if lines else None
        width = instrument.width if instrument else SLOTS
        found.append(Row(group, start, instrument, counts[:width]))
    return found


_SUMS: ColumnElement[Any] = literal_column(
    f"array[{', '.join(f'coalesce(sum(counts[{n}]), 0)' for n in _PLACES)}]"
)
"""As long as any vector may be; what is beyond the end of one sums up to zero."""


def _sums(
    selection: Selection, period: Period | None, found: Sequence[Span], *, lines: bool
) -> Select[Any]:
    span = _table_of(found)
    cells = _cells(selection, span, lines=lines)
    group: ColumnElement[str] = cells.c.value if selection.by else literal("", Text)
    keys = [group, starting(cells.c.start, period)]
    if lines:
        keys += [cells.c[name] for name in Instrument._fields]
    return (
        select(*keys[:2], _SUMS, *keys[2:])
        .select_from(span.join(cells, literal_column("true")))
        .group_by(*[literal_column(str(n)) for n in (1, 2, *range(4, len(keys) + 2))])
    )


def _cells(selection: Selection, span: TableValuedAlias, *, lines: bool) -> LateralFromClause:
    """Of each span.

    By itself (that is what the offset says): it is one stretch of the key, and a planner that
    joins cannot tell how short, so that it would read all of a dimension for three days.
    """
    rollups = models.rollups.c
    dimension = rollup_of(selection)
    assert dimension is not None
    wanted = [
        rollups.workspace == selection.workspace,
        rollups.dimension == str(dimension),
        rollups.grain == span.c.of_grain,
        rollups.start.between(span.c.first_day, span.c.last_day),
        (rollups.question != "") if lines else (rollups.question == ""),
    ]
    if values := selection.filters.get(dimension):
        wanted.append(one_of(rollups.value, values))
    for values in selection.within.values():  # of this dimension, else there is no such rollup
        wanted.append(one_of(rollups.value, values))
    for column, chosen in (
        (rollups.survey, selection.surveys),
        (rollups.metric, selection.metrics),
        (rollups.question, selection.questions if lines else None),
    ):
        if chosen is not None:
            wanted.append(one_of(column, chosen))
    found = select(models.rollups).where(*wanted).offset(literal_column("0"))
    return found.lateral("cells")


def _spans(selection: Selection, period: Period | None) -> Sequence[Span]:
    """Rollups of whole months, where months do, and of days."""
    by_day = period in (Period.DAY, Period.WEEK)
    return (days if by_day else spans)(selection.first, selection.last)


def _table_of(found: Sequence[Span]) -> TableValuedAlias:
    grains, firsts, lasts = (list(column) for column in zip(*found, strict=True))
    return (
        func.unnest(
            literal(grains, ARRAY(Text)), literal(firsts, ARRAY(Date)), literal(lasts, ARRAY(Date))
        )
        .table_valued("of_grain", "first_day", "last_day", name="span")
        .render_derived()
    )


async def months(connection: Connection) -> list[tuple[str, date]]:
    """Every (workspace, first day of a month) that has a counted fact or a rollup."""
    return [(row["workspace"], row["month"]) for row in await connection.fetch(_MONTHS)]


async def of_month(connection: Connection, workspace: str, month: date) -> dict[Cell, list[int]]:
    """What is stored for a month: its days' cells and its own, without those of zeros."""
    rows = await connection.fetch(_MONTH, workspace, month)
    found = {Cell(*(row[name] for name in Cell._fields)): row["counts"] for row in rows}
    return {cell: _filled(cell, counts) for cell, counts in found.items() if any(counts)}


def _filled(cell: Cell, counts: Sequence[int]) -> list[int]:
    """As long as it is now."""
    return [*counts, *[0] * (cell.width - len(counts))]
