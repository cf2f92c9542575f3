"""The second look: what can have changed between planning a step and publishing it."""

from datetime import datetime

from common.events.calls import Outline
from common.events.decisions import Decision, Reason
from common.events.sends import StepKind
from common.events.values import Channel
from orchestrator.domain.attribution import country
from orchestrator.domain.case import Case
from orchestrator.domain.channel_plan import EXPIRED, FLOW_DISABLED, NEWER_CALL, Step
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.consent import said_yes_at
from orchestrator.domain.contact import Contact
from orchestrator.domain.deciding import is_tester
from orchestrator.domain.guards import AGAIN, GUARDS, look
from orchestrator.domain.invitation import Invitation, has_newer_ask

UNCLEAR = "unclear"  # no reason to stop it: it is to wait
_ORDER = tuple(GUARDS[reason] for reason in AGAIN)


def refusal(
    invitation: Invitation,
    step: Step,
    decision: Decision,
    *,
    contact: Contact,
    listed: str | None = None,
    workspace: CompiledWorkspace | None,
    now: datetime,
) -> str | None:
    """Why this step must not go out now; None: it may.

    An edit of the flow touches later decisions only, switching it off stops this one too. One whose
    document this version cannot read waits, for a version that can.
    """
    if workspace and workspace.config.is_unclear(invitation.flow_id):
        return UNCLEAR if now < step.send_by else EXPIRED
    flow = workspace.flow(invitation.flow_id) if workspace else None
    if workspace is None or flow is None:
        return FLOW_DISABLED
    if decision.interaction.do_not_survey:  # told by an amendment
        return Reason.DO_NOT_SURVEY
    if now >= step.send_by:
        return EXPIRED
    if step.kind != StepKind.ASK and has_newer_ask(invitation.id, decision, contact):
        return NEWER_CALL
    return refused_on(
        step.channel,
        decision,
        contact=contact,
        listed=listed,
        flow=flow,
        workspace=workspace,
        now=now,
    )


def agreed_until(
    channel: Channel, interaction: Outline, *, contact: Contact, workspace: CompiledWorkspace
) -> datetime | None:
    """When the yes expires by which they may be asked there; None: it does not."""
    if not workspace.consent_expires:
        return None
    life = workspace.consent_expires.get((channel, country(interaction) or ""))
    said_at = said_yes_at(contact.yeses, channel)
    return said_at + life if life is not None and said_at is not None else None


def refused_on(
    channel: Channel,
    decision: Decision,
    *,
    contact: Contact,
    listed: str | None,
    flow: CompiledFlow,
    workspace: CompiledWorkspace,
    now: datetime,
) -> str | None:
    """Why nobody may write to this contact on this channel now."""
    tester = is_tester(decision.interaction, workspace)
    case = Case(
        decision.interaction,
        flow,
        workspace,
        contact,
        0,
        now,
        tester,
        channel,
        listed=listed,
    )
    refused, _ = look(case, _ORDER)
    return refused.guard if refused else None
