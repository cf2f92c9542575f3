"""The legal notice of a workspace: read, and acknowledged once for each text."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.database import Database, Row
from common.errors import Problem
from orchestrator.domain.configuring.legal_notice import Notice
from orchestrator.repository.configuration import documents, lock, notices


@dataclass(frozen=True, slots=True)
class Notices:
    db: Database
    notice: Notice

    async def acknowledged(self, workspace: str) -> Sequence[Row]:
        """By whom, when and which text, newest first. Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            if not await documents.exists(connection, workspace):
                raise Problem(404, "No such workspace")
            return await notices.acknowledgements(connection, workspace)

    async def acknowledge(self, workspace: str, version: str, *, by: str) -> None:
        """Who was first stays who it was. Raises `Problem` 404, or 409 for another text."""
        async with self.db.transaction() as connection:
            await lock.turn(connection, workspace)
            if not await documents.exists(connection, workspace):
                raise Problem(404, "No such workspace")
            if version != self.notice.version:
                detail = f"Its version is {self.notice.version}; read it again."
                raise Problem(409, "The legal notice has another text now", detail)
            if not await notices.is_acknowledged(connection, workspace, version):
                await notices.acknowledge(connection, workspace, self.notice, by=by)
