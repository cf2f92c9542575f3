import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.database import Database
from common.database.migrations import MigrationError, migrate


@pytest.fixture
def migrations() -> Sequence[str]:
    return ()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations folder of an importable package `shop`."""
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shop", raising=False)  # that of the test before
    return folder


async def count(database: Database, table: str) -> int:
    async with database.connection() as connection:
        found: int = await connection.fetchval(f"select count(*) from {table}")
        return found


async def test_files_are_applied_once_in_order_of_their_numbers(
    package: Path, database: Database, database_url: str
) -> None:
    (package / "0002_fill.sql").write_text("insert into {schema}.things values (1)")
    (package / "0001_things.sql").write_text("create table {schema}.things (id int)")

    first = await migrate(database_url, "shop_east", "shop")
    second = await migrate(database, "shop_east", "shop")

    assert first == ["shop/0001_things.sql", "shop/0002_fill.sql"]
    assert second == []
    assert await count(database, "shop_east.things") == 1


async def test_two_processes_that_start_at_once_do_not_race(
    package: Path, database: Database, database_url: str
) -> None:
    (package / "0001_things.sql").write_text(
        "create table {schema}.things (id int); select pg_sleep(0.05);"
        "insert into {schema}.things values (1)"
    )

    applied = await asyncio.gather(*(migrate(database_url, "shop", "shop") for _ in range(4)))

    assert sorted(map(len, applied)) == [0, 0, 0, 1]
    assert await count(database, "shop.things") == 1


async def test_a_file_that_fails_is_named_and_leaves_nothing(
    package: Path, database: Database, database_url: str
) -> None:
    (package / "0001_things.sql").write_text("create table {schema}.things (id int)")
    (package / "0002_broken.sql").write_text("create table {schema}.more (id int); select 1/0")

    with pytest.raises(MigrationError, match=r"shop/0002_broken\.sql: division by zero"):
        await migrate(database_url, "shop", "shop")

    assert await count(database, "shop.things") == 0
    assert await count(database, "shop.migrations") == 1
    assert await count(database, "pg_tables where tablename = 'more'") == 0


async def test_a_file_with_another_name_is_refused(package: Path, database_url: str) -> None:
    (package / "things.sql").write_text("select 1")

    with pytest.raises(MigrationError, match=r"not NNNN_name\.sql: things\.sql"):
        await migrate(database_url, "shop", "shop")
