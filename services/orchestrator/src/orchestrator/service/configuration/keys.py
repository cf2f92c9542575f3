"""API keys: shown once, stored as hashes."""

import secrets
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from common.database import Connection, Database, Row
from common.errors import BadInput, Problem
from common.process.access import key_hash
from orchestrator.repository.configuration import documents, keys

SCOPES = ("events:write", "read", "consent:write", "config:write", "admin")


async def create_key(
    connection: Connection,
    *,
    name: str,
    scopes: Sequence[str],
    workspace: str | None,
    expires_at: datetime | None = None,
) -> str:
    """The new key, `ac_<id>_<secret>`. `workspace` None: an operator's, for every workspace."""
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
    return f"ac_{key_id}_{secret}"


@dataclass(frozen=True, slots=True)
class Keys:
    """`workspace` None: of every workspace."""

    db: Database

    async def create(
        self,
        workspace: str | None,
        *,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None,
    ) -> str:
        """The only time that it is seen. Raises `BadInput` for a workspace that is not there."""
        async with self._transaction(workspace) as connection:
            if workspace and not await documents.documents(connection, workspace):
                raise BadInput.at("workspace", "there is no such workspace")
            return await create_key(
                connection, name=name, scopes=scopes, workspace=workspace, expires_at=expires_at
            )

    async def listed(self, workspace: str | None) -> list[Row]:
        async with self._transaction(workspace) as connection:
            return await keys.listed(connection, workspace)

    async def revoke(self, key_id: str, workspace: str | None) -> None:
        """Raises `Problem` 404."""
        async with self._transaction(workspace) as connection:
            if not await keys.revoke(connection, key_id, workspace):
                raise Problem(404, "No such key")

    def _transaction(self, workspace: str | None) -> AbstractAsyncContextManager[Connection]:
        return self.db.transaction() if workspace is None else self.db.scoped(workspace)
