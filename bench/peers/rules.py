"""What every contender shares: how an event is read, what is decided, the bytes that are told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from common.config import ConfigReader
from common.database import Database
from common.events import encode, head_of
from common.events.decisions import Decision, Verdict
from orchestrator.domain.compiled import CompiledConfig, CompiledWorkspace
from orchestrator.domain.contact import Ask, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.freeze import Freezer, Frozen
from orchestrator.domain.interaction_view import InteractionView, trace_of, view_of
from orchestrator.domain.invitation import Planned, ask_of, plan_invitation, step_event
from orchestrator.service import events
from orchestrator.service.current_config import CurrentConfig


@dataclass(frozen=True, slots=True)
class Asking:
    """What an invitation adds to its decision. `step`: the event for the sender."""

    planned: Planned
    frozen: Frozen
    ask: Ask
    step: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A decision with its event, `decision.made.v1`; `asking` None: nobody is asked."""

    decision: Decision
    event: bytes
    asking: Asking | None


class Rules:
    """Of one configuration: a bench changes none while it runs."""

    def __init__(self, config: CompiledConfig) -> None:
        self._config = config
        self._freezer = Freezer()

    @classmethod
    async def read(cls, url: str) -> "Rules":
        db = await Database.connect(url, size=1)
        async with db.transaction() as connection:
            config = await CurrentConfig(ConfigReader(db)).get(connection)
        await db.close()
        return cls(config)

    def workspace(self, name: str) -> CompiledWorkspace:
        return self._config.workspaces[name]

    def decide(
        self, interaction: InteractionView, contact: Contact, *, today: int = 0, alike: int = 0
    ) -> Decision:
        """`today`, `alike`: asks of the workspace's day, and of numbers that begin as this one."""
        return decide(
            interaction,
            Facts(contact, today, alike),
            workspace=self.workspace(interaction.workspace),
            now=datetime.now(UTC),
        )

    def told(self, decision: Decision) -> Told:
        """What is to be stored and published."""
        message = events.decided(decision, trace_of(decision))
        asking = self._asking(decision) if decision.verdict is Verdict.INVITE else None
        return Told(decision, message.value or b"", asking)

    def _asking(self, decision: Decision) -> Asking:
        interaction = decision.interaction
        workspace = self.workspace(interaction.workspace)
        flow = workspace.flow(decision.flow_id)
        assert flow is not None
        frozen = self._freezer.questionnaire(
            flow.survey, workspace=workspace, interaction=interaction
        )
        planned = plan_invitation(decision, flow, questionnaire=frozen.id, may_ask=True)
        step = step_event(
            planned,
            planned.course.steps[-1],
            decision,
            frozen=frozen,
            brand=workspace.config.workspace.name,
            trace=trace_of(decision),
        )
        return Asking(planned, frozen, ask_of(decision, counts=not decision.test), encode(step))


def read(value: bytes) -> InteractionView:
    return view_of(head_of(value))


async def opted_out(url: str) -> dict[UUID, int]:
    """Contact -> the channels that it withdrew from."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select id, withdrawn from orchestrator.contacts")
    await connection.close()
    return {row["id"]: row["withdrawn"] for row in rows}
