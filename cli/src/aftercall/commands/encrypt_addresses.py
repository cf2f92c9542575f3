"""`aftercall db encrypt-addresses`: what was stored before addresses were encrypted."""

import asyncio
import time
from collections.abc import Callable

import asyncpg
import typer

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.errors import stop
from aftercall.runtime import with_runtime
from aftercall.stored_plain import Column, seal, there
from aftercall.tables import say_json
from common.database import Database
from common.errors import Retry
from common.process.runtime import Runtime

EVERY = 10.0  # seconds between two lines of progress
TRIES = 20  # of one column, while the database is busy


def encrypt_addresses(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Encrypt what was stored before AFTERCALL_ENCRYPT_ADDRESSES was set.

    Safe beside running services, and beside itself: five hundred rows are looked at in a
    transaction. Interrupted, run it again: it passes over what is done. Where services have roles
    of their own, run it as the one that owns the tables.
    """
    say = _quiet if as_json else typer.echo

    async def work(runtime: Runtime) -> dict[str, int]:
        if not runtime.settings.encrypt_addresses:
            stop("set AFTERCALL_ENCRYPT_ADDRESSES=true first, for every service")
        async with runtime.db.connection() as connection:
            columns = await there(connection)
        return {str(column): await _all_of(runtime.db, column, say) for column in columns}

    try:
        done = with_runtime(data, work)
    except asyncpg.InsufficientPrivilegeError as error:
        stop(f"{error}; run this as the role that owns the tables")
    except Retry as error:
        stop(f"the database cannot go on now ({error.reason}); run this again")
    if as_json:
        say_json({"encrypted": done})
        return
    count = sum(done.values())
    typer.echo(f"{count} {'value' if count == 1 else 'values'} encrypted")


def _quiet(line: str) -> None:
    """What is told to people alone."""


async def _all_of(db: Database, column: Column, say: Callable[[str], None]) -> int:
    """How many values were written."""
    total = tries = 0
    while True:
        looked, said_at = 0, time.monotonic()
        try:
            async for rows, written in seal(db, column):
                looked, total, tries = looked + rows, total + written, 0
                if time.monotonic() - said_at > EVERY:
                    said_at = time.monotonic()
                    say(f"{column}: {looked} rows looked at, {total} encrypted")
        except Retry:
            tries += 1
            if tries >= TRIES:
                raise
            await asyncio.sleep(1.0)
        else:
            if total:
                say(f"{column}: {total} encrypted")
            return total
