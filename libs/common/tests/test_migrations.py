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


async def test_a_file_that_was_changed_after_it_was_applied_is_named(
    package: Path, database: Database, database_url: str
) -> None:
    file = package / "0001_things.sql"
    file.write_text("create table {schema}.things (id int)")
    await migrate(database_url, "shop", "shop")
    file.write_text("create table {schema}.things (id int, name text)")
    (package / "0002_more.sql").write_text("create table {schema}.more (id int)")

    with pytest.raises(MigrationError, match=r"shop/0001_things\.sql: it was changed after"):
        await migrate(database_url, "shop", "shop")

    assert await count(database, "shop.migrations") == 1


async def test_a_database_that_is_ahead_of_the_code_is_left_alone(
    package: Path, database_url: str
) -> None:
    (package / "0001_things.sql").write_text("create table {schema}.things (id int)")
    newer = package / "0002_more.sql"
    newer.write_text("create table {schema}.more (id int)")
    await migrate(database_url, "shop", "shop")
    newer.unlink()

    assert await migrate(database_url, "shop", "shop") == []


INDEX = "-- no transaction\ncreate unique index concurrently things_id on {schema}.things (id);\n"


async def of_things(package: Path, database: Database, url: str, *ids: int) -> None:
    """A table with these rows, and a migration to come that indexes it."""
    (package / "0001_things.sql").write_text("create table {schema}.things (id int)")
    await migrate(url, "shop", "shop")
    async with database.connection() as connection:
        await connection.executemany("insert into shop.things values ($1)", [(n,) for n in ids])
    (package / "0002_index.sql").write_text(INDEX)


async def valid(database: Database) -> list[bool]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select indisvalid from pg_index where indexrelid = to_regclass('shop.things_id')"
        )
    return [row["indisvalid"] for row in rows]


async def test_an_index_is_made_while_its_table_is_written_to(
    package: Path, database: Database, database_url: str
) -> None:
    await of_things(package, database, database_url, 1, 2)
    async with database.transaction() as writer:
        await writer.execute("insert into shop.things values (3)")
        making = asyncio.create_task(migrate(database_url, "shop", "shop"))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(20):  # a plain `create index` would hold this up
            async with database.connection() as other:
                await other.execute("insert into shop.things values (4)")

    assert await making == ["shop/0002_index.sql"]
    assert await valid(database) == [True]


async def test_an_index_that_was_left_invalid_is_made_again(
    package: Path, database: Database, database_url: str
) -> None:
    await of_things(package, database, database_url, 1, 1)
    with pytest.raises(MigrationError, match=r"shop/0002_index\.sql: could not create unique"):
        await migrate(database_url, "shop", "shop")
    assert await valid(database) == [False]
    assert await count(database, "shop.migrations") == 1

    async with database.connection() as connection:
        await connection.execute("delete from shop.things where ctid = '(0,1)'")
    assert await migrate(database_url, "shop", "shop") == ["shop/0002_index.sql"]

    assert await valid(database) == [True]


async def test_an_index_that_was_made_before_the_interruption_is_kept(
    package: Path, database: Database, database_url: str
) -> None:
    await of_things(package, database, database_url, 1)
    async with database.connection() as connection:
        await connection.execute("create unique index things_id on shop.things (id)")
        before = await connection.fetchval("select 'shop.things_id'::regclass::oid")

    assert await migrate(database_url, "shop", "shop") == ["shop/0002_index.sql"]

    async with database.connection() as connection:
        assert await connection.fetchval("select 'shop.things_id'::regclass::oid") == before


async def test_processes_that_make_an_index_at_once_do_not_wait_for_each_other_for_ever(
    package: Path, database: Database, database_url: str
) -> None:
    await of_things(package, database, database_url, *range(200))

    async with asyncio.timeout(90):
        applied = await asyncio.gather(*(migrate(database_url, "shop", "shop") for _ in range(4)))

    assert sorted(map(len, applied)) == [0, 0, 0, 1]
    assert await valid(database) == [True]


@pytest.mark.parametrize(
    "statement",
    [
        "create index things_id on shop.things (id)",
        "create index concurrently if not exists things_id on shop.things (id)",
        "update shop.things set id = 2",
    ],
)
async def test_without_transaction_only_what_can_be_begun_again_is_run(
    package: Path, database: Database, database_url: str, statement: str
) -> None:
    await of_things(package, database, database_url, 1)
    (package / "0002_index.sql").write_text(f"{INDEX}{statement};")

    with pytest.raises(MigrationError, match=r"shop/0002_index\.sql: without transaction"):
        await migrate(database_url, "shop", "shop")

    assert await valid(database) == []
