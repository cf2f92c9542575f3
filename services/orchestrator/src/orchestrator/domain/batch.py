"""A batch of interactions, decided in order: two calls of one person in it respect the cap."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.events.calls import Outline
from common.events.decisions import Decision, Verdict
from orchestrator.domain.contact import NOBODY, Contact, after_asking, replaced_by
from orchestrator.domain.deciding import Facts, decide, is_tester
from orchestrator.domain.freeze import Freezer, Frozen
from orchestrator.domain.invitation import (
    NEWER_CALL,
    Invitation,
    Status,
    ask_of,
    plan_invitation,
)
from orchestrator.domain.plan import Plan, WorkspacePlan


@dataclass(slots=True)
class Batch:
    """Facts going in: `contacts` (changed as asks are planned; who is unknown is absent), today's
    `asked` by workspace.

    Coming out: `decisions`, `invitations`, their `questionnaires`, `replaced` ones of earlier
    batches, `planned` asks by workspace (without test numbers').
    """

    contacts: dict[UUID, Contact]
    asked: Mapping[str, int]
    decisions: list[Decision] = field(default_factory=list)
    invitations: dict[UUID, Invitation] = field(default_factory=dict)
    questionnaires: dict[UUID, Frozen] = field(default_factory=dict)
    replaced: set[UUID] = field(default_factory=set)
    planned: dict[str, int] = field(default_factory=dict)


def decide_all(
    interactions: Iterable[Outline],
    batch: Batch,
    *,
    plan: Plan,
    freezer: Freezer,
    now: datetime,
    may_ask: bool,
) -> list[Decision]:
    """Their decisions. `may_ask`: whoever stores this batch publishes what is due now."""
    before = len(batch.decisions)
    for interaction in interactions:
        workspace = interaction.workspace
        of_workspace = plan.workspaces.get(workspace)
        contact = batch.contacts.get(interaction.contact_id) if interaction.contact_id else None
        asked = batch.asked.get(workspace, 0) + batch.planned.get(workspace, 0)
        facts = Facts(contact or NOBODY, asked)
        decision = decide(interaction, facts, plan=of_workspace, now=now)
        batch.decisions.append(decision)
        if decision.verdict is Verdict.INVITE:
            assert of_workspace is not None
            flow = of_workspace.flow(decision.flow_id)
            assert flow is not None
            frozen = freezer.questionnaire(flow.survey, plan=of_workspace, interaction=interaction)
            batch.questionnaires[frozen.id] = frozen
            invitation = plan_invitation(decision, flow, questionnaire=frozen.id, may_ask=may_ask)
            _plan(batch, decision, invitation, of_workspace)
    return batch.decisions[before:]


def _plan(batch: Batch, decision: Decision, invitation: Invitation, plan: WorkspacePlan) -> None:
    contact = batch.contacts.get(invitation.contact_id, NOBODY)
    tester = is_tester(decision.interaction, plan)
    replaced = replaced_by(decision.interaction, contact)
    for ask in replaced:
        earlier = batch.invitations.get(ask.invitation_id)
        if earlier is not None:
            earlier.cancel(NEWER_CALL)
        else:
            batch.replaced.add(ask.invitation_id)
    batch.contacts[invitation.contact_id] = after_asking(
        contact,
        ask_of(decision, counts=not tester),
        instead_of=replaced,
        waits=invitation.status == Status.PENDING,
        horizon=plan.memory,
    )
    batch.invitations[invitation.id] = invitation
    if not tester:
        workspace = invitation.workspace
        batch.planned[workspace] = batch.planned.get(workspace, 0) + 1
