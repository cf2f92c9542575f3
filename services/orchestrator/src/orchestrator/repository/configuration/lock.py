"""The configuration lock: no ask is planned or published by an old configuration.

Batches and writers take turns. Every transaction that plans or publishes asks shares the lock (they
do not wait for each other); a writer takes it alone, waits for those inside, and cancels what a
disabled flow had planned. An advisory lock: a row lock would write to disk for every batch.
"""

from datetime import datetime

from common.database import Connection

_PATIENCE = "2000"  # milliseconds
_KEY = 0x61736B73
_TURN = 0x7475726E


async def share(connection: Connection) -> datetime:
    """To be followed by reading `config.version` in a statement of its own. The database's time.

    What the transaction locks after it is waited for no longer than `_PATIENCE`.
    """
    now: datetime = await connection.fetchval(
        "select clock_timestamp(), set_config('lock_timeout', $2, true)"
        " from pg_advisory_xact_lock_shared($1)",
        _KEY,
        _PATIENCE,
    )
    return now


async def turn(connection: Connection, workspace: str) -> None:
    """Writers of one workspace take turns, while those of others, and all batches, go on.

    Whatever takes long is done in it; the configuration lock comes after, for the last moments.
    """
    await connection.execute("select pg_advisory_xact_lock($1, hashtext($2))", _TURN, workspace)


async def take(connection: Connection) -> datetime:
    """Waits for everybody inside, and keeps others out until commit. The database's time."""
    now: datetime = await connection.fetchval(
        "select clock_timestamp() from pg_advisory_xact_lock($1)", _KEY
    )
    return now
