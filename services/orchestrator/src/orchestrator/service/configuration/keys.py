"""API keys: shown once, stored as hashes."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.config.store import log_change
from common.database import Connection, Database, Row
from common.errors import BadInput, Problem
from common.process.access import key_hash
from common.time import Clock, utc_now
from orchestrator.repository.configuration import documents, keys

OPERATOR = "operator, next to the database"
EVERY_WORKSPACE = "*"  # in the change log, of keys that are good for all of them
SCOPES = ("events:write", "read", "consent:write", "config:write", "privacy", "admin")


async def create_key(
    connection: Connection,
    *,
    name: str,
    scopes: Sequence[str],
    workspace: str | None,
    expires_at: datetime | None = None,
    by: str = OPERATOR,
) -> str:
    """The new key, `ac_<id>_<secret>`. `workspace` None: an operator's, for every workspace.

    Who made it is in the change log, those of operators under `*`.
    """
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    await keys.insert(
        connection,
        key_id=key_id,
        workspace=workspace,
        name=name,
        hashed=key_hash(secret),
        scopes=scopes,
        expires_at=expires_at,
    )
    made = {"id": key_id, "name": name, "scopes": list(scopes)}
    await _log(connection, workspace, key_id, version=1, after=made, by=by)
    return f"ac_{key_id}_{secret}"


async def _log(
    connection: Connection,
    workspace: str | None,
    key_id: str,
    *,
    version: int,
    after: Mapping[str, Any] | None,
    by: str,
) -> None:
    """Version 1 is made, 2 is revoked."""
    place = ("key", key_id)
    of = workspace or EVERY_WORKSPACE
    await log_change(connection, of, place, version=version, before=None, after=after, by=by)


@dataclass(frozen=True, slots=True)
class Keys:
    """`workspace` None: of every workspace."""

    db: Database
    clock: Clock = utc_now

    async def create(
        self,
        workspace: str | None,
        *,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None,
        by: str,
    ) -> str:
        """The only time that it is seen. Raises `BadInput`: no such workspace, or no use."""
        if expires_at is not None and expires_at <= self.clock():
            raise BadInput.at("expires_at", "is over already")
        async with self._transaction(workspace) as connection:
            if workspace and not await documents.exists(connection, workspace):
                raise BadInput.at("workspace", "there is no such workspace")
            return await create_key(
                connection,
                name=name,
                scopes=scopes,
                workspace=workspace,
                expires_at=expires_at,
                by=by,
            )

    async def listed(self, workspace: str | None) -> list[Row]:
        async with self._transaction(workspace) as connection:
            return await keys.listed(connection, workspace)

    async def revoke(self, key_id: str, workspace: str | None, *, by: str) -> None:
        """Raises `Problem` 404."""
        async with self._transaction(workspace) as connection:
            revoked = await keys.revoke(connection, key_id, workspace)
            if revoked is None:
                raise Problem(404, "No such key")
            if revoked["newly"]:
                whose = revoked["workspace"]
                await _log(connection, whose, key_id, version=2, after=None, by=by)

    def _transaction(self, workspace: str | None) -> AbstractAsyncContextManager[Connection]:
        return self.db.transaction() if workspace is None else self.db.scoped(workspace)
