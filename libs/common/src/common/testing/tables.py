"""Declared tables against those that migrations made."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, DefaultClause, Inspector, MetaData, Table, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

RECORD = "migrations"  # the table in which migrations are recorded


async def differences(url: str, declared: MetaData) -> list[str]:
    """How the database differs from what is declared, a line each: columns, types, keys, indexes.

    Looks at every table of the schemas that `declared` has tables in. Two lines make a test:
    `migrations` names the package, and `await differences(database_url, metadata) == []`.
    """
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: list(_differences(sync, declared)))
    finally:
        await engine.dispose()


def _differences(connection: Connection, declared: MetaData) -> Iterator[str]:
    from alembic.autogenerate import compare_metadata  # a second to import: only who compares
    from alembic.migration import MigrationContext

    schemas = {table.schema for table in declared.tables.values()}

    def looked_at(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name in schemas
        return kind != "table" or name != RECORD

    options = {
        "include_schemas": True,
        "include_name": looked_at,
        "compare_type": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    for found in compare_metadata(context, declared):
        yield from map(str, found if isinstance(found, list) else [found])
    there = inspect(connection)
    for table in declared.sorted_tables:
        if there.has_table(table.name, table.schema):
            yield from _key(there, table)
            yield from _defaults(there, table)


def _key(there: Inspector, table: Table) -> Iterator[str]:
    """The primary key, which Alembic does not compare."""
    key = there.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    wanted = [column.name for column in table.primary_key.columns]
    if key != wanted:
        yield f"primary key of {table.fullname}: ({', '.join(key)}), not ({', '.join(wanted)})"


def _defaults(there: Inspector, table: Table) -> Iterator[str]:
    """Defaults by their text: Alembic asks the database, which cannot compare `json`."""
    found = {one["name"]: one["default"] for one in there.get_columns(table.name, table.schema)}
    for column in table.columns:
        default, clause = found.get(column.name), column.server_default
        wanted = str(clause.arg) if isinstance(clause, DefaultClause) else None
        if column.name in found and _plain(default) != _plain(wanted):
            yield f"default of {table.fullname}.{column.name}: {default}, not {wanted}"


def _plain(default: str | None) -> str | None:
    """Without quotes and the type that PostgreSQL adds to a literal."""
    return None if default is None else default.partition("::")[0].strip("'")
