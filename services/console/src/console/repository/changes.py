"""Who changed whom: of users, and never changed itself."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection, Row
from console.domain.people import User

SHOWN = 100


async def add(
    connection: Connection,
    user: UUID | None,
    email: str,
    workspace: str | None,
    *,
    at: datetime,
    by: str,
    before: str | None,
    after: str,
) -> None:
    """`user` None: of the workspace itself."""
    await connection.execute(
        "insert into console.user_changes"
        " (user_id, email, workspace, at, changed_by, before, after)"
        " values ($1, $2, $3, $4, $5, $6::json, $7::json)",
        user,
        email,
        workspace,
        at,
        by,
        before,
        after,
    )


async def note(
    connection: Connection,
    user: User,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    *,
    at: datetime,
    by: str,
) -> None:
    """Of one user."""
    told = None if before is None else json.dumps(before)
    await add(
        connection,
        user.id,
        user.email,
        user.workspace,
        at=at,
        by=by,
        before=told,
        after=json.dumps(after),
    )


async def newest(connection: Connection, workspace: str | None) -> Sequence[Row]:
    """Of users of one workspace, or of all."""
    rows: Sequence[Row] = await connection.fetch(
        "select email, at, changed_by, before, after from console.user_changes"
        " where $1::text is null or workspace = $1 order by id desc limit $2",
        workspace,
        SHOWN,
    )
    return rows
