"""The events of a batch that is being decided, encoded as it goes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from common.bus import Message
from common.events.decisions import Decision
from orchestrator.domain.invitation import Invitation, first_step
from orchestrator.service import messages
from orchestrator.service.gathering import Gathered


@dataclass(slots=True)
class Told:
    """`decisions` in the order in which they were made."""

    decisions: list[Message] = field(default_factory=list)
    _steps: list[tuple[Invitation, Message]] = field(default_factory=list)

    @property
    def steps(self) -> list[Message]:
        """What is due now and leased to us. A later call of the batch may have replaced an ask."""
        return [step for invitation, step in self._steps if invitation.leased_until]

    def tell(self, made: Iterable[Decision], gathered: Gathered) -> None:
        """`made`: decisions of the gathered batch."""
        batch = gathered.batch
        for decision in made:
            trace = gathered.trace_of(decision.interaction.id)
            self.decisions.append(messages.decided(decision, trace))
            if decision.invitation_id is None:
                continue
            invitation = batch.invitations[decision.invitation_id]
            if invitation.leased_until is None:
                continue
            step = first_step(
                invitation,
                decision,
                frozen=batch.questionnaires[invitation.questionnaire],
                brand=gathered.plan.workspaces[invitation.workspace].config.workspace.name,
                trace=trace,
            )
            self._steps.append((invitation, messages.due(step)))
