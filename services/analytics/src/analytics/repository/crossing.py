"""Answers by two dimensions at once, from the facts: asked only to know what is not shown."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal_column, select

from analytics import models
from analytics.domain.cells import Dimension
from analytics.domain.figures import Row
from analytics.domain.selection import Credit, Period, Selection
from analytics.repository.periods import starting
from analytics.repository.reading import column_of, conditions, day_of, lines_of
from common.database import Connection
from common.database.statements import fetch


async def read(
    connection: Connection, selection: Selection, rows: Dimension | Period, columns: Dimension
) -> Sequence[Row]:
    """Counts of instruments: `group` is the row that they are in, `period` the column.

    Where a transferred call is everybody's it is in the last one's here.
    """
    credit = Credit.LAST if selection.credit is Credit.ALL else selection.credit
    row = starting(day_of(selection), rows) if isinstance(rows, Period) else column_of(rows, credit)
    counted: Any = func.unnest(models.facts.c.answers).column_valued("counted")
    keys = [row.label("place"), column_of(columns, credit).label("beside"), counted]
    found = await fetch(
        connection,
        select(*keys, func.count())
        .select_from(models.facts)
        .where(*conditions(selection))
        .group_by(*map(literal_column, "123")),
    )
    return lines_of(found, selection)
