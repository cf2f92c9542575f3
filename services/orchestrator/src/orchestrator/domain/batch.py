"""A batch of interactions, decided in order: two calls of one person in it respect the cap."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from msgspec import structs

from common.events.calls import Outline
from common.events.decisions import Decision, Verdict
from orchestrator.domain.channel_plan import (
    NEWER_CALL,
    Effect,
    InvitationStatus,
    Stopped,
    after,
)
from orchestrator.domain.compiled import CompiledConfig, CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import NOBODY, Contact, after_asking, replaced_by
from orchestrator.domain.deciding import Facts, decide, is_tester
from orchestrator.domain.freeze import Freezer, Frozen
from orchestrator.domain.invitation import Planned, ask_of, plan_invitation
from orchestrator.domain.keys import Key
from orchestrator.domain.prefixes import Prefix, prefix_of
from orchestrator.domain.tally import Tally


@dataclass(slots=True)
class Batch:
    """Facts going in: `contacts` (changed as asks are planned; who is unknown is absent), today's
    `asked` by workspace and this hour's (`asked_alike`) by beginning of numbers, the `tally`
    (kept up to date likewise), and who is `listed` as not to be contacted.

    Coming out: `decisions`, `planned` invitations, their `questionnaires`, `replaced` ones of
    earlier batches and those of this one (`unsent`), `asks` by workspace and `asks_alike` by
    beginning (without test numbers').
    """

    contacts: dict[Key, Contact]
    asked: Mapping[str, int]
    asked_alike: Mapping[Prefix, int]
    tally: Tally = field(default_factory=Tally)
    listed: Mapping[Key, str] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    planned: dict[Key, Planned] = field(default_factory=dict)
    questionnaires: dict[tuple[str, UUID], Frozen] = field(default_factory=dict)
    replaced: set[Key] = field(default_factory=set)
    unsent: list[tuple[Planned, Effect]] = field(default_factory=list)
    asks: dict[str, int] = field(default_factory=dict)
    asks_alike: dict[Prefix, int] = field(default_factory=dict)


def decide_all(
    interactions: Iterable[Outline],
    batch: Batch,
    *,
    config: CompiledConfig,
    freezer: Freezer,
    now: datetime,
    may_ask: bool,
    revisions: Mapping[Key, int] = MappingProxyType({}),
) -> list[Decision]:
    """Their decisions. `may_ask`: whoever stores this batch publishes what is due now.

    `revisions`: of those that are decided again.
    """
    before = len(batch.decisions)
    for interaction in interactions:
        name = interaction.workspace
        workspace = config.workspaces.get(name)
        person = (name, interaction.contact_id) if interaction.contact_id else None
        contact = batch.contacts.get(person) if person else None
        listed = batch.listed.get(person) if batch.listed and person else None
        asked = batch.asked.get(name, 0) + batch.asks.get(name, 0)
        alike = name, prefix_of(interaction.address) or ""
        asked_alike = batch.asked_alike.get(alike, 0) + batch.asks_alike.get(alike, 0)
        facts = Facts(contact or NOBODY, asked, asked_alike, batch.tally, listed)
        decision = decide(interaction, facts, workspace=workspace, now=now)
        if revisions and (revision := revisions.get((name, interaction.id))):
            decision = structs.replace(decision, revision=revision)
        batch.decisions.append(decision)
        if decision.verdict is Verdict.INVITE:
            assert workspace is not None
            flow = workspace.flow(decision.flow_id)
            assert flow is not None
            frozen = freezer.questionnaire(
                flow.survey, workspace=workspace, interaction=interaction
            )
            batch.questionnaires[name, frozen.id] = frozen
            planned = plan_invitation(decision, flow, questionnaire=frozen.id, may_ask=may_ask)
            _plan(batch, decision, planned, flow, workspace, now=now)
    return batch.decisions[before:]


def _plan(
    batch: Batch,
    decision: Decision,
    planned: Planned,
    flow: CompiledFlow,
    workspace: CompiledWorkspace,
    *,
    now: datetime,
) -> None:
    invitation = planned.invitation
    contact = batch.contacts.get(invitation.contact, NOBODY)
    tester = is_tester(decision.interaction, workspace)
    replaced = replaced_by(decision.interaction, contact)
    for ask in replaced:
        key = invitation.workspace, ask.invitation_id
        earlier = batch.planned.get(key)
        if earlier is None:
            batch.replaced.add(key)
        else:
            effect = after(earlier.course, Stopped(NEWER_CALL), now)
            earlier.course = effect.course
            batch.unsent.append((earlier, effect))
    is_trial = tester or decision.interaction.test
    ask = ask_of(decision, counts=not is_trial)
    batch.contacts[invitation.contact] = after_asking(
        contact,
        ask,
        instead_of=replaced,
        waits=planned.course.status == InvitationStatus.PENDING,
        horizon=workspace.memory,
    )
    batch.planned[invitation.key] = planned
    if not tester:
        name = invitation.workspace
        batch.asks[name] = batch.asks.get(name, 0) + 1
        if not is_trial and (flow.quotas or flow.shared_caps):
            batch.tally.plan(flow, name, decision.interaction, ask)
        if prefix := prefix_of(decision.interaction.address):
            batch.asks_alike[name, prefix] = batch.asks_alike.get((name, prefix), 0) + 1
