"""Figures and lists for one selection; every number of an answer is of the same selection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.domain.contributions import SLOTS, Dimension
from analytics.domain.entries import Entry
from analytics.domain.figures import Row, Scale, widened
from analytics.domain.selection import Period, Selection, overlapping, rollup_of, starts
from analytics.repository import reading, rollups, rows
from common.config import Config, ConfigReader
from common.database import Connection, Database
from common.time import Clock, utc_now

CONFIG_AGE = 2.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of a selection: `whole` is its total, `rows` are by group or by period."""

    whole: Sequence[Row]
    rows: Sequence[Row]
    scales: Mapping[tuple[str, str], Scale]
    names: Mapping[str, str]  # of agents

    def groups(self) -> dict[str, list[Row]]:
        """Group -> its rows, by name."""
        found: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: row.group):
            found.setdefault(row.group, []).append(row)
        return found

    def points(self, selection: Selection, period: Period) -> dict[date, list[Row]]:
        """First day -> its rows; every survey of the range is in each, if only with zeros."""
        blank = [Row("", "", survey, metric, [0] * SLOTS) for survey, metric in self.scales]
        found = {start: list(blank) for start in starts(selection.first, selection.last, period)}
        for row in self.rows:
            found[date.fromisoformat(row.period)].append(row)
        return found


@dataclass(frozen=True, slots=True)
class Reports:
    """Reads rollups where they hold the answer and facts where they do not."""

    db: Database
    config: ConfigReader
    clock: Clock = utc_now

    async def zone(self, workspace: str) -> str | None:
        """None: there is no such workspace."""
        found = await self.config.workspace(workspace, max_age=CONFIG_AGE)
        return found.workspace.zone if found else None

    def today(self, zone: str) -> date:
        """In the time zone."""
        return self.clock().astimezone(ZoneInfo(zone)).date()

    async def figures(self, selection: Selection, period: Period | None = None) -> Figures:
        """Sums in total and by the selection's groups or by `period`, all as of one moment."""
        config = await self.config.current(max_age=CONFIG_AGE)
        async with (
            self.db.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await _sums(connection, selection, period)
            whole = found
            if overlapping(selection):
                whole = await _sums(connection, replace(selection, by=None), period)
            names = await _names(connection, selection, found)
        scales = widened(whole, declared(config, selection.workspace))
        return Figures(whole=whole, rows=found, scales=scales, names=names)

    async def page(
        self,
        selection: Selection,
        *,
        after: tuple[date, datetime, UUID] | None,
        limit: int,
        answered: bool,
    ) -> tuple[list[Entry], bool]:
        """Entries, and whether there are more."""
        async with self.db.connection() as connection:
            found = await rows.page(
                connection, selection, after=after, size=limit + 1, answered=answered
            )
        return found[:limit], len(found) > limit


async def _sums(connection: Connection, selection: Selection, period: Period | None) -> list[Row]:
    read = reading.read if rollup_of(selection) is None else rollups.read
    return [row for row in await read(connection, selection, period) if any(row.counts)]


async def _names(
    connection: Connection, selection: Selection, found: Sequence[Row]
) -> dict[str, str]:
    if selection.by is not Dimension.AGENT:
        return {}
    agents = sorted({row.group for row in found if row.group})
    return await rows.agent_names(connection, selection.workspace, agents)


def declared(config: Config, workspace: str) -> dict[str, Scale]:
    """Survey -> the scale of its first question."""
    if workspace not in config.workspaces:
        return {}
    surveys = config.workspaces[workspace].surveys.values()
    return {survey.id: survey.questions[0].scale for survey in surveys}
