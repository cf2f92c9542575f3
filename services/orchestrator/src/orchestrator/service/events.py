"""The events we publish, as they go to the bus. Everything is keyed by the person asked."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from common.bus import Message
from common.events import Envelope, Trace, encode, envelope
from common.events.consent import ConsentChanged, ContactErased
from common.events.decisions import Decision
from common.events.sends import (
    Delivery,
    DeliveryStatus,
    FailureClass,
    Note,
    Step,
    StepCancelled,
)
from common.ids import erasure_id, step_id, text
from common.topics import CONSENT, DECISIONS, DELIVERIES, steps
from orchestrator.domain import channel_plan
from orchestrator.domain.interaction_view import as_published
from orchestrator.domain.invitation import PATH, Invitation


class _Who(msgspec.Struct):
    id: UUID
    contact_id: UUID | None = None


class _Data(msgspec.Struct):
    interaction: _Who


class _Stored(msgspec.Struct):
    data: _Data


_stored = msgspec.json.Decoder(_Stored)


def decided(decision: Decision, trace: Trace = UNSET) -> Message:
    """`decision.made.v1`; its value is what the decision's row keeps."""
    interaction = decision.interaction
    event = envelope(
        as_published(decision),
        aggregate=interaction.id,
        revision=decision.revision,
        source=PATH,
        time=decision.decided_at,
        workspace=interaction.workspace,
        traceparent=trace,
    )
    return Message(DECISIONS, text(interaction.contact_id or interaction.id), encode(event))


def decided_before(event: bytes) -> Message:
    """The stored event of a known interaction, once more."""
    who = _stored.decode(event).data.interaction
    return Message(DECISIONS, text(who.contact_id or who.id), event)


def due(step: Envelope[Step]) -> Message:
    return Message(steps(step.data.channel), text(step.data.contact_id), encode(step))


def noted(note: Note, workspace: str, now: datetime) -> Message:
    event = envelope(
        note, aggregate=note.id, revision=0, source=PATH, time=now, workspace=workspace
    )
    return Message(steps(note.channel), text(note.contact_id), encode(event))


def ended_here(invitation: Invitation, step: channel_plan.Step, now: datetime) -> Message:
    """No sender had it, or took it, so we report what became of it.

    Revision 0: should a sender have it after all, its own word counts more.
    """
    failed = step.state == channel_plan.StepState.FAILED
    delivery = Delivery(
        step_id=step_id(invitation.id, step.number),
        invitation_id=invitation.id,
        interaction_id=invitation.interaction_id,
        contact_id=invitation.contact_id,
        channel=step.channel,
        revision=0,
        status=DeliveryStatus.FAILED if failed else DeliveryStatus.CANCELLED,
        at=now,
        final=True,
        failure=FailureClass.NOT_TAKEN if failed else None,
        reason=step.reason,
        test=invitation.test,
        kind=step.kind,
        number=step.number,
    )
    return _message(DELIVERIES, delivery, 0, invitation=invitation, now=now)


def called_back(
    invitation: Invitation, step: channel_plan.Step, reason: str, now: datetime
) -> Message:
    """The sender may have it: it refuses the step if it has not been claimed, and reports that."""
    cancelled = StepCancelled(
        step_id=step_id(invitation.id, step.number),
        invitation_id=invitation.id,
        contact_id=invitation.contact_id,
        channel=step.channel,
        reason=reason,
        cancelled_at=now,
    )
    return _message(steps(step.channel), cancelled, 1, invitation=invitation, now=now)


def consent_changed(workspace: str, change: ConsentChanged) -> Message:
    event = envelope(
        change,
        aggregate=change.id,
        revision=0,
        source=PATH,
        time=change.occurred_at,
        workspace=workspace,
    )
    return Message(CONSENT, text(change.contact_id), encode(event))


def contact_erased(workspace: str, erased: ContactErased) -> Message:
    event = envelope(
        erased,
        aggregate=erasure_id(erased.contact_id, erased.erased_at),
        revision=0,
        source=PATH,
        time=erased.erased_at,
        workspace=workspace,
    )
    return Message(CONSENT, text(erased.contact_id), encode(event))


def _message(
    topic: str,
    fact: Delivery | StepCancelled,
    revision: int,
    *,
    invitation: Invitation,
    now: datetime,
) -> Message:
    event = envelope(
        fact,
        aggregate=fact.step_id,
        revision=revision,
        source=PATH,
        time=now,
        workspace=invitation.workspace,
    )
    return Message(topic, text(invitation.contact_id), encode(event))
