"""Fixtures: a fresh database per test, cloned in about 12 ms from a migrated template."""

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from common.database import Database
from common.database.migrations import migrate
from common.sealing import MasterKeys
from common.testing.postgres import Server
from common.testing.shared import Started, locked, once

# A package whose last name is its schema ("common.bus" -> bus), or (schema, package).
Package = str | tuple[str, str]
MakeDatabase = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_url(run_folder: Path) -> str:
    """A superuser's URL; of AFTERCALL_TEST_DATABASE_URL, else of a server of this run."""
    if named := os.environ.get("AFTERCALL_TEST_DATABASE_URL"):
        return named
    return once(run_folder, "postgres", lambda: _start(run_folder))["url"]


def _start(run_folder: Path) -> Started:
    server = Server(run_folder / "postgres")
    server.start()
    return {"url": server.url()}, server.leave()


@pytest.fixture
def migrations() -> Sequence[Package]:
    """What the database of a test has; override it per module or folder."""
    return ("common.bus",)


@pytest.fixture
async def make_database(postgres_url: str, run_folder: Path) -> AsyncIterator[MakeDatabase]:
    """`await make_database("common.bus", ("sms_sender", "channel"))` -> the URL of a new one."""
    made: list[str] = []

    async def make(*packages: Package) -> str:
        template = await _template(postgres_url, run_folder, packages)
        made.append(f"test_{uuid4().hex}")
        await _execute(
            postgres_url, f"create database {made[-1]} template {template} strategy file_copy"
        )
        return _named(postgres_url, made[-1])

    yield make
    for name in made:
        await _execute(postgres_url, f"drop database {name} with (force)")


@pytest.fixture
async def database_url(make_database: MakeDatabase, migrations: Sequence[Package]) -> str:
    """The URL of this test's database, with `migrations` applied."""
    return await make_database(*migrations)


@pytest.fixture
def master_keys() -> MasterKeys | None:
    """What seals people's addresses; None: they are stored as they are. Override it likewise."""
    return None


@pytest.fixture
async def database(database_url: str, master_keys: MasterKeys | None) -> AsyncIterator[Database]:
    """A pool on `database_url`."""
    opened = await Database.connect(
        database_url, master_keys=master_keys, seals=master_keys is not None
    )
    yield opened
    await opened.close()


async def _template(url: str, run_folder: Path, packages: Sequence[Package]) -> str:
    pairs = [_pair(package) for package in packages]
    name = f"template_{_fingerprint(pairs)}"
    with locked(run_folder / f"{name}.lock"):
        connection = await asyncpg.connect(url)
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
                await connection.execute(f"create database {name}_new")
                for schema, package in pairs:
                    await migrate(_named(url, f"{name}_new"), schema, package)
                await connection.execute(f"alter database {name}_new rename to {name}")
        finally:
            await connection.close()
    return name


def _pair(package: Package) -> tuple[str, str]:
    return package if isinstance(package, tuple) else (package.rpartition(".")[2], package)


def _fingerprint(pairs: Iterable[tuple[str, str]]) -> str:
    digest = hashlib.sha256()
    for schema, package in pairs:
        digest.update(f"{schema}={package}".encode())
        folder = resources.files(package) / "migrations"
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql"):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
