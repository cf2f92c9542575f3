"""`config.secrets`: sealed values, by workspace and name."""

from collections.abc import Sequence

from common.database import Connection, Row
from common.sealing import Sealed


async def put(connection: Connection, workspace: str, name: str, *, sealed: Sealed, by: str) -> int:
    """Returns its version: 1 where there was none."""
    version: int = await connection.fetchval(
        "insert into config.secrets as s (workspace, name, version, key, box, written_by)"
        " values ($1, $2, 1, $3, $4, $5) on conflict (workspace, name) do update"
        " set version = s.version + 1, key = excluded.key, box = excluded.box,"
        " written_at = now(), written_by = excluded.written_by returning version",
        workspace,
        name,
        sealed.key,
        sealed.box,
        by,
    )
    return version


async def listed(connection: Connection, workspace: str) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        "select name, version, key as master_key, written_at, written_by from config.secrets"
        " where workspace = $1 order by name",
        workspace,
    )
    return rows


async def remove(connection: Connection, workspace: str, name: str) -> int | None:
    """The version that it had; None when there is no such secret."""
    version: int | None = await connection.fetchval(
        "delete from config.secrets where workspace = $1 and name = $2 returning version",
        workspace,
        name,
    )
    return version


async def sealed_otherwise(connection: Connection, key: int, *, limit: int) -> Sequence[Row]:
    """Those that another master key sealed, locked."""
    rows: Sequence[Row] = await connection.fetch(
        "select workspace, name, key, box from config.secrets where key <> $1"
        " order by workspace, name limit $2 for update",
        key,
        limit,
    )
    return rows


async def reseal(connection: Connection, rows: Sequence[tuple[str, str, Sealed]]) -> None:
    """The same secrets, by another master key: their versions stay."""
    await connection.executemany(
        "update config.secrets set key = $3, box = $4 where workspace = $1 and name = $2",
        [(workspace, name, sealed.key, sealed.box) for workspace, name, sealed in rows],
    )
