"""`decide`: the one verdict for an interaction. Guards in a fixed order, the first refusal wins."""

from datetime import datetime
from typing import cast

import msgspec

from common.events.calls import Interaction, Outline
from common.events.decisions import Decision, Finding, Reason, Verdict
from common.events.values import TOLERANCE
from common.ids import invitation_id
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.guards import GUARDS, Case, look
from orchestrator.domain.matching import Choice, choose
from orchestrator.domain.plan import WorkspacePlan

_ORDER = tuple(GUARDS.values())


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What is known beside the interaction. `asked_today`: planned by the workspace, its day."""

    contact: Contact = NOBODY
    asked_today: int = 0


def decide(
    interaction: Outline, facts: Facts, *, plan: WorkspacePlan | None, now: datetime
) -> Decision:
    """`plan` None: a workspace that is not configured."""
    if plan is None:
        finding = Finding(guard=Reason.NO_FLOW, fact="unknown workspace", refused=True)
        return _skip(interaction, None, finding=finding, version=0, now=now)
    early = _before_matching(interaction, now)
    if early is not None:
        return _skip(interaction, None, finding=early, version=plan.version, now=now)
    choice = choose(interaction, plan=plan, now=now)
    if choice.flow is None or choice.refused is not None:
        assert choice.refused is not None
        return _skip(interaction, choice, finding=choice.refused, version=plan.version, now=now)
    due_at = interaction.ended_at + choice.flow.flow.delay
    case = Case(
        interaction,
        choice.flow,
        plan,
        facts.contact,
        facts.asked_today,
        now if due_at < now else due_at,
        is_tester(interaction, plan),
        choice.flow.flow.channel,
    )
    refused, findings = look(case, _ORDER)
    return _decision(case, choice, refused=refused, findings=findings, now=now)


def is_tester(interaction: Outline, plan: WorkspacePlan) -> bool:
    """Test numbers skip talk time, sampling and caps, never consent."""
    return interaction.address in plan.testers


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


def _decision(
    case: Case,
    choice: Choice,
    *,
    refused: Finding | None,
    findings: tuple[Finding, ...],
    now: datetime,
) -> Decision:
    flow, survey = case.flow.flow, case.flow.survey
    interaction = case.interaction
    return Decision(
        interaction=cast(Interaction, interaction),
        verdict=Verdict.SKIP if refused else Verdict.INVITE,
        decided_at=now,
        config_version=case.plan.version,
        reason=refused.guard if refused else None,
        flow_id=flow.id,
        flow_version=flow.version,
        survey_id=survey.id,
        survey_version=survey.version,
        metric=survey.metric,
        channel=flow.channel,
        invitation_id=None if refused else invitation_id(interaction.id, flow.id),
        due_at=None if refused else case.due_at,
        findings=findings,
        lost_flows=choice.lost,
        test=interaction.test or case.tester,
    )
