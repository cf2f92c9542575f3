"""What is configured, for people and programs that ask."""

from dataclasses import dataclass

from common.database import Database, Row
from common.errors import Problem
from orchestrator.repository.configuration import documents


@dataclass(frozen=True, slots=True)
class Documents:
    db: Database

    async def of_workspace(self, workspace: str) -> list[Row]:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            rows = await documents.documents(connection, workspace)
        if not rows:
            raise Problem(404, "No such workspace")
        return rows

    async def workspaces(self, own: str | None) -> list[Row]:
        """`own` None: all of them."""
        async with self.db.connection() as connection:
            rows = await documents.workspaces(connection)
        return [row for row in rows if own in (None, row["id"])]

    async def changes(
        self,
        workspace: str,
        *,
        kind: str | None,
        document: str | None,
        before: int | None,
        limit: int,
    ) -> list[Row]:
        """The change log, newest first."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await documents.changes(
                connection, workspace, kind=kind, document=document, before=before, limit=limit
            )
