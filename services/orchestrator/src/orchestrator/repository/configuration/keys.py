"""`config.api_keys`: what the orchestrator does with keys; every service checks them."""

from collections.abc import Sequence
from datetime import datetime

from common.database import Connection, Row


async def insert(
    connection: Connection,
    *,
    key_id: str,
    workspace: str | None,
    name: str,
    hashed: bytes,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> None:
    await connection.execute(
        "insert into config.api_keys (id, workspace, name, hash, scopes, expires_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        key_id,
        workspace,
        name,
        hashed,
        list(scopes),
        expires_at,
    )


async def listed(connection: Connection, workspace: str | None) -> list[Row]:
    """`workspace` None: all of them."""
    rows: list[Row] = await connection.fetch(
        "select id, workspace, name, scopes, created_at, expires_at, revoked_at, last_used_at"
        " from config.api_keys where $1::text is null or workspace = $1 order by created_at, id",
        workspace,
    )
    return rows


async def revoke(connection: Connection, key_id: str, workspace: str | None) -> Row | None:
    """Whose it is, and whether it was good so far.

    None when there is no such key (of that workspace, unless None).
    """
    return await connection.fetchrow(
        "update config.api_keys set revoked_at = coalesce(revoked_at, now())"
        " where id = $1 and ($2::text is null or workspace = $2)"
        " returning workspace, revoked_at = now() as newly",
        key_id,
        workspace,
    )
