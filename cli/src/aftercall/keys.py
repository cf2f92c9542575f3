"""The first key of a platform: there must be one before the API can make others."""

from common.database import Database
from orchestrator.service.configuration.keys import create_key


async def first_key(db: Database) -> str | None:
    """An operator's key for every workspace, or None when the platform has keys already."""
    async with db.transaction() as connection:
        # The lock makes two first starts take turns.
        await connection.execute("lock table config.api_keys in share row exclusive mode")
        if await connection.fetchval("select exists (select from config.api_keys)"):
            return None
        return await create_key(connection, name="first", scopes=["admin"], workspace=None)
