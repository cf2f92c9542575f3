"""The one reminder of an invitation: when it may go out, and what its sender gets. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, structs

from common.events import Envelope, Trace, envelope
from common.events.calls import Outline
from common.events.decisions import Decision
from common.events.sends import Step, StepKind
from common.ids import step_id
from orchestrator.domain.contact import Contact
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.invitation import PATH, Invitation, first_step

NUMBER = 1  # of its step within the invitation
ASK_FAILED = "ask_failed"  # why there is none: the ask turned out not to have arrived


class Status(StrEnum):
    PENDING = "pending"  # waits for `due_at`
    ASKED = "asked"  # handed to its sender, or just being
    FAILED = "failed"
    CANCELLED = "cancelled"


def send_by(invitation: Invitation, decision: Decision) -> datetime:
    """It has as long to go out as the ask had, and no longer than answers are taken."""
    assert invitation.remind_at
    validity = invitation.send_by - (decision.due_at or decision.decided_at)
    return min(invitation.remind_at + validity, invitation.answers_until)


def has_newer_ask(invitation: Invitation, decision: Decision, contact: Contact) -> bool:
    """Somebody asked about a later call would not know which one the reminder means."""
    ended_at = decision.interaction.ended_at
    return any(
        ask.ended_at > ended_at and ask.invitation_id != invitation.id for ask in contact.asks
    )


def overtaken(
    interactions: Iterable[Outline],
    waiting: Mapping[UUID, Invitation],
    contacts: Mapping[UUID, Contact],
) -> Iterator[Invitation]:
    """Of those with a `waiting` reminder: whose contact called again, asked about it or not."""
    last: dict[UUID, datetime] = {}
    for one in interactions:
        if one.contact_id is not None:
            last[one.contact_id] = max(one.ended_at, last.get(one.contact_id, one.ended_at))
    for invitation in waiting.values():
        called = last.get(invitation.contact_id)
        asks = contacts[invitation.contact_id].asks
        if called and any(a.invitation_id == invitation.id and a.ended_at < called for a in asks):
            yield invitation


def reminder_step(
    invitation: Invitation,
    decision: Decision,
    *,
    frozen: Frozen,
    brand: str,
    trace: Trace = UNSET,
) -> Envelope[Step]:
    """What the sender gets. Made again after a crash, it is the same event."""
    assert invitation.remind_at
    ask = first_step(invitation, decision, frozen=frozen, brand=brand).data
    step = structs.replace(
        ask,
        id=step_id(invitation.id, NUMBER),
        kind=StepKind.REMINDER,
        number=NUMBER,
        expires_at=send_by(invitation, decision),
    )
    return envelope(
        step,
        aggregate=step.id,
        revision=0,
        source=PATH,
        time=invitation.remind_at,
        workspace=invitation.workspace,
        traceparent=trace,
    )
