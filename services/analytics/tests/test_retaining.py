"""Words and people go after their days; figures stay, and so do the rows that they are made of."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.service import Intake, differences
from analytics.service import retaining as module
from analytics.service.retaining import KINDS, retaining
from analytics.testing import NOW, decision, response
from analytics.testing.running import rollups, take
from common.config import ConfigReader
from common.database import Database, retention

WORDS = "the queue was long"
DAY = timedelta(days=1)


async def sweep(
    database: Database, now: datetime, *, own: datetime | None = None, **kept: timedelta
) -> None:
    """A round, as of then; `own`: what the machine's clock says where it says something else."""

    async def wanted() -> Any:
        return [("acme", kind, days) for kind, days in kept.items()]

    sweeping = retaining(database, ConfigReader(database), lambda: now)
    sweeping.wanted, sweeping.own = wanted, lambda: own or now
    await sweeping.round()


async def held(database: Database) -> list[Any]:
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(
            "select day, address, contact_id, replies::text as said from analytics.facts"
            " order by ended_at"
        )
    return rows


@pytest.fixture
async def lived(
    intake: Intake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> list[datetime]:
    """A call every ten days, three times a day, each answered in words; when they ended."""
    monkeypatch.setattr(retention, "REST", 0)
    monkeypatch.setattr(module, "LIMIT", 2)
    times = [NOW + day * DAY for day in range(0, 60, 10) for _ in range(3)]
    for number, at in enumerate(times):
        await take(
            intake,
            decision(f"c{number}", ended_at=at),
            response(f"c{number}", 4, comment=WORDS, at=at + timedelta(minutes=5)),
        )
    return times


async def test_words_and_people_go_and_figures_stay(
    database: Database, lived: list[datetime]
) -> None:
    assert set(KINDS) == {"comments", "addresses"}
    figures = await rollups(database)
    now = lived[-1] + DAY

    await sweep(database, now, comments=15 * DAY, addresses=35 * DAY)

    rows = await held(database)
    assert [WORDS in row["said"] for row in rows] == [at > now - 15 * DAY for at in lived]
    assert [row["address"] is not None for row in rows] == [at > now - 35 * DAY for at in lived]
    assert [row["contact_id"] is not None for row in rows] == [at > now - 35 * DAY for at in lived]
    assert await rollups(database) == figures
    assert await differences(database) == []


async def test_it_goes_on_where_it_was(database: Database, lived: list[datetime]) -> None:
    await sweep(database, lived[-1], comments=30 * DAY)
    await sweep(database, lived[-1] + 31 * DAY, comments=30 * DAY)

    assert not any(WORDS in row["said"] for row in await held(database))
