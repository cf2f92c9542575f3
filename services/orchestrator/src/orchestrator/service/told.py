"""The events of a batch that is being decided, encoded as it goes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from common.bus import Message
from common.events.decisions import Decision
from orchestrator.domain.heard import trace_of
from orchestrator.domain.invitation import Status, first_step
from orchestrator.service import messages
from orchestrator.service.gathering import Gathered


@dataclass(slots=True)
class Told:
    """`decisions` in the order in which they were made; `steps` of what is handed over at once."""

    decisions: list[Message] = field(default_factory=list)
    steps: list[Message] = field(default_factory=list)

    def tell(self, made: Iterable[Decision], gathered: Gathered) -> None:
        """`made`: decisions of the gathered batch."""
        batch = gathered.batch
        for decision in made:
            trace = trace_of(decision)
            self.decisions.append(messages.decided(decision, trace))
            if decision.invitation_id is None:
                continue
            invitation = batch.invitations[decision.invitation_id]
            if invitation.status != Status.ASKED:
                continue
            step = first_step(
                invitation,
                decision,
                frozen=batch.questionnaires[invitation.questionnaire],
                brand=gathered.plan.workspaces[invitation.workspace].config.workspace.name,
                trace=trace,
            )
            self.steps.append(messages.due(step))
