"""Statements built with SQLAlchemy, and declared tables held against those in the database."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy import Column, Date, Index, Integer, MetaData, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY

from common.database import Database
from common.database.statements import fetch, one_of
from common.testing.tables import differences

MADE = """
create schema shop;
create table shop.things (
    workspace text not null, id uuid not null, name text not null default '', tags text[] not null,
    bought date, primary key (workspace, id)
);
create index things_name on shop.things (workspace, name);
create table shop.migrations (name text primary key);
insert into shop.things values ('acme', '00000000-0000-0000-0000-000000000001', 'cup', '{a,b}');
insert into shop.things values ('acme', '00000000-0000-0000-0000-000000000002', 'pot', '{}');
"""


@pytest.fixture
def migrations() -> Sequence[str]:
    return ()


@pytest.fixture
async def shop(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute(MADE)
    return database


def declared() -> Table:
    things = Table(
        "things",
        MetaData(schema="shop"),
        Column("workspace", Text, primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("name", Text, nullable=False, server_default=""),
        Column("tags", ARRAY(Text), nullable=False),
        Column("bought", Date),
    )
    Index("things_name", things.c.workspace, things.c.name)
    return things


async def test_a_statement_takes_its_values_apart_from_its_text(shop: Database) -> None:
    things = declared()
    odd = "'; drop table shop.things; --"
    wanted = select(things.c.id, things.c.tags).where(
        things.c.workspace == "acme", one_of(things.c.name, ["cup", odd])
    )

    async with shop.connection() as connection:
        rows = await fetch(connection, wanted)

    assert [tuple(row) for row in rows] == [(UUID(int=1), ["a", "b"])]


async def test_tables_as_declared_do_not_differ(shop: Database, database_url: str) -> None:
    assert await differences(database_url, declared().metadata) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda things: things.append_column(Column("size", Integer)), "add_column"),
        (lambda things: Table("more", things.metadata, Column("id", Integer)), "add_table"),
        (lambda things: things.indexes.clear(), "remove_index"),
        (lambda things: setattr(things.c.bought, "nullable", False), "modify_nullable"),
        (lambda things: setattr(things.c.bought, "type", Text()), "modify_type"),
        (
            lambda things: setattr(things.c.name, "server_default", None),
            "default of shop.things.name",
        ),
        (lambda things: Index("things_bought", things.c.bought), "add_index"),
    ],
)
async def test_each_difference_is_told(
    shop: Database, database_url: str, change: Callable[[Table], object], told: str
) -> None:
    things = declared()
    change(things)

    (found,) = await differences(database_url, things.metadata)

    assert told in found


async def test_another_primary_key_is_told(shop: Database, database_url: str) -> None:
    async with shop.connection() as connection:
        await connection.execute("alter table shop.things drop constraint things_pkey")
        await connection.execute("alter table shop.things add primary key (id)")

    found = await differences(database_url, declared().metadata)

    assert found == ["primary key of shop.things: (id), not (workspace, id)"]
