"""What is stored for reading against what it was made of: facts first, then the sums over them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics import metrics
from analytics.domain.cells import Tally
from analytics.domain.contributions import contribution
from analytics.domain.derived import Stated
from analytics.domain.differences import CellDiffers, Difference, FactDiffers
from analytics.domain.facts import Fact
from analytics.repository import checking, facts, first_contacts, packed, rollups
from analytics.repository.facts import Change
from analytics.service.intake import days_of
from common.config import ConfigReader
from common.database import Connection, Database

_LOCK = 0x726F6C6C7570  # any number: one rebuild at a time
CHUNK = 2_000  # rows per transaction


async def differences(db: Database) -> list[Difference]:
    """Looks at every fact and every cell, as of one moment: consumers may go on meanwhile."""
    return [*await _facts_wrong(db), *await _cells_wrong(db)]


async def _facts_wrong(db: Database) -> list[FactDiffers]:
    """Whose columns for reading do not follow from the rest of their row."""
    found: list[FactDiffers] = []
    async with (
        db.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        async for stated in checking.stream(connection):
            fact = stated.fact
            found += [
                FactDiffers(fact.workspace, fact.interaction, *one) for one in stated.differences()
            ]
    return found


async def _cells_wrong(db: Database) -> list[CellDiffers]:
    """Which are not the sum of what the facts contribute."""
    found: list[CellDiffers] = []
    async with (
        db.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        for workspace, month in await rollups.months(connection):
            found += await _of_month(connection, workspace, month)
    return found


async def _of_month(connection: Connection, workspace: str, month: date) -> list[CellDiffers]:
    tally = Tally()
    async for fact in facts.of_month(connection, workspace, month):
        tally.add(contribution(fact))
    expected = tally.counts()
    stored = await rollups.of_month(connection, workspace, month)
    both = [
        CellDiffers(cell, stored.get(cell, nothing), expected.get(cell, nothing))
        for cell in sorted(expected.keys() | stored.keys())
        for nothing in ([0] * cell.width,)
    ]
    return [one for one in both if one.stored != one.expected]


async def rebuild(db: Database) -> list[Difference]:
    """Corrects what `differences` finds and returns it. Raises `Retry` while another one runs.

    What is wrong with a cell is added, not overwritten: what consumers add between the comparison
    and the correction stays, so they need not stand still. The lock keeps out a second rebuild,
    which would add the same again.
    """
    async with _alone(db):
        of_facts = await _facts_wrong(db)
        for workspace in sorted({one.workspace for one in of_facts}):
            ids = sorted({one.interaction for one in of_facts if one.workspace == workspace})
            for first in range(0, len(ids), CHUNK):
                await _correct_facts(db, workspace, ids[first : first + CHUNK])
        of_cells = await _cells_wrong(db)
        for first in range(0, len(of_cells), CHUNK):
            await _correct_cells(db, of_cells[first : first + CHUNK])
    metrics.FACTS_WRONG.inc(len({one.interaction for one in of_facts}))
    metrics.CELLS_WRONG.inc(len(of_cells))
    return [*of_facts, *of_cells]


@asynccontextmanager
async def _alone(db: Database) -> AsyncIterator[None]:
    async with db.session() as connection:  # the lock ends with it, however that comes
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        yield


async def _correct_facts(db: Database, workspace: str, interactions: Sequence[UUID]) -> None:
    """The sums are not touched: they are compared with the facts afterwards."""
    async with db.transaction() as connection:
        stated = await checking.lock_some(connection, workspace, interactions)
        await _rewrite(connection, [(one, one.corrected()) for one in stated])


async def _rewrite(connection: Connection, rows: Sequence[tuple[Stated, Fact]]) -> None:
    """Puts each fact into the place of what its row stated."""
    changes = [Change(contribution(new), old.writes) for old, new in rows]
    zones = {change.new.fact.workspace: ZoneInfo("UTC") for change in changes}
    await facts.write(connection, changes, zones)
    await checking.move(connection, [change.new.fact for change in changes])
    touched = set().union(*(days_of(old.fact, new) for old, new in rows))
    await packed.unpack(connection, touched)
    await first_contacts.unsettle(connection, touched)


async def _correct_cells(db: Database, differing: Sequence[CellDiffers]) -> None:
    missing = {
        item.cell: [e - s for e, s in zip(item.expected, item.stored, strict=True)]
        for item in sorted(differing, key=lambda item: item.cell)
    }
    async with db.transaction() as connection:
        await rollups.add(connection, missing)


async def move_days(db: Database, config: ConfigReader) -> dict[str, tuple[str, int]]:
    """Moves calls to the days of their workspaces' zones as these are now.

    Returns workspace -> its zone, and how many calls were counted in another one. Consumers may go
    on meanwhile: what they decide from now on is counted in the zone as it is now.
    """
    found: dict[str, tuple[str, int]] = {}
    async with _alone(db):
        for workspace, one in (await config.current()).workspaces.items():
            zone, moved, after = one.workspace.zone, 0, UUID(int=0)
            while last := await _move_some(db, workspace, zone, after=after):
                after, moved = last[0], moved + last[1]
            if moved:
                found[workspace] = zone, moved
    return found


async def _move_some(
    db: Database, workspace: str, zone: str, *, after: UUID
) -> tuple[UUID, int] | None:
    """The last call that was moved, and how many; None when there are no more."""
    async with db.transaction() as connection:
        stated = await checking.lock_other_zones(
            connection, workspace, zone, after=after, size=CHUNK
        )
        if not stated:
            return None
        tally = Tally()
        rows = [(one, one.moved(zone)) for one in stated]
        for old, new in rows:
            tally.change(contribution(old.fact), contribution(new))
        await _rewrite(connection, rows)
        await rollups.add(connection, tally.counts())
    return stated[-1].fact.interaction, len(stated)


async def pending(db: Database) -> int:
    """Facts with deliveries or answers whose decision has not come yet: counted nowhere."""
    async with db.connection() as connection:
        return await facts.pending(connection)
