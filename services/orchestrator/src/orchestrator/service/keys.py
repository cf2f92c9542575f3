"""API keys: shown once, stored as hashes."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from common.database import Connection
from common.process.access import key_hash
from orchestrator.repository import configuration

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
    await configuration.insert_key(
        connection,
        key_id=key_id,
        workspace=workspace,
        name=name,
        hashed=key_hash(secret),
        scopes=scopes,
        expires_at=expires_at,
    )
    return f"ac_{key_id}_{secret}"
