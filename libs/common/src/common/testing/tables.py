"""Declared tables against those that migrations made."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, inspect
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
        "compare_server_default": _other_default,
    }
    context = MigrationContext.configure(connection, opts=options)
    for found in compare_metadata(context, declared):
        yield from map(str, found if isinstance(found, list) else [found])
    yield from _keys(connection, declared)


def _other_default(
    _context: Any, there: Any, _declared: Any, default: str | None, _: Any, wanted: str | None
) -> bool | None:
    """None: ask the database whether the two are equal, which it cannot tell of `json`."""
    if isinstance(there.type, JSON) and default and wanted:
        return default.partition("::")[0] != wanted.partition("::")[0]
    return None


def _keys(connection: Connection, declared: MetaData) -> Iterator[str]:
    """Primary keys, which Alembic does not compare."""
    there = inspect(connection)
    for table in declared.sorted_tables:
        if not there.has_table(table.name, table.schema):
            continue
        key = there.get_pk_constraint(table.name, table.schema)["constrained_columns"]
        wanted = [column.name for column in table.primary_key.columns]
        if key != wanted:
            yield f"primary key of {table.fullname}: ({', '.join(key)}), not ({', '.join(wanted)})"
