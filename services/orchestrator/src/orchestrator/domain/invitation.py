"""An invitation: one survey asked of one contact about one interaction, in steps."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec

from common.events import Envelope, Trace, envelope
from common.events import sends as events
from common.events.calls import Outline
from common.events.decisions import Decision
from common.events.questionnaire import Questionnaire
from common.ids import step_id
from orchestrator.domain.channel_plan import (
    ChannelPlan,
    Course,
    InvitationStatus,
    Step,
    continued_by,
    first_steps,
)
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import Ask, Contact
from orchestrator.domain.freeze import Frozen, variables
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import ALONE, Others

LEASE = timedelta(seconds=30)  # after this long, what is not known to be published is again
PATH = "/orchestrator"  # the CloudEvents source of all that we publish
NOTHING_FOLLOWS = ChannelPlan()
_plan = msgspec.msgpack.Decoder(ChannelPlan).decode


class Invitation(msgspec.Struct, kw_only=True, gc=False):
    """What stays as it was planned; how far it is, is its `Course`.

    `plan`, encoded: None where nothing can follow the ask, as nearly always.
    """

    workspace: str
    id: UUID
    interaction_id: UUID
    contact_id: UUID
    flow_id: str
    questionnaire: UUID
    planned_at: datetime
    answers_until: datetime
    test: bool
    plan: bytes | None

    @property
    def key(self) -> Key:
        return self.workspace, self.id

    @property
    def contact(self) -> Key:
        return self.workspace, self.contact_id

    @property
    def decision(self) -> Key:
        return self.workspace, self.interaction_id


class Planned(msgspec.Struct, gc=False):
    """An invitation and how far it is. `note`: where more was written after an answer by voice."""

    invitation: Invitation
    course: Course
    note: str | None = None


def plan_of(encoded: bytes | None) -> ChannelPlan:
    return _plan(encoded) if encoded else NOTHING_FOLLOWS


def plan_invitation(
    decision: Decision, flow: CompiledFlow, *, questionnaire: UUID, may_ask: bool
) -> Planned:
    """Of a decision to invite; `may_ask`: whoever stores it publishes its ask, if it is due."""
    interaction, due_at, identity = decision.interaction, decision.due_at, decision.invitation_id
    assert due_at
    assert identity
    assert interaction.contact_id
    at_once = may_ask and due_at <= decision.decided_at
    steps = first_steps(
        flow.plan,
        decision.step,
        passed_over=decision.passed_over,
        due_at=due_at,
        send_by=due_at + flow.flow.validity,
        handed_over=at_once,
    )
    invitation = Invitation(
        workspace=interaction.workspace,
        id=identity,
        interaction_id=interaction.id,
        contact_id=interaction.contact_id,
        flow_id=flow.flow.id,
        questionnaire=questionnaire,
        planned_at=decision.decided_at,
        answers_until=due_at + flow.flow.expiry,
        test=decision.test,
        plan=flow.encoded_plan,
    )
    course = Course(
        plan=flow.plan,
        answers_until=invitation.answers_until,
        status=InvitationStatus.ASKED if at_once else InvitationStatus.PENDING,
        steps=steps,
    )
    return Planned(invitation, course)


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
        decision.survey_id or "",
    )


def has_newer_ask(invitation: UUID, decision: Decision, contact: Contact) -> bool:
    """Somebody asked about a later call would not know which one a further step means."""
    ended_at = decision.interaction.ended_at
    return any(ask.ended_at > ended_at and ask.invitation_id != invitation for ask in contact.asks)


def overtaken(
    interactions: Iterable[Outline],
    further: Collection[Planned],
    contacts: Mapping[Key, Contact],
    others: Others = ALONE,
) -> Iterator[Planned]:
    """Of those with a `further` step that waits: whose contact called again, asked or not."""
    last: dict[Key, datetime] = {}
    for one in interactions:
        if one.contact_id is not None:
            key = one.workspace, one.contact_id
            last[key] = max(one.ended_at, last.get(key, one.ended_at))
    for planned in further:
        invitation = planned.invitation
        whose = (invitation.contact, *others.get(invitation.contact, ()))
        called = max((last[one] for one in whose if one in last), default=None)
        asks = contacts[invitation.contact].asks
        if called and any(a.invitation_id == invitation.id and a.ended_at < called for a in asks):
            yield planned


def step_event(
    planned: Planned,
    step: Step,
    decision: Decision,
    *,
    frozen: Frozen,
    brand: str,
    until: datetime | None = None,
    trace: Trace = msgspec.UNSET,
) -> Envelope[events.Step]:
    """What the sender gets. Made again after a crash, it is the same event.

    `until`: when they may not be asked there any more, though it may wait for longer.
    """
    interaction, invitation = decision.interaction, planned.invitation
    assert interaction.address
    due = events.Step(
        id=step_id(invitation.id, step.number),
        invitation_id=invitation.id,
        interaction_id=interaction.id,
        contact_id=invitation.contact_id,
        kind=step.kind,
        number=step.number,
        channel=step.channel,
        address=interaction.address,
        flow_id=invitation.flow_id,
        flow_version=decision.flow_version or 0,
        # Encoded once per version: the encoder copies the bytes.
        questionnaire=cast(Questionnaire, msgspec.Raw(frozen.body)),
        expires_at=min(step.send_by, until) if until else step.send_by,
        answers_until=invitation.answers_until,
        continues=continued_by(planned.course, step),
        country=interaction.country,
        our_number=interaction.our_number,
        variables=variables(interaction, brand),
        test=invitation.test,
    )
    return envelope(
        due,
        aggregate=due.id,
        revision=0,
        source=PATH,
        time=step.due_at,
        workspace=invitation.workspace,
        traceparent=trace,
    )
