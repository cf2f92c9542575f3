"""Decisions and what became of them, for people and programs that ask."""

from dataclasses import dataclass
from uuid import UUID

from common.database import Database
from common.errors import Problem
from common.events import decode
from common.events.decisions import Decision
from orchestrator.domain.invitation import Planned
from orchestrator.repository.deciding import decisions
from orchestrator.repository.schedule import invitations


@dataclass(frozen=True, slots=True)
class Repetitions:
    """How often an interaction was told again, and how often of that as something else."""

    copies: int
    differing: int


@dataclass(frozen=True, slots=True)
class Decisions:
    db: Database

    async def find(self, workspace: str, interaction: UUID) -> tuple[Decision, Repetitions]:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await decisions.find(connection, workspace, interaction)
        if row is None:
            raise Problem(404, "No such decision", "Not decided, or not in this workspace.")
        told = Repetitions(row["copies"], row["differing"])
        return decode(row["event"], Decision).data, told

    async def invitation(self, workspace: str, invitation: UUID) -> tuple[Planned, Decision]:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await invitations.find(connection, workspace, invitation)
            if row is None:
                raise Problem(404, "No such invitation")
            return await invitations.planned(connection, row), decode(row["event"], Decision).data
