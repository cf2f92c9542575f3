"""`decide`: the one verdict for an interaction. Guards in a fixed order, the first refusal wins."""

from datetime import datetime
from typing import cast

import msgspec
from msgspec import structs

from common.config import When
from common.events.calls import Interaction, Outline
from common.events.decisions import Decision, Finding, PassedOver, Reason, Verdict
from common.events.values import TOLERANCE
from common.ids import invitation_id
from common.phone import line_type_of
from orchestrator.domain.case import Case
from orchestrator.domain.channel_plan import next_number
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.guards import GUARDS, OF_CHANNEL, look
from orchestrator.domain.matching import Choice, choose
from orchestrator.domain.tally import NOTHING, Tally
from orchestrator.domain.waiting_hours import opened

_ORDER = tuple(GUARDS.values())


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What is known beside the interaction. `asked_today`: planned by the workspace, its day.

    `asked_alike`: this hour, of numbers that begin as this one. `tally`: beyond the contact.
    `listed`: the do-not-contact list that they are on, in words.
    """

    contact: Contact = NOBODY
    asked_today: int = 0
    asked_alike: int = 0
    tally: Tally = NOTHING
    listed: str | None = None


class Looked(msgspec.Struct, frozen=True, gc=False):
    """What the guards said about the step `number` of the plan; `passed_over`: those before it."""

    number: int
    refused: Finding | None
    findings: tuple[Finding, ...]
    due_at: datetime
    passed_over: tuple[PassedOver, ...] = ()


def decide(
    interaction: Outline, facts: Facts, *, workspace: CompiledWorkspace | None, now: datetime
) -> Decision:
    """`workspace` None: one that is not configured."""
    if workspace is None:
        finding = Finding(guard=Reason.NO_FLOW, fact="unknown workspace", refused=True)
        return _skip(interaction, None, finding=finding, version=0, now=now)
    early, version = _before_matching(interaction, now), workspace.version
    if early is not None:
        return _skip(interaction, None, finding=early, version=version, now=now)
    choice = choose(interaction, workspace=workspace, now=now)
    if choice.flow is None or choice.refused is not None:
        assert choice.refused is not None
        return _skip(interaction, choice, finding=choice.refused, version=version, now=now)
    due_at = interaction.ended_at + choice.flow.flow.delay
    due_at = now if due_at < now else due_at
    first = _begins_with(choice.flow, interaction)
    case = Case(
        interaction,
        choice.flow,
        workspace,
        facts.contact,
        facts.asked_today,
        due_at,
        is_tester(interaction, workspace),
        choice.flow.plan.steps[first].channel,
        facts.asked_alike,
        facts.tally,
        facts.listed,
    )
    case = opened(case, due_at) if choice.flow.openings else case
    return _decision(case, choice, _look(case, first, due_at), now=now)


def is_tester(interaction: Outline, workspace: CompiledWorkspace) -> bool:
    """Test numbers skip talk time, sampling and caps, never consent."""
    return interaction.address in workspace.testers


def _begins_with(flow: CompiledFlow, interaction: Outline) -> int:
    if not flow.by_line_type or not interaction.address:
        return 0
    return flow.by_line_type.get(line_type_of(interaction.address), 0)


def _look(case: Case, first: int, due_at: datetime) -> Looked:
    """The first step of the plan whose channel can be used; else why its first one cannot."""
    refused, findings = look(case, _ORDER)
    passed = _passed_for_line(case.flow, first) if first else ()
    looked = Looked(first, refused, findings, case.due_at, passed)
    if refused is None or refused.guard not in OF_CHANNEL:
        return looked
    return _on_another(case, looked, due_at) or looked


def _passed_for_line(flow: CompiledFlow, first: int) -> tuple[PassedOver, ...]:
    return tuple(
        PassedOver(number=number, channel=step.channel, reason=When.LINE_TYPE)
        for number, step in enumerate(flow.plan.steps[:first])
    )


def _on_another(case: Case, looked: Looked, due_at: datetime) -> Looked | None:
    number, refused, passed = looked.number, looked.refused, looked.passed_over
    plan, findings = case.flow.plan, looked.findings
    while refused is not None and refused.guard in OF_CHANNEL:
        channel = plan.steps[number].channel
        passed = (*passed, PassedOver(number=number, channel=channel, reason=refused.guard))
        following = next_number(plan, number, When.NO_CONSENT, When.FAILED)
        if following is None:
            return None
        number = following
        case = structs.replace(case, channel=plan.steps[number].channel)
        case = opened(case, due_at) if case.flow.openings else case
        refused, findings = look(case, _ORDER)
    return Looked(number, refused, findings, case.due_at, () if refused else passed)


def _before_matching(interaction: Outline, now: datetime) -> Finding | None:
    if interaction.do_not_survey:
        return Finding(guard=Reason.DO_NOT_SURVEY, fact="the source said so", refused=True)
    if interaction.ended_at > now + TOLERANCE:
        fact = f"ends {interaction.ended_at:%Y-%m-%dT%H:%M:%SZ}"
        return Finding(guard=Reason.IN_THE_FUTURE, fact=fact, refused=True)
    return None


def _skip(
    interaction: Outline,
    choice: Choice | None,
    *,
    finding: Finding,
    version: int,
    now: datetime,
) -> Decision:
    flow = choice.flow.flow if choice and choice.flow else None
    return Decision(
        interaction=cast(Interaction, interaction),
        verdict=Verdict.SKIP,
        decided_at=now,
        config_version=version,
        reason=finding.guard,
        flow_id=flow.id if flow else None,
        flow_version=flow.version if flow else None,
        findings=(finding,),
        lost_flows=choice.lost if choice else (),
        test=interaction.test,
    )


def _decision(case: Case, choice: Choice, looked: Looked, *, now: datetime) -> Decision:
    flow, survey = case.flow.flow, case.flow.survey
    interaction, refused = case.interaction, looked.refused
    return Decision(
        interaction=cast(Interaction, interaction),
        verdict=Verdict.SKIP if refused else Verdict.INVITE,
        decided_at=now,
        config_version=case.workspace.version,
        reason=refused.guard if refused else None,
        flow_id=flow.id,
        flow_version=flow.version,
        survey_id=survey.id,
        survey_version=survey.version,
        metric=survey.metric,
        channel=case.flow.plan.steps[looked.number].channel,
        step=looked.number,
        passed_over=looked.passed_over,
        invitation_id=None if refused else invitation_id(interaction.id, flow.id),
        due_at=None if refused else looked.due_at,
        findings=looked.findings,
        lost_flows=choice.lost,
        test=interaction.test or case.tester,
    )
