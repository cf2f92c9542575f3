"""Figures and lists for one selection; every number of an answer is of the same selection."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.domain.cells import Dimension
from analytics.domain.entries import Entry
from analytics.domain.figures import Row
from analytics.domain.first_contact import Resolution
from analytics.domain.places import Found
from analytics.domain.selection import (
    Period,
    Selection,
    Sort,
    overlapping,
    packable,
    rollup_of,
    starts,
)
from analytics.domain.sight import within
from analytics.domain.words import Sought
from analytics.repository import (
    agents,
    crossing,
    facts,
    first_contacts,
    packed,
    reading,
    rollups,
    rows,
)
from common.config import ConfigReader
from common.database import Connection, Database
from common.database.holdings import Held
from common.process.files import Slots
from common.process.sight import Sight
from common.time import Clock, utc_now

CONFIG_AGE = 2.0  # seconds
MOST_LOOKED_AT = 1_000  # answers that a page looks through for words
LOOKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of a selection: `whole` is its total, `rows` are by group or by period."""

    whole: Sequence[Row]
    rows: Sequence[Row]
    names: Mapping[str, str]  # of agents

    def groups(self) -> dict[str, list[Row]]:
        """Group -> its rows, by name."""
        found: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: row.group):
            found.setdefault(row.group, []).append(row)
        return found

    def points(self, selection: Selection, period: Period) -> dict[date, list[Row]]:
        """First day -> its rows; every instrument of the range is in each, if only with zeros."""
        instruments = {row.instrument for row in self.rows if row.instrument}
        blank = [Row("", "", one, [0] * one.width) for one in sorted(instruments)]
        found = {start: list(blank) for start in starts(selection.first, selection.last, period)}
        for row in self.rows:
            found[date.fromisoformat(row.period)].append(row)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """In total and by the selection's groups, in the order of their values."""

    whole: Resolution
    groups: Mapping[str, Resolution]
    names: Mapping[str, str]  # of agents


