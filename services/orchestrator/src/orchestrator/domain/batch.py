"""A batch of interactions, decided in order: two calls of one person in it respect the cap."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from msgspec import structs

from common.events.calls import Outline
from common.events.decisions import Decision, Reason, Verdict
from orchestrator.domain.channel_plan import (
    NEWER_CALL,
    Effect,
    InvitationStatus,
    Stopped,
    after,
)
from orchestrator.domain.compiled import CompiledConfig, CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import (
    NOBODY,
    Ask,
    Contact,
    after_asking,
    released,
    replaced_by,
)
from orchestrator.domain.deciding import Facts, decide, is_tester
from orchestrator.domain.freeze import Freezer, Frozen
from orchestrator.domain.invitation import Planned, ask_of, plan_invitation
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import Others, as_one, said_of
from orchestrator.domain.prefixes import Prefix, prefix_of
from orchestrator.domain.tally import Tally


@dataclass(slots=True)
class Batch:
    """Facts going in: `contacts` (changed as asks are planned; who is unknown is absent), today's
    `asked` by workspace and this hour's (`asked_alike`) by beginning of numbers, the `tally`
    (kept up to date likewise), who is `listed` as not to be contacted, and the `others`: further
    contacts of the same person, which are among `contacts`.

    Coming out: `decisions`, `planned` invitations, their `questionnaires`, `replaced` ones of
    earlier batches and those of this one (`unsent`), whose other contacts' slots are `freed` by
    that, `asks` by workspace and `asks_alike` by
    beginning (without test numbers').
    """

    contacts: dict[Key, Contact]
    asked: Mapping[str, int]
    asked_alike: Mapping[Prefix, int]
    tally: Tally = field(default_factory=Tally)
    listed: Mapping[Key, str] = field(default_factory=dict)
    others: Others = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    planned: dict[Key, Planned] = field(default_factory=dict)
    questionnaires: dict[tuple[str, UUID], Frozen] = field(default_factory=dict)
    replaced: set[Key] = field(default_factory=set)
    freed: set[Key] = field(default_factory=set)
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
        contact = _person(batch, person) if person else NOBODY
        listed = said_of(person, batch.listed, batch.others) if batch.listed and person else None
        asked = batch.asked.get(name, 0) + batch.asks.get(name, 0)
        alike = name, prefix_of(interaction.address) or ""
        asked_alike = batch.asked_alike.get(alike, 0) + batch.asks_alike.get(alike, 0)
        facts = Facts(contact, asked, asked_alike, batch.tally, listed)
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
            _plan(batch, decision, planned, flow, workspace, asked=contact, now=now)
        if workspace is not None and workspace.aiming:
            _count_for_aim(batch.tally, decision, workspace)
    return batch.decisions[before:]


def _count_for_aim(tally: Tally, decision: Decision, workspace: CompiledWorkspace) -> None:
    flow = workspace.flow(decision.flow_id)
    if flow is None or flow.aim is None or tally.now is None:
        return
    if any(one.guard is Reason.SAMPLED_OUT for one in decision.findings):  # no trial
        key = flow.aim.key(decision.interaction, tally.now)
        tally.aims.came(key, decision.invitation_id)


def _person(batch: Batch, contact: Key) -> Contact:
    """With what the person's other addresses were asked and forbade."""
    found = batch.contacts.get(contact, NOBODY)
    if batch.others and (others := batch.others.get(contact)):
        return as_one(found, (batch.contacts[one] for one in others))
    return found


def _free(batch: Batch, contact: Key, replaced: Iterable[Ask]) -> None:
    """Slots that the person's other addresses held."""
    gone = frozenset(ask.invitation_id for ask in replaced)
    for other in batch.others.get(contact, ()):
        facts = released(batch.contacts[other], gone)
        if facts != batch.contacts[other]:
            batch.contacts[other] = facts
            batch.freed.add(other)


def _plan(
    batch: Batch,
    decision: Decision,
    planned: Planned,
    flow: CompiledFlow,
    workspace: CompiledWorkspace,
    *,
    asked: Contact,
    now: datetime,
) -> None:
    """`asked`: the contact as it was decided about, with the person's other addresses."""
    invitation, interaction = planned.invitation, decision.interaction
    name, whose = invitation.workspace, invitation.contact
    tester = is_tester(interaction, workspace)
    replaced = replaced_by(interaction, asked)
    for ask in replaced:
        key = name, ask.invitation_id
        earlier = batch.planned.get(key)
        if earlier is None:
            batch.replaced.add(key)
        else:
            effect = after(earlier.course, Stopped(NEWER_CALL), now)
            earlier.course = effect.course
            batch.unsent.append((earlier, effect))
    is_trial = tester or interaction.test
    ask = ask_of(decision, counts=not is_trial)
    batch.contacts[whose] = after_asking(
        batch.contacts.get(whose, NOBODY),
        ask,
        instead_of=replaced,
        waits=planned.course.status == InvitationStatus.PENDING,
        horizon=workspace.memory,
    )
    if replaced and batch.others:
        _free(batch, whose, replaced)
    batch.planned[invitation.key] = planned
    if not tester:
        batch.asks[name] = batch.asks.get(name, 0) + 1
        if not is_trial and (flow.quotas or flow.shared_caps):
            batch.tally.plan(flow, name, interaction, ask)
        if prefix := prefix_of(interaction.address):
            batch.asks_alike[name, prefix] = batch.asks_alike.get((name, prefix), 0) + 1
