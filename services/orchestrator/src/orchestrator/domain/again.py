"""The second look: what can have changed between planning a step and publishing it."""

from datetime import datetime

from common.events.decisions import Decision, Reason
from orchestrator.domain.contact import Contact
from orchestrator.domain.deciding import is_tester
from orchestrator.domain.guards import AGAIN, GUARDS, Case, look
from orchestrator.domain.invitation import EXPIRED, FLOW_DISABLED, NEWER_CALL, Invitation
from orchestrator.domain.plan import WorkspacePlan
from orchestrator.domain.reminding import has_newer_ask, send_by

UNCLEAR = "unclear"  # no reason to stop it: it is to wait
_ORDER = tuple(GUARDS[reason] for reason in AGAIN)


def refusal(
    invitation: Invitation,
    decision: Decision,
    *,
    contact: Contact,
    plan: WorkspacePlan | None,
    now: datetime,
) -> str | None:
    """Why this ask, or its reminder, must not go out now; None: it may.

    An edit of the flow touches later decisions only, switching it off stops this one too. One whose
    document this version cannot read waits, for a version that can.
    """
    last = send_by(invitation, decision) if invitation.reminder else invitation.send_by
    if plan and plan.config.is_unclear(invitation.flow_id):
        return UNCLEAR if now < last else EXPIRED
    flow = plan.flow(invitation.flow_id) if plan else None
    if plan is None or flow is None:
        return FLOW_DISABLED
    if decision.interaction.do_not_survey:  # told by an amendment
        return Reason.DO_NOT_SURVEY
    if now >= last:
        return EXPIRED
    if invitation.reminder and has_newer_ask(invitation, decision, contact):
        return NEWER_CALL
    tester = is_tester(decision.interaction, plan)
    case = Case(decision.interaction, flow, plan, contact, 0, now, tester, flow.flow.channel)
    refused, _ = look(case, _ORDER)
    return refused.guard if refused else None