@dataclass(frozen=True, slots=True)
class Reports:
    """Reads rollups where they hold the answer and facts where they do not."""

    db: Database
    config: ConfigReader
    pepper: bytes
    clock: Clock = utc_now
    files: Slots = field(default_factory=Slots)

    async def zone(self, workspace: str) -> str | None:
        """None: there is no such workspace."""
        found = await self.config.workspace(workspace, max_age=CONFIG_AGE)
        return found.workspace.zone if found else None

    def today(self, zone: str) -> date:
        """In the time zone."""
        return self.clock().astimezone(ZoneInfo(zone)).date()

    async def figures(
        self, selection: Selection, period: Period | None = None, *, scores: bool = False
    ) -> Figures:
        """Sums in total and by the selection's groups or by `period`, all as of one moment.

        `scores`: beside the funnels, the counts of every instrument.
        """
        async with self.db.scoped(selection.workspace, frozen=True) as connection:
            found = await sums(connection, selection, period, scores=scores)
            whole = found
            if overlapping(selection):
                alone = replace(selection, by=None)
                whole = await sums(connection, alone, period, scores=scores)
            names = await names_of(connection, selection, found)
        return Figures(whole=whole, rows=found, names=names)

    async def lines(self, selection: Selection, period: Period | None = None) -> Sequence[Row]:
        """The counts of every instrument alone, by the selection's groups or by `period`."""
        async with self.db.scoped(selection.workspace, frozen=True) as connection:
            found = await sums(connection, selection, period, scores=True)
        return [row for row in found if row.instrument is not None]

    async def crossed(
        self, selection: Selection, rows: Dimension | Period, columns: Dimension
    ) -> Sequence[Row]:
        """The counts of every instrument by two dimensions, or by period and dimension."""
        async with self.db.scoped(selection.workspace, frozen=True) as connection:
            return await crossing.read(connection, selection, rows, columns)

    async def resolution(self, selection: Selection) -> Resolved:
        """Of how many calls the caller did not call again, as of one moment."""
        async with self.db.scoped(selection.workspace, frozen=True) as connection:
            found = await first_contacts.read(connection, selection)
            alone = replace(selection, by=None)
            whole = found
            if overlapping(selection):
                whole = await first_contacts.read(connection, alone)
            names = await agent_names(connection, selection, found)
        counts = sum((Counter(of_group) for of_group in whole.values()), Counter())
        return Resolved(
            whole=Resolution.of(counts),
            groups={value: Resolution.of(found[value]) for value in sorted(found)},
            names=names,
        )

    async def page(
        self,
        selection: Selection,
        *,
        after: Found | None,
        limit: int,
        answered: bool,
        sort: Sort = Sort.NEWEST,
        sought: Sought | None = None,
    ) -> tuple[list[Entry], Found | None]:
        """Entries, and after which one there may be more; None: that is all.

        With words that are sought a page may be short: it looks through so many answers, no more.
        """
        found: list[Entry] = []
        looked_at, size = 0, limit if sought is None else LOOKED_AT_ONCE
        async with self.db.scoped(selection.workspace, frozen=True) as connection:
            while True:
                some = await rows.page(
                    connection, selection, after=after, size=size + 1, answered=answered, sort=sort
                )
                for entry in some[:size]:
                    if sought is None or sought.is_in(entry.reply):
                        if len(found) == limit:
                            return found, after
                        found.append(entry)
                    after = entry.found
                looked_at += size
                if len(some) <= size:
                    return found, None
                if sought is None or looked_at >= MOST_LOOKED_AT:
                    return found, after

    async def held(self, workspace: str, contact: UUID) -> Held:
        """All that is known of a contact here."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await facts.held_of(connection, workspace, contact)

    async def find(
        self,
        workspace: str,
        *,
        sight: Sight | None,
        contact: UUID | None,
        call_id: str | None,
        days: int,
        limit: int,
    ) -> list[Entry]:
        """Calls of one person, or of one name at their source, also those that count nowhere."""
        since = self.clock().date() - timedelta(days=days)
        async with self.db.scoped(workspace) as connection:
            return await rows.find(
                connection,
                workspace,
                within=within(sight),
                contact=contact,
                call_id=call_id,
                since=since,
                size=limit,
            )

    async def entry(
        self, workspace: str, interaction: UUID, *, sight: Sight | None
    ) -> Entry | None:
        """One call that was decided, whatever it counts as; None out of sight."""
        async with self.db.scoped(workspace) as connection:
            return await rows.one(connection, workspace, interaction, within=within(sight))


async def sums(
    connection: Connection, selection: Selection, period: Period | None, *, scores: bool
) -> list[Row]:
    """From rollups, packed days, facts: whichever holds them and is shortest."""
    kept = rollup_of(selection) is not None
    read = rollups.read if kept else reading.read
    if not packable(selection) or (kept and selection.by is not Dimension.AGENT):
        return await _both(connection, selection, period, read, scores=scores)
    found, loose = await packed.read(connection, selection, period, scores=scores)
    if kept and not found and loose:
        return await _both(connection, selection, period, read, scores=scores)
    if loose:
        found += await _both(connection, selection, period, read, scores=scores, only=loose)
    return found


async def _both(
    connection: Connection,
    selection: Selection,
    period: Period | None,
    read: Any,
    *,
    scores: bool,
    only: Sequence[date] | None = None,
) -> list[Row]:
    """Funnels, and with `scores` the counts of instruments."""
    found: list[Row] = await read(connection, selection, period, lines=False, only=only)
    if scores:
        found += await read(connection, selection, period, lines=True, only=only)
    return [row for row in found if any(row.counts)]


async def names_of(
    connection: Connection, selection: Selection, found: Sequence[Row]
) -> dict[str, str]:
    return await agent_names(connection, selection, {row.group for row in found})


async def agent_names(
    connection: Connection, selection: Selection, groups: Iterable[str]
) -> dict[str, str]:
    """What agents are called whose groups these are."""
    if selection.by is not Dimension.AGENT:
        return {}
    return await agents.names(connection, selection.workspace, sorted(filter(None, groups)))
