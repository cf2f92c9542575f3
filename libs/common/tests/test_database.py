"""Trouble of the server is told apart from ours."""

import asyncio

import pytest

from common.database import Database, Row
from common.errors import Retry


async def test_a_connection_may_be_lost_just_as_it_is_given_back(database: Database) -> None:
    with pytest.raises(Retry):
        async with database.connection() as connection:
            # After our block, and before the pool looks at it.
            asyncio.get_running_loop().call_soon(connection._con.terminate)

    await database.ready()


async def test_settings_and_locks_of_a_session_end_with_it(database_url: str) -> None:
    db = await Database.connect(database_url, size=1)
    async with db.session() as connection:
        await connection.execute("set lock_timeout = 1234")
        await connection.execute("select pg_advisory_lock(7)")
    with pytest.raises(Retry, match="QueryCanceled"):
        await too_long(db)

    async with db.connection() as connection:
        assert await connection.fetchval("show lock_timeout") == "5s"
        assert await connection.fetchval("select count(*) from pg_locks where objid = 7") == 0
    await db.close()


async def too_long(db: Database) -> None:
    async with db.session() as connection:
        await connection.execute("set lock_timeout = 1234; set statement_timeout = 1")
        await connection.execute("select pg_sleep(9)")


async def test_who_may_not_log_in_now_tries_again(database_url: str) -> None:
    db = await Database.connect(database_url.replace("postgres@", "nobody-yet@"))

    with pytest.raises(Retry, match="InvalidAuthorization"):
        await db.ready()
    await db.close()


async def test_a_migration_beside_us_makes_a_statement_wait_and_none_fail(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        await connection.execute("create table shelf (id int)")
    for _ in range(2):  # prepared, then kept
        await books(database)
    async with database.transaction() as connection:
        await connection.execute("alter table shelf add column colour text")

    with pytest.raises(Retry, match="InvalidCachedStatement"):
        await books(database)

    assert await books(database) == []


async def books(database: Database) -> list[Row]:
    async with database.transaction() as connection:
        found: list[Row] = await connection.fetch("select * from shelf")
        return found
