"""Endpoints of one workspace, as it writes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from closed_loop.domain.signing import Salts
from common.database import Connection, Row

_LOCK = "select pg_advisory_xact_lock(hashtextextended('closed_loop.endpoints ' || $1, 0))"
_COUNT = "select count(*) from closed_loop.endpoints where workspace = $1"
_INSERT = """
    insert into closed_loop.endpoints (workspace, id, name, url, events, flows, surveys, numbers,
                                       enabled, salt, changed_by, format)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning *
"""
_LISTED = "select * from closed_loop.endpoints where workspace = $1 order by made_at, id"
_ONE = "select * from closed_loop.endpoints where workspace = $1 and id = $2"
_UPDATE = """
    update closed_loop.endpoints set name = $3, url = $4, events = $5, flows = $6, surveys = $7,
        numbers = $8, enabled = $9, changed_by = $10, changed_at = $11,
        disabled_because = case when $9 then null else disabled_because end,
        failing_since = case when $9 and not enabled then null else failing_since end
    where workspace = $1 and id = $2 returning *
"""
_ROTATE = """
    update closed_loop.endpoints set previous_salt = salt, previous_until = $4, salt = $3,
        changed_by = $5, changed_at = $6
    where workspace = $1 and id = $2 returning *
"""
_DELETE = "delete from closed_loop.endpoints where workspace = $1 and id = $2 returning id"


async def count(connection: Connection, workspace: str) -> int:
    """Locked until the end of the transaction: nobody else makes one meanwhile."""
    await connection.execute(_LOCK, workspace)
    found: int = await connection.fetchval(_COUNT, workspace)
    return found


async def insert(
    connection: Connection, workspace: str, given: Mapping[str, Any], *, salt: bytes, by: str
) -> Row:
    return await connection.fetchrow(
        _INSERT,
        workspace,
        given["id"],
        *_values(given),
        salt,
        by,
        given["format"],
    )


def _values(given: Mapping[str, Any]) -> tuple[Any, ...]:
    lists = (list(given[name]) for name in ("events", "flows", "surveys"))
    return (given["name"], given["url"], *lists, given["numbers"], given["enabled"])


async def listed(connection: Connection, workspace: str) -> list[Row]:
    rows: list[Row] = await connection.fetch(_LISTED, workspace)
    return rows


async def one(
    connection: Connection, workspace: str, endpoint: UUID, *, lock: bool = False
) -> Row | None:
    return await connection.fetchrow(_ONE + (" for update" if lock else ""), workspace, endpoint)


async def update(
    connection: Connection,
    workspace: str,
    given: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
) -> Row:
    return await connection.fetchrow(_UPDATE, workspace, given["id"], *_values(given), by, now)


async def rotate(
    connection: Connection, workspace: str, endpoint: UUID, *, salts: Salts, by: str, now: datetime
) -> Row | None:
    """`salts.current` is the new one."""
    return await connection.fetchrow(
        _ROTATE, workspace, endpoint, salts.current, salts.previous_until, by, now
    )


async def delete(connection: Connection, workspace: str, endpoint: UUID) -> bool:
    """With its log."""
    return await connection.fetchval(_DELETE, workspace, endpoint) is not None
