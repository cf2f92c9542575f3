"""`aftercall db upgrade`: every schema brought up to date before new services start."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

import asyncpg
import typer

from aftercall.commands.encrypt_addresses import encrypt_addresses
from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.errors import stop
from aftercall.grants.in_database import put_right, there
from aftercall.grants.postgres import rights
from aftercall.platform import SERVICES
from aftercall.settings import database_for
from aftercall.tables import say_json
from common.database.migrations import MayNotMigrate, MigrationError, migrate
from common.process.service import schemas

db = typer.Typer(help="The database.", no_args_is_help=True)
PAUSE = 2.0  # seconds between two tries; the services go on working meanwhile
Wait = Annotated[float, typer.Option(min=0, help="Seconds to go on trying for locks in use.")]


@db.callback()
def group() -> None:
    """The database of the platform."""


@db.command("upgrade")
def upgrade(data: Data = DEFAULT_DATA, wait: Wait = 60.0, as_json: Json = False) -> None:
    """Apply the migrations of every service that the database does not have yet.

    Safe beside running services and beside itself. Each file is one transaction that waits five
    seconds at most for a lock; then it gives way and is tried again. Fails with status 1.

    Roles of services (`aftercall grants postgres`) get the rights that they need, and lose others.
    """
    deadline = time.monotonic() + wait
    done: dict[str, list[str]] = {}
    say = _quiet if as_json else typer.echo
    with database_for(data) as url:
        for schema, package in schemas(SERVICES):
            applied = asyncio.run(_apply(url, schema, package, deadline=deadline, say=say))
            say(f"{schema}: {'up to date' if not applied else 'applied'}")
            for name in applied:
                say(f"  {name}")
            done.setdefault(schema, []).extend(applied)
        roles = asyncio.run(_rights(url, deadline=deadline, say=say))
        if roles:
            say(f"rights: {roles} roles may do what they need, and nothing else")
    count = sum(map(len, done.values()))
    if as_json:
        say_json({"applied": done, "roles": roles})
        return
    typer.echo(f"{count} {'migration' if count == 1 else 'migrations'} applied")


db.command("encrypt-addresses")(encrypt_addresses)


def _quiet(line: str) -> None:
    """What is told to people alone."""


async def _apply(
    url: str, schema: str, package: str, *, deadline: float, say: Callable[[str], None]
) -> list[str]:
    """Names; stops the command when it cannot be done."""
    while True:
        try:
            return await migrate(url, schema, package)
        except MigrationError as error:
            if not isinstance(error.__cause__, asyncpg.LockNotAvailableError):
                stop(f"{schema}: {error}")
            if time.monotonic() + PAUSE > deadline:
                stop(f"{schema}: {error}; somebody holds the table: run this again later")
            say(f"{schema}: a table is in use; trying again")
            await asyncio.sleep(PAUSE)
        except MayNotMigrate as error:
            stop(f"{error}; run this as the role that owns the schemas")
        except DATABASE_TROUBLE as error:
            stop(f"{schema}: the database cannot be used: {in_words(error)}")


async def _rights(url: str, *, deadline: float, say: Callable[[str], None]) -> int:
    """How many roles there are; stops the command when theirs cannot be put right."""
    known = [schema for schema, _ in schemas(SERVICES)]
    while True:
        try:
            connection = await asyncpg.connect(url)
            try:
                async with connection.transaction():
                    await connection.execute("set local lock_timeout = '5s'")
                    found = await there(connection, rights())
                    await put_right(connection, found, known)
                    return len(found)
            finally:
                await connection.close()
        except asyncpg.LockNotAvailableError as error:
            if time.monotonic() + PAUSE > deadline:
                stop(f"rights: {error}; somebody holds a table: run this again later")
            say("rights: a table is in use; trying again")
            await asyncio.sleep(PAUSE)
        except DATABASE_TROUBLE as error:
            stop(f"rights: {in_words(error)}")


DATABASE_TROUBLE = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)


def in_words(error: BaseException) -> str:
    """Why the database cannot be used; never the URL, which holds a password."""
    match error:
        case asyncpg.ClientConfigurationError() | ValueError():
            return "AFTERCALL_DATABASE_URL is no PostgreSQL URL that can be read"
        case asyncpg.PostgresError() | OSError():
            return str(error) or type(error).__name__
    return type(error).__name__
