"""How far an invitation is: its plan, and what became of each step."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import structs

from common.config import When
from common.events.decisions import PassedOver
from common.events.sends import FailureClass, StepKind
from common.events.values import Channel

# Why there is no further step, beside the reasons of guards.
ANSWERED = "answered"
NEWER_CALL = "newer_call"
FLOW_DISABLED = "flow_disabled"
EXPIRED = "expired"
NOT_TAKEN = str(FailureClass.NOT_TAKEN)
# Why one that waited is put back: what it was to follow turned out otherwise. It may come again.
ASK_FAILED = "ask_failed"
ASK_ARRIVED = "ask_arrived"
MOST_SEEN = 2  # asks of one invitation that anybody sees


class StepState(StrEnum):
    WAITING = "waiting"  # for its time; certainly not out
    WITH_SENDER = "with_sender"  # handed over, or just being; nothing was heard of it so far
    SENT = "sent"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"  # nobody knows whether it went out
    FAILED = "failed"
    CANCELLED = "cancelled"
    PASSED_OVER = "passed_over"  # its channel could not be used


class InvitationStatus(StrEnum):
    PENDING = "pending"  # something waits, and nothing is out
    ASKED = "asked"  # handed to a sender, or out
    ANSWERED = "answered"
    FAILED = "failed"  # finally not delivered
    CANCELLED = "cancelled"


LIVE = frozenset({StepState.WITH_SENDER, StepState.SENT, StepState.DELIVERED, StepState.UNKNOWN})
OUT = frozenset({StepState.SENT, StepState.DELIVERED})
OVER = frozenset({InvitationStatus.FAILED, InvitationStatus.CANCELLED})


class PlannedStep(msgspec.Struct, frozen=True, array_like=True):
    """A step as the flow says it. Stored with invitations in this field order."""

    channel: Channel
    when: tuple[str, ...] = ()
    after: float = 0.0  # seconds of silence, or after a failure of the same channel


class ChannelPlan(msgspec.Struct, frozen=True, array_like=True):
    """`validity`: how many seconds a step has to be sent."""

    steps: tuple[PlannedStep, ...] = ()
    validity: float = 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A step that was tried, or waits, or was passed over. `sent_at`: it certainly went out."""

    number: int
    kind: StepKind
    channel: Channel
    state: StepState
    reason: str | None = None
    due_at: datetime
    send_by: datetime
    sent_at: datetime | None = None


class Course(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far an invitation is. `steps` by number; `stopped`: why no further step is tried."""

    plan: ChannelPlan
    answers_until: datetime
    status: str
    reason: str | None = None
    stopped: str | None = None
    steps: tuple[Step, ...] = ()

    def step(self, number: int) -> Step | None:
        return next((step for step in self.steps if step.number == number), None)

    def waiting(self) -> Step | None:
        return next((step for step in self.steps if step.state == StepState.WAITING), None)


def first_steps(
    plan: ChannelPlan,
    number: int,
    *,
    passed_over: Sequence[PassedOver],
    due_at: datetime,
    send_by: datetime,
    handed_over: bool,
) -> tuple[Step, ...]:
    """Of a new invitation: what was passed over, and its ask, which is the last."""
    ask = Step(
        number=number,
        kind=StepKind.ASK,
        channel=plan.steps[number].channel,
        state=StepState.WITH_SENDER if handed_over else StepState.WAITING,
        due_at=due_at,
        send_by=send_by,
    )
    if not passed_over:  # as nearly always
        return (ask,)
    rows = [
        Step(
            number=one.number,
            kind=StepKind.ASK,
            channel=one.channel,
            state=StepState.PASSED_OVER,
            reason=one.reason,
            due_at=due_at,
            send_by=send_by,
        )
        for one in passed_over
    ]
    return (*rows, ask)


def next_number(plan: ChannelPlan, number: int, *conditions: When) -> int | None:
    """The first step after `number` that follows under any of these conditions."""
    for later in range(number + 1, len(plan.steps)):
        if any(condition in plan.steps[later].when for condition in conditions):
            return later
    return None


def continued_by(course: Course, step: Step) -> int | None:
    """Of a reminder: the step on its channel whose conversation it continues."""
    if step.kind != StepKind.REMINDER:
        return None
    return max(
        (
            earlier.number
            for earlier in course.steps
            if earlier.number < step.number
            and earlier.channel == step.channel
            and earlier.state in LIVE
        ),
        default=0,
    )


def changed(course: Course, number: int, *from_states: str, **changes: object) -> Course:
    """Its step `number`, if it is in one of these states."""
    steps = tuple(
        structs.replace(step, **changes)
        if step.number == number and step.state in from_states
        else step
        for step in course.steps
    )
    return structs.replace(course, steps=steps)
