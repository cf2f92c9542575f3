"""`aftercall db upgrade` on a real PostgreSQL."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from aftercall.main import app
from aftercall.platform import SERVICES
from common.process.service import schemas


@pytest.fixture
def migrations() -> Sequence[str]:
    return ()


def upgrade(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, ["db", "upgrade", *arguments], env={"AFTERCALL_DATABASE_URL": url}
    )


async def test_every_schema_is_made_once(database_url: str) -> None:
    first = await asyncio.to_thread(upgrade, database_url)
    again = await asyncio.to_thread(upgrade, database_url)

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    for schema, package in schemas(SERVICES):
        assert f"{schema}: applied\n" in first.output
        assert f"  {package}/" in first.output
        assert f"{schema}: up to date" in again.output
    assert "0 migrations applied" in again.output
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select count(*) from orchestrator.decisions") == 0
    await connection.close()


async def test_a_table_in_use_is_waited_for_without_holding_anybody_up(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "create schema config; create table config.migrations"
        " (name text primary key, checksum text not null,"
        " applied_at timestamptz not null default now())"
    )
    async with connection.transaction():
        # Its file is recorded in this table, so the first migration needs it.
        await connection.execute("lock table config.migrations in share mode")
        ended = await asyncio.to_thread(upgrade, database_url, "--wait", "0")
    await connection.close()

    assert ended.exit_code == 1
    assert "canceling statement due to lock timeout" in ended.output
    assert "run this again later" in ended.output


async def test_a_migration_that_fails_is_named(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("create schema analytics; create table analytics.facts (x int)")
    await connection.close()

    ended = await asyncio.to_thread(upgrade, database_url)

    assert ended.exit_code == 1
    assert "analytics/0001_facts.sql" in ended.output
    assert "already exists" in ended.output


def test_a_database_that_is_away_is_told_in_words_without_its_password() -> None:
    ended = upgrade("postgresql://aftercall:hunter2@127.0.0.1:1/aftercall")

    assert ended.exit_code == 1
    assert "the database cannot be used" in ended.output
    assert "hunter2" not in ended.output
