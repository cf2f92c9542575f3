"""An invitation: one survey asked of one contact about one interaction; also the schedule."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

import msgspec

from common.events import Envelope, Trace, envelope
from common.events.decisions import Decision
from common.events.questionnaire import Questionnaire
from common.events.sends import Step, StepKind
from common.events.values import Channel
from common.ids import step_id
from orchestrator.domain.contact import Ask
from orchestrator.domain.freeze import Frozen, variables
from orchestrator.domain.plan import FlowPlan

NEWER_CALL = "newer_call"  # reasons of a cancellation, beside those of guards
FLOW_DISABLED = "flow_disabled"
ANSWERED = "answered"
EXPIRED = "expired"
LEASE = timedelta(seconds=30)  # after this long, what is not known to be published is again
PATH = "/orchestrator"  # the CloudEvents source of all that we publish


class Status(StrEnum):
    PENDING = "pending"  # planned; waits for `due_at`, certainly not out
    ASKED = "asked"  # handed to its sender, or just being
    ANSWERED = "answered"
    FAILED = "failed"  # finally not delivered
    CANCELLED = "cancelled"


class Invitation(msgspec.Struct, kw_only=True, gc=False):
    """A row of `orchestrator.invitations`, its fields in the order of the columns."""

    id: UUID
    interaction_id: UUID
    contact_id: UUID
    workspace: str
    flow_id: str
    channel: str
    questionnaire: UUID
    status: str
    reason: str | None  # why it was cancelled or failed
    planned_at: datetime
    due_at: datetime | None  # when something is to be published; None: nothing is left
    send_by: datetime  # an ask that could not be sent by then is dropped
    answers_until: datetime
    test: bool
    remind_after: timedelta | None = None
    remind_at: datetime | None = None  # once the ask has gone out
    reminder: str | None = None  # `reminding.Status`; from now on `due_at` is the reminder's
    reminder_reason: str | None = None

    def cancel(self, reason: str) -> None:
        self.status, self.reason = Status.CANCELLED, reason
        self.due_at = None


def plan_invitation(
    decision: Decision, flow: FlowPlan, *, questionnaire: UUID, may_ask: bool
) -> Invitation:
    """The row of a decision to invite; `may_ask`: whoever stores it publishes it, if it is due."""
    interaction, due_at, identity = decision.interaction, decision.due_at, decision.invitation_id
    assert due_at
    assert identity
    assert interaction.contact_id
    at_once = may_ask and due_at <= decision.decided_at
    reminder = flow.flow.reminder
    return Invitation(
        id=identity,
        interaction_id=interaction.id,
        contact_id=interaction.contact_id,
        workspace=interaction.workspace,
        flow_id=flow.flow.id,
        channel=flow.flow.channel,
        questionnaire=questionnaire,
        status=Status.ASKED if at_once else Status.PENDING,
        reason=None,
        planned_at=decision.decided_at,
        due_at=None if at_once else due_at,
        send_by=due_at + flow.flow.validity,
        answers_until=due_at + flow.flow.expiry,
        test=decision.test,
        remind_after=reminder.after if reminder else None,
    )


def ask_of(decision: Decision, *, counts: bool) -> Ask:
    """The slot that a decision to invite takes."""
    assert decision.invitation_id
    assert decision.due_at
    assert decision.flow_id
    assert decision.metric
    return Ask(
        decision.invitation_id,
        decision.due_at,
        decision.interaction.ended_at,
        decision.flow_id,
        decision.metric,
        counts,
    )


def first_step(
    invitation: Invitation,
    decision: Decision,
    *,
    frozen: Frozen,
    brand: str,
    trace: Trace = msgspec.UNSET,
) -> Envelope[Step]:
    """What the sender gets. Made again after a crash, it is the same event."""
    interaction = decision.interaction
    assert interaction.address
    assert decision.flow_id
    step = Step(
        id=step_id(invitation.id, 0),
        invitation_id=invitation.id,
        interaction_id=interaction.id,
        contact_id=invitation.contact_id,
        kind=StepKind.ASK,
        number=0,
        channel=Channel(invitation.channel),
        address=interaction.address,
        flow_id=decision.flow_id,
        flow_version=decision.flow_version or 0,
        # Encoded once per version: the encoder copies the bytes.
        questionnaire=cast(Questionnaire, msgspec.Raw(frozen.body)),
        expires_at=invitation.send_by,
        answers_until=invitation.answers_until,
        country=interaction.country,
        our_number=interaction.our_number,
        variables=variables(interaction, brand),
        test=decision.test,
    )
    return envelope(
        step,
        aggregate=step.id,
        revision=0,
        source=PATH,
        time=decision.due_at or decision.decided_at,
        workspace=invitation.workspace,
        traceparent=trace,
    )
