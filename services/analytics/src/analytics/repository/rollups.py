"""Rollups: one row of counts per cell, changed by addition, read by sums."""

from collections.abc import Mapping, Sequence
from datetime import date

from analytics.domain.contributions import SLOTS, Cell
from analytics.domain.figures import Row
from analytics.domain.selection import Period, Selection, days, rollup_of, spans
from common.database import Connection

_SUMS = ", ".join(f"coalesce(sum(counts[{n}]), 0)" for n in range(1, SLOTS + 1))
# Slot by slot: a row from before a slot was added has a shorter vector, one of a newer version a
# longer one, whose end is kept.
_ADDED = ", ".join(
    f"coalesce(rollups.counts[{n}], 0) + excluded.counts[{n}]" for n in range(1, SLOTS + 1)
)

_ADD = f"""
insert into analytics.rollups (workspace, dimension, grain, start, value, survey, metric, counts)
select workspace, dimension, grain, start, value, survey, metric, counts::integer[]
from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::text[], $6::text[], $7::text[],
            $8::text[])
    as given(workspace, dimension, grain, start, value, survey, metric, counts)
on conflict (workspace, dimension, grain, start, value, survey, metric)
do update set counts = array[{_ADDED}] || rollups.counts[{SLOTS + 1}:]
"""  # noqa: S608 - numbers of slots

_READ = f"""
select case when $6 then value else '' end as grouped,
       case when $7 = '' then '' else date_trunc($7, start::timestamp)::date::text end as period,
       survey, metric, array[{_SUMS}] as counts
from unnest($3::text[], $4::date[], $5::date[]) as span(span_grain, first, last)
join analytics.rollups on workspace = $1 and dimension = $2 and grain = span_grain
    and start between first and last
where ($8::text[] is null or value = any($8)) and ($9::text[] is null or survey = any($9))
    and ($10::text[] is null or metric = any($10))
group by 1, 2, 3, 4
"""  # noqa: S608 - numbers of slots

_MONTH = """
select workspace, dimension, grain, start, value, survey, metric, counts from analytics.rollups
where workspace = $1
    and ((grain = 'd' and start between $2 and ($2 + interval '1 month - 1 day')::date)
        or (grain = 'm' and start = $2))
"""

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


async def read(connection: Connection, selection: Selection, period: Period | None) -> list[Row]:
    """The sums of `rollup_of(selection)`."""
    dimension = rollup_of(selection)
    assert dimension is not None
    by_day = period in (Period.DAY, Period.WEEK)
    found = (days if by_day else spans)(selection.first, selection.last)
    rows = await connection.fetch(
        _READ,
        selection.workspace,
        dimension,
        [span.grain for span in found],
        [span.first for span in found],
        [span.last for span in found],
        selection.by is not None,
        period or "",
        selection.filters.get(dimension),
        selection.surveys,
        selection.metrics,
    )
    return [
        Row(row["grouped"], row["period"], row["survey"], row["metric"], row["counts"])
        for row in rows
    ]


async def months(connection: Connection) -> list[tuple[str, date]]:
    """Every (workspace, first day of a month) that has a counted fact or a rollup."""
    return [(row["workspace"], row["month"]) for row in await connection.fetch(_MONTHS)]


async def of_month(connection: Connection, workspace: str, month: date) -> dict[Cell, list[int]]:
    """What is stored for a month: its days' cells and its own, without those of zeros."""
    rows = await connection.fetch(_MONTH, workspace, month)
    return {
        Cell(*(row[name] for name in Cell._fields)): _filled(row["counts"])
        for row in rows
        if any(row["counts"])
    }


def _filled(counts: Sequence[int]) -> list[int]:
    """As long as vectors are now."""
    return [*counts, *[0] * (SLOTS - len(counts))]
