"""The events of a batch that is being decided, encoded as it goes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from common.bus import Message
from common.events.decisions import Decision
from orchestrator.domain.channel_plan import StepState
from orchestrator.domain.interaction_view import trace_of
from orchestrator.domain.invitation import step_event
from orchestrator.domain.recheck import agreed_until
from orchestrator.service import events
from orchestrator.service.deciding.gathering import Gathered


@dataclass(slots=True)
class OutgoingEvents:
    """`decisions` in the order in which they were made; `steps` of what is handed over at once."""

    decisions: list[Message] = field(default_factory=list)
    steps: list[Message] = field(default_factory=list)

    def add(self, made: Iterable[Decision], gathered: Gathered) -> None:
        """`made`: decisions of the gathered batch."""
        batch = gathered.batch
        for decision in made:
            trace = trace_of(decision)
            self.decisions.append(events.decided(decision, trace))
            if decision.invitation_id is None:
                continue
            workspace = decision.interaction.workspace
            planned = batch.planned[workspace, decision.invitation_id]
            ask = planned.course.steps[-1]
            if ask.state != StepState.WITH_SENDER:
                continue
            compiled = gathered.config.workspaces[workspace]
            step = step_event(
                planned,
                ask,
                decision,
                frozen=batch.questionnaires[workspace, planned.invitation.questionnaire],
                brand=compiled.config.workspace.name,
                until=agreed_until(
                    ask.channel,
                    decision.interaction,
                    contact=batch.contacts[planned.invitation.contact],
                    workspace=compiled,
                ),
                trace=trace,
            )
            self.steps.append(events.due(step))
