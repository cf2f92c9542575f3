"""Scores over time: in total, and a line for each group."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.domain import crossing
from analytics.domain.contributions import Slot
from analytics.domain.discretion import answers
from analytics.domain.figures import Line, Per, Row, scores, total
from analytics.domain.selection import Period, Selection
from analytics.service.discretion import Remembering, kept
from analytics.service.reports import Figures, Reports, names_of, sums

MOST_GROUPS = 20
OTHERS = "\0"  # no value of a call holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """By period each. `groups`: those with the most answers, by name; `left_out`: how many more
    there are."""

    whole: Figures
    groups: Mapping[str, Figures]
    left_out: int
    names: Mapping[str, str]  # of agents


async def read(reports: Reports, selection: Selection, period: Period) -> Trend:
    """All as of one moment.

    Groups are counted first, so that what is read by group and period is as many as are shown.
    """
    async with reports.db.scoped(selection.workspace, frozen=True) as connection:
        alone = replace(selection, by=None)
        whole = await sums(connection, alone, period, scores=True)
        if selection.by is None:
            return Trend(whole=_alone(whole), groups={}, left_out=0, names={})
        found = Figures(
            whole=(), rows=await sums(connection, selection, None, scores=False), names={}
        )
        groups = found.groups()
        most = sorted(groups, key=lambda name: (-total(groups[name])[Slot.ANSWERED], name))
        shown = most[:MOST_GROUPS]
        chosen = replace(selection, filters={**selection.filters, selection.by: shown})
        rows = await sums(connection, chosen, period, scores=True) if shown else []
        names = await names_of(connection, selection, rows)
    of_groups = Figures(whole=(), rows=rows, names={}).groups()
    return Trend(
        whole=_alone(whole),
        groups={name: _alone(of_group) for name, of_group in of_groups.items()},
        left_out=len(most) - len(shown),
        names=names,
    )


def _alone(rows: Sequence[Row]) -> Figures:
    found = [replace(row, group="") for row in rows]
    return Figures(whole=found, rows=found, names={})


async def kept_of_groups(
    reports: Reports, selection: Selection, per: Per, trend: Trend, period: Period
) -> Mapping[str, Mapping[str, Collection[Line]]]:
    """Group -> period by its first day -> scores of it that are not shown.

    What a trend of that group alone would not show; and what the groups beside each other would
    tell of one of them, period by period.
    """
    assert selection.by is not None
    remembered = Remembering(reports)
    found: dict[str, dict[str, set[Line]]] = {}
    for name, figures in trend.groups.items():
        filters = {**selection.filters, selection.by: [name]}
        one = replace(selection, filters=filters, by=None)
        secret = await kept(remembered, one, per, figures, period=period)
        found[name] = {start: set(lines) for start, lines in secret.cells.items()}
    for line, table in _tables(trend, per).items():
        also = [place for place in table if line in found.get(place[1], {}).get(place[0], ())]
        for start, name in crossing.secret(table, also=also)[0]:
            if name != OTHERS:
                found[name].setdefault(start, set()).add(line)
    return found


def _tables(trend: Trend, per: Per) -> Mapping[Line, crossing.Table]:
    """Line -> answers by period and group; all that are not shown are one group."""
    found: dict[Line, dict[tuple[str, str], int]] = {}
    for name, figures in trend.groups.items():
        for start, line, n in _answers(figures, per):
            found.setdefault(line, {})[start, name] = n
    for start, line, n in _answers(trend.whole, per):
        table = found.setdefault(line, {})
        shown = sum(table.get((start, name), 0) for name in trend.groups)
        table[start, OTHERS] = max(0, n - shown)  # below: who shares a call is in several groups
    return found


def _answers(figures: Figures, per: Per) -> Iterator[tuple[str, Line, int]]:
    by_period: dict[str, list[Row]] = {}
    for row in figures.rows:
        by_period.setdefault(row.period, []).append(row)
    for start, rows in by_period.items():
        for line, n in answers(scores(rows, per)).items():
            yield start, line, n
