"""`aftercall rebuild-rollups` on a real PostgreSQL."""

import asyncio
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from aftercall.main import app
from analytics.service import Intake
from analytics.testing import NOW
from analytics.testing.running import answered, configure
from common.config import ConfigReader
from common.database import Database


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus", "analytics")


@pytest.fixture
async def counted(database: Database) -> Database:
    """A call of late evening in UTC, answered with a 5."""
    await configure(database)
    late = NOW.replace(hour=20)
    await answered(Intake(database, ConfigReader(database)), {"c1": 5}, ended_at=late)
    return database


async def rebuild(url: str, *options: str) -> Result:
    environment = {
        "AFTERCALL_DATABASE_URL": url,
        "AFTERCALL_CONTACT_PEPPER": "the pepper of the tests",
    }
    run = CliRunner().invoke
    return await asyncio.to_thread(run, app, ["rebuild-rollups", *options], env=environment)


async def test_what_differed_is_told_and_set_right(counted: Database, database_url: str) -> None:
    async with counted.connection() as connection:
        await connection.execute("update analytics.facts set channel = 'ivr'")
        await connection.execute(
            "update analytics.rollups set counts[1] = 7"
            " where dimension = 'queue' and grain = 'd' and question = ''"
        )

    first = await rebuild(database_url)
    again = await rebuild(database_url)

    assert first.exit_code == 1
    assert "channel is ivr, must be sms" in first.output
    assert 'day 2026-01-15, queue "billing", survey csat: calls stored 7, counted 1' in first.output
    assert "2 figures differed" in first.output
    assert (again.exit_code, again.output) == (0, "0 figures differed\n")


async def test_days_move_to_a_new_zone_only_when_asked_for(
    counted: Database, database_url: str
) -> None:
    await configure(counted, zone="Asia/Kolkata")

    assert (await rebuild(database_url)).output == "0 figures differed\n"
    moved = await rebuild(database_url, "--redays")

    assert "acme: 1 call moved to days of Asia/Kolkata" in moved.output
    assert moved.exit_code == 0
