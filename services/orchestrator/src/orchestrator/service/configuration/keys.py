"""API keys: shown once, stored as hashes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.database import Connection, Database, Row
from common.errors import Problem
from common.process.access import key_hash
from orchestrator.repository.configuration import keys

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
        """The only time that it is seen."""
        async with self.db.transaction() as connection:
            return await create_key(
                connection, name=name, scopes=scopes, workspace=workspace, expires_at=expires_at
            )

    async def listed(self, workspace: str | None) -> list[Row]:
        async with self.db.connection() as connection:
            return await keys.listed(connection, workspace)

    async def revoke(self, key_id: str, workspace: str | None) -> None:
        """Raises `Problem` 404."""
        async with self.db.transaction() as connection:
            if not await keys.revoke(connection, key_id, workspace):
                raise Problem(404, "No such key")
