"""Figures straight from the facts: two or more filters, other credit, or the answers' dates."""

from collections.abc import Sequence
from typing import Any

from analytics.domain.contributions import SLOTS, Dimension
from analytics.domain.figures import Row
from analytics.domain.selection import CREDITED, Credit, DateOf, Period, Selection
from common.database import Connection

_LISTS = {Dimension.AGENT: "agents", Dimension.TEAM: "teams"}


def _column(dimension: Dimension, credit: Credit) -> str:
    """The one value a fact has; an index out of an array's bounds gives null there."""
    if dimension not in CREDITED or credit is Credit.LAST:
        return str(dimension)
    place = "longest" if credit is Credit.LONGEST else "1"
    return f"coalesce({_LISTS[dimension]}[{place}], '')"


def _every(dimension: Dimension) -> str:
    """All values of a fact that is credited to several; '' where nobody took part."""
    return f"(case when {_LISTS[dimension]} = '{{}}' then array[''] else {_LISTS[dimension]} end)"


def _shared(dimension: Dimension, credit: Credit) -> bool:
    return credit is Credit.ALL and dimension in CREDITED


def conditions(selection: Selection) -> tuple[str, list[Any]]:
    """`where` for `analytics.facts` and its arguments; what counts nowhere is left out."""
    day = "answered_day" if selection.date_of is DateOf.ANSWER else "day"
    clauses = [f"workspace = $1 and {day} between $2 and $3 and slots <> '{{}}'"]
    arguments: list[Any] = [selection.workspace, selection.first, selection.last]
    for dimension, values in selection.filters.items():
        arguments.append(list(values))
        if _shared(dimension, selection.credit):
            clauses.append(f"{_every(dimension)} && ${len(arguments)}::text[]")
        else:
            clauses.append(f"{_column(dimension, selection.credit)} = any(${len(arguments)})")
    for column, chosen in (("survey", selection.surveys), ("metric", selection.metrics)):
        if chosen is not None:
            arguments.append(list(chosen))
            clauses.append(f"{column} = any(${len(arguments)}::text[])")
    return " and ".join(clauses), arguments


async def read(connection: Connection, selection: Selection, period: Period | None) -> list[Row]:
    """The same rows as `rollups.read`, from the facts."""
    where, arguments = conditions(selection)
    source, group = "analytics.facts", "''"
    if selection.by is not None and _shared(selection.by, selection.credit):
        source += f", lateral (select distinct unnest({_every(selection.by)}) as credited) as each"
        group = "credited"
        if selection.by in selection.filters:  # not those who only shared a call with them
            arguments.append(list(selection.filters[selection.by]))
            where += f" and credited = any(${len(arguments)}::text[])"
    elif selection.by is not None:
        group = _column(selection.by, selection.credit)
    day = "answered_day" if selection.date_of is DateOf.ANSWER else "day"
    start = f"date_trunc('{period}', {day}::timestamp)::date::text" if period else "''"
    rows = await connection.fetch(
        f"""
        select {group} as grouped, {start} as period, survey, metric, slot, count(*) as times
        from {source}, unnest(slots) as slot where {where} group by 1, 2, 3, 4, 5
        """,  # noqa: S608 - columns of our own; values are arguments
        *arguments,
    )
    return _summed([tuple(row) for row in rows])


def _summed(rows: Sequence[tuple[Any, ...]]) -> list[Row]:
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for *key, slot, times in rows:
        group, period, survey, metric = key
        counts = found.setdefault((group, period, survey, metric), [0] * SLOTS)
        counts[slot] += times
    return [Row(*key, counts) for key, counts in found.items()]
