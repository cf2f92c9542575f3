"""`config.data_keys`, when another master key is to wrap them."""

from collections.abc import Sequence

from common.database import Connection, Row
from common.sealing import Sealed


async def wrapped_otherwise(connection: Connection, key: int, *, limit: int) -> list[Row]:
    """Those that another master key wrapped, locked."""
    rows: list[Row] = await connection.fetch(
        "select workspace, number, master_key, box from config.data_keys where master_key <> $1"
        " order by workspace, number limit $2 for update",
        key,
        limit,
    )
    return rows


async def rewrap(connection: Connection, rows: Sequence[tuple[str, int, Sealed]]) -> None:
    """The same keys, by another master key: what they sealed opens as before."""
    await connection.executemany(
        "update config.data_keys set master_key = $3, box = $4"
        " where workspace = $1 and number = $2",
        [(workspace, number, sealed.key, sealed.box) for workspace, number, sealed in rows],
    )
