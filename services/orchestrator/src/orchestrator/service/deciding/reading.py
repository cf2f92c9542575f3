"""Decisions and what became of them, for people and programs that ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.database import Database
from common.errors import Problem, Retry
from common.events import decode
from common.events.attribution import attribution
from common.events.decisions import Decision
from common.process.sight import Sight
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

    async def find(
        self, workspace: str, interaction: UUID, *, sight: Sight | None
    ) -> tuple[Decision, Repetitions]:
        """Raises `Problem` 404, also for a call out of sight."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await decisions.find(connection, workspace, interaction)
        found = _decoded(row) if row else None
        if row is None or found is None or not _in_sight(found, sight):
            raise Problem(404, "No such decision", "Not decided, or not in this workspace.")
        return found, Repetitions(row["copies"], row["differing"])

    async def invitation(
        self, workspace: str, invitation: UUID, *, sight: Sight | None
    ) -> tuple[Planned, Decision]:
        """Raises `Problem` 404, also for one about a call out of sight."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await invitations.find(connection, workspace, invitation)
            found = _decoded(row) if row else None
            if row is None or found is None or not _in_sight(found, sight):
                raise Problem(404, "No such invitation")
            return await invitations.planned(connection, row), found


def _decoded(row: Mapping[str, Any]) -> Decision:
    """Raises `Retry` while the key is not here that it is sealed by."""
    if row["event"] is None:
        raise Retry("the decision is stored encrypted, and does not open")
    return decode(row["event"], Decision).data


def _in_sight(decision: Decision, sight: Sight | None) -> bool:
    if sight is None:
        return True
    credit = attribution(decision.interaction)
    return sight.covers(team=credit.team, agent=credit.agent)
