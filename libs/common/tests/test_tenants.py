"""What one workspace's transaction sees and may write, whatever its statements say."""

from collections.abc import Sequence

import asyncpg
import pytest

from common.database import Database


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus")


@pytest.fixture(autouse=True)
async def two_workspaces(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "insert into config.documents (workspace, kind, id, version, body)"
            " values ('a', 'survey', 'one', 1, '{}'), ('b', 'survey', 'one', 1, '{}')"
        )


async def test_a_scoped_transaction_reads_its_own_rows_only(database: Database) -> None:
    async with database.scoped("a") as connection:
        rows = await connection.fetch("select workspace from config.documents")

    assert [row["workspace"] for row in rows] == ["a"]


async def test_a_statement_without_its_workspace_changes_nobody_elses_rows(
    database: Database,
) -> None:
    async with database.scoped("a") as connection:
        assert await connection.execute("update config.documents set version = 7") == "UPDATE 1"
        assert await connection.execute("delete from config.documents") == "DELETE 1"

    async with database.connection() as connection:
        rows = await connection.fetch("select workspace, version from config.documents")
    assert [tuple(row) for row in rows] == [("b", 1)]


async def test_a_row_of_another_workspace_cannot_be_written(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.scoped("a") as connection:
            await connection.execute(
                "insert into config.documents (workspace, kind, id, version, body)"
                " values ('b', 'survey', 'two', 1, '{}')"
            )


async def test_tables_of_no_workspace_are_out_of_reach(database: Database) -> None:
    for table in ("config.version", "bus.topics"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.scoped("a") as connection:
                await connection.fetch(f"select * from {table}")


async def test_the_scope_ends_with_its_transaction_and_none_at_all_sees_nothing(
    database: Database,
) -> None:
    async with database.scoped("a") as connection:
        await connection.fetch("select * from config.documents")
    async with database.transaction() as connection:
        assert await connection.fetchval("select count(*) from config.documents") == 2
        await connection.execute("set local role aftercall_tenant")
        assert await connection.fetchval("select count(*) from config.documents") == 0
