"""Brings a schema up to date: plain ordered SQL files, recorded by name and checksum.

A package keeps its files in `migrations/NNNN_name.sql`; `{schema}` in them is replaced, so that
one package (the channel kit) can serve several schemas. A file is one transaction, unless its first
line is `-- no transaction`: then it makes indexes while the table is in use (`concurrently`).
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import asyncpg

from common.database.concurrently import NotConcurrent, make_indexes
from common.database.pool import Database
from common.database.tenants import NoRole, confine

_NAME = re.compile(r"\d{4}_\w+\.sql")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")
_NO_TRANSACTION = "-- no transaction"
_LOCK = 0x6166746572  # any number, the same in every process
_TIMEOUT = 600.0  # seconds for one file; a column over a large table takes its time
_LONGEST = 6 * 3600.0  # seconds for one file that stands in nobody's way, and for waiting for it
_PAUSE = 0.1  # seconds between two looks at whether another process is done


class MigrationError(Exception):
    """Names the file that failed; what came before it is applied, nothing of it is.

    Of a file without transaction, indexes before the one that failed are made; applying it again
    goes on from there.
    """


class MayNotMigrate(Exception):
    """Something is to be applied, by somebody else: this role may not."""


@dataclass(frozen=True, slots=True)
class _File:
    """A migration; `checksum` is the SHA-256 of the file as it is written."""

    sql: str
    checksum: str

    @property
    def in_transaction(self) -> bool:
        return self.sql.partition("\n")[0].strip() != _NO_TRANSACTION


async def migrate(target: str | Database, schema: str, package: str) -> list[str]:
    """Applies what `<package>/migrations` has and `<schema>.migrations` has not; returns names.

    `target` is a libpq URL or an open pool. Two processes at once do not race: one waits. Raises
    `MigrationError`, also for a file that was changed after it was applied, and `MayNotMigrate`.
    """
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"not a schema name: {schema!r}")
    files = _files(package)
    async with _connection(target) as connection:
        try:
            if not await _pending(connection, schema, files):
                return []
            async with _alone(connection):
                return await _apply(connection, schema, files)
        except asyncpg.InsufficientPrivilegeError as error:
            raise MayNotMigrate(f"the schema {schema}: {error}") from None


async def pending(connection: Any, schema: str, package: str) -> Sequence[str]:
    """What `migrate` would apply. Raises `MigrationError` likewise."""
    return await _pending(connection, schema, _files(package))


def _files(package: str) -> dict[str, _File]:
    """Recorded name -> file, in order. The package is part of the name: two may share a schema."""
    folder = resources.files(package) / "migrations"
    found = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    if wrong := [name for name in found if not _NAME.fullmatch(name)]:
        raise MigrationError(f"{package}/migrations: not NNNN_name.sql: {', '.join(sorted(wrong))}")
    read = {name: found[name].read_bytes() for name in sorted(found)}
    return {
        f"{package}/{name}": _File(content.decode(), hashlib.sha256(content).hexdigest())
        for name, content in read.items()
    }


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


@asynccontextmanager
async def _alone(connection: Any) -> AsyncIterator[None]:
    """While no other process migrates.

    The lock is tried again and again, not waited for: a statement that waits holds a snapshot, for
    which an index made concurrently would wait in turn.
    """
    await connection.execute("set statement_timeout = 0")
    async with asyncio.timeout(_LONGEST):
        while not await connection.fetchval(  # noqa: ASYNC110 - another process tells nobody
            "select pg_try_advisory_lock($1)", _LOCK
        ):
            await asyncio.sleep(_PAUSE)
    try:
        yield
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def _pending(connection: Any, schema: str, files: Mapping[str, _File]) -> Sequence[str]:
    if await connection.fetchval("select to_regclass($1)", f"{schema}.migrations") is None:
        return list(files)
    rows = await connection.fetch(
        f"select name, checksum from {schema}.migrations"  # noqa: S608 - checked
    )
    applied = {row["name"]: row["checksum"] for row in rows}
    for name, file in files.items():
        if applied.get(name, file.checksum) != file.checksum:
            raise MigrationError(
                f"{name}: it was changed after it had been applied to the schema {schema};"
                " restore it, and write the change as a new file"
            )
    return [name for name in files if name not in applied]


async def _apply(connection: Any, schema: str, files: Mapping[str, _File]) -> list[str]:
    await connection.execute(
        f"create schema if not exists {schema};"
        f"create table if not exists {schema}.migrations (name text primary key,"
        " checksum text not null, applied_at timestamptz not null default now())"
    )
    pending = list(await _pending(connection, schema, files))
    for name in pending:
        try:
            await _one(connection, schema, name, files[name])
        except (asyncpg.PostgresError, NotConcurrent) as error:
            raise MigrationError(f"{name}: {error}") from error
    try:
        await confine(connection, schema)
    except NoRole as error:
        raise MigrationError(str(error)) from None
    return pending


async def _one(connection: Any, schema: str, name: str, file: _File) -> None:
    sql = file.sql.replace("{schema}", schema)
    record = f"insert into {schema}.migrations (name, checksum) values ($1, $2)"  # noqa: S608
    if file.in_transaction:
        async with connection.transaction():
            # Who waits for a table's lock holds up everybody behind it: so not for long.
            await connection.execute("set local lock_timeout = '5s'")
            await connection.execute(sql, timeout=_TIMEOUT)
            await connection.execute(record, name, file.checksum)
        return
    await connection.execute("set lock_timeout = 0")  # nobody is held up by who waits here
    async with asyncio.timeout(_LONGEST):
        await make_indexes(connection, sql, timeout=_LONGEST)
    await connection.execute(record, name, file.checksum)
