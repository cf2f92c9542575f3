"""Brings a schema up to date: plain ordered SQL files, each in one transaction, recorded by name.

A package keeps its files in `migrations/NNNN_name.sql`; `{schema}` in them is replaced, so that
one package (the channel kit) can serve several schemas.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import asyncpg

from common.database import Database

_NAME = re.compile(r"\d{4}_\w+\.sql")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")
_LOCK = 0x6166746572  # any number, the same in every process
_TIMEOUT = 600.0  # seconds for one file; an index over a large table takes its time


class MigrationError(Exception):
    """Names the file that failed; what came before it is applied, nothing of it is."""


async def migrate(target: str | Database, schema: str, package: str) -> list[str]:
    """Applies what `<package>/migrations` has and `<schema>.migrations` has not; returns names.

    `target` is a libpq URL or an open pool. Two processes at once do not race: one waits.
    """
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"not a schema name: {schema!r}")
    files = _files(package)
    async with _connection(target) as connection:
        if not await _pending(connection, schema, files):
            return []
        # Waiting for another process's migration is no trouble; waiting for a table lock is.
        await connection.execute("set lock_timeout = 0; set statement_timeout = 0")
        await connection.execute("select pg_advisory_lock($1)", _LOCK, timeout=_TIMEOUT)
        try:
            return await _apply(connection, schema, files)
        finally:
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)


def _files(package: str) -> dict[str, str]:
    """Recorded name -> SQL, in order. The package is part of the name: two may share a schema."""
    folder = resources.files(package) / "migrations"
    found = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    if wrong := [name for name in found if not _NAME.fullmatch(name)]:
        raise MigrationError(f"{package}/migrations: not NNNN_name.sql: {', '.join(sorted(wrong))}")
    return {f"{package}/{name}": found[name].read_text("utf-8") for name in sorted(found)}


@asynccontextmanager
async def _connection(target: str | Database) -> AsyncIterator[Any]:
    if isinstance(target, Database):
        async with target.session() as connection:
            yield connection
        return
    connection = await asyncpg.connect(target)
    try:
        yield connection
    finally:
        await connection.close()


async def pending(connection: Any, schema: str, package: str) -> Sequence[str]:
    """What `migrate` would apply."""
    return await _pending(connection, schema, _files(package))


async def _pending(connection: Any, schema: str, files: dict[str, str]) -> Sequence[str]:
    if await connection.fetchval("select to_regclass($1)", f"{schema}.migrations") is None:
        return list(files)
    rows = await connection.fetch(f"select name from {schema}.migrations")  # noqa: S608 - checked
    applied = {row["name"] for row in rows}
    return [name for name in files if name not in applied]


async def _apply(connection: Any, schema: str, files: dict[str, str]) -> list[str]:
    await connection.execute(
        f"create schema if not exists {schema};"
        f"create table if not exists {schema}.migrations"
        " (name text primary key, applied_at timestamptz not null default now());"
        "set lock_timeout = '5s'"
    )
    pending = list(await _pending(connection, schema, files))
    for name in pending:
        try:
            async with connection.transaction():
                await connection.execute(files[name].replace("{schema}", schema), timeout=_TIMEOUT)
                await connection.execute(
                    f"insert into {schema}.migrations (name) values ($1)",  # noqa: S608 - checked
                    name,
                )
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{name}: {error}") from error
    return pending
