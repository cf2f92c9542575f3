"""What changed since a time, for programs that keep a copy of the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.domain.entries import Entry
from analytics.domain.places import Change, Settled
from analytics.domain.selection import Selection
from analytics.domain.words import Sought
from analytics.repository import changes, rows
from analytics.service.reports import Reports

MOST = 2_000  # changes that one page looks through for what its filter picks


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`after`: the last change that was looked at, and None where there are no more before
    `until`."""

    entries: Sequence[Entry]
    after: Change | None
    until: datetime


async def settled(reports: Reports) -> Settled:
    """Until when changes are all there to be read."""
    async with reports.db.connection() as connection:
        return await changes.settled(connection)


async def changed(
    reports: Reports,
    selection: Selection,
    after: Change,
    *,
    until: datetime,
    limit: int,
    sought: Sought | None = None,
) -> Changed:
    """A page; short, or empty, where a filter picks few of many changes. `until` was settled."""
    found: list[Entry] = []
    looked_at, size = 0, limit + 1
    async with reports.db.scoped(selection.workspace, frozen=True) as connection:
        while looked_at < MOST:
            some = await changes.after(
                connection, selection.workspace, after, until=until, most=size
            )
            entries = await rows.of_changes(connection, selection, some)
            if sought is not None:
                entries = {at: one for at, one in entries.items() if sought.is_in(one.reply)}
            for one in some:
                if one in entries and len(found) == limit:
                    return Changed(entries=found, after=after, until=until)
                found += [entries[one]] if one in entries else []
                after = one
            if len(some) < size:
                return Changed(entries=found, after=None, until=until)
            looked_at += size
            size = min(2 * size, 1_000)
    return Changed(entries=found, after=after, until=until)
