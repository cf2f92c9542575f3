"""Rollups against facts: they are the sum of `contributions` over all rows, or they are wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics import metrics
from analytics.domain.contributions import SLOTS, Cell, Tally, share
from analytics.repository import facts, rollups
from common.database import Connection, Database

_LOCK = 0x726F6C6C7570  # any number: one rebuild at a time
CHUNK = 2_000  # cells per transaction
NOTHING: Sequence[int] = (0,) * SLOTS


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose stored counts are not those of the facts."""

    cell: Cell
    stored: Sequence[int]
    expected: Sequence[int]


async def cells_wrong(db: Database) -> list[Difference]:
    """Compares every cell, as of one moment: consumers may go on meanwhile."""
    found: list[Difference] = []
    async with (
        db.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        for workspace, month in await rollups.months(connection):
            found += await _of_month(connection, workspace, month)
    return found


async def _of_month(connection: Connection, workspace: str, month: date) -> list[Difference]:
    tally = Tally()
    async for fact in facts.of_month(connection, workspace, month):
        tally.add(share(fact))
    expected = tally.counts()
    stored = await rollups.of_month(connection, workspace, month)
    return [
        Difference(cell, stored.get(cell, NOTHING), expected.get(cell, NOTHING))
        for cell in sorted(expected.keys() | stored.keys())
        if list(stored.get(cell, NOTHING)) != list(expected.get(cell, NOTHING))
    ]


async def rebuild(db: Database) -> list[Difference]:
    """Corrects what `cells_wrong` finds and returns it. Raises `Retry` while another one runs.

    What is wrong is added, not overwritten: what consumers add between the comparison and the
    correction stays, so they need not stand still. The lock keeps out a second rebuild, which
    would add the same again.
    """
    async with db.connection() as connection:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        try:
            found = await cells_wrong(db)
            for first in range(0, len(found), CHUNK):
                await _correct(db, found[first : first + CHUNK])
        finally:
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)
    metrics.CELLS_WRONG.inc(len(found))
    return found


async def _correct(db: Database, differences: Sequence[Difference]) -> None:
    missing = {
        item.cell: [e - s for e, s in zip(item.expected, item.stored, strict=True)]
        for item in sorted(differences, key=lambda item: item.cell)
    }
    async with db.transaction() as connection:
        await rollups.add(connection, missing)


async def pending(db: Database) -> int:
    """Facts with deliveries or answers whose decision has not come yet: counted nowhere."""
    async with db.connection() as connection:
        return await facts.pending(connection)
