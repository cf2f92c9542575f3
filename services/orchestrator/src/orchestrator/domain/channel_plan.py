"""What follows in an invitation: given its plan, its steps so far and what happened. Pure.

A step is one try on one channel; its number is its place in the plan. At most one waits for its
time. What is tried next depends on the step of the highest number that was tried: it failed for
good, it went out and nobody answers, or its channel could not be used. An outcome that nobody
knows is waited for. Everything may be told twice, late and in any order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import structs

from common.config import When
from common.events.decisions import PassedOver, Reason
from common.events.sends import DeliveryStatus, FailureClass, StepKind
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


_LIVE = frozenset({StepState.WITH_SENDER, StepState.SENT, StepState.DELIVERED, StepState.UNKNOWN})
_OUT = frozenset({StepState.SENT, StepState.DELIVERED})
_OVER = frozenset({InvitationStatus.FAILED, InvitationStatus.CANCELLED})


class PlannedStep(msgspec.Struct, frozen=True, array_like=True):
    """A step as the flow says it. Stored with invitations in this field order."""

    channel: Channel
    when: tuple[str, ...] = ()
    after: float = 0.0  # seconds of silence


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A sender's word about a step. `final`: nothing but an answer will change it."""

    number: int
    status: DeliveryStatus
    final: bool = False
    sent_at: datetime | None = None
    failure: FailureClass | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Its time is over, and no sender said a word about it."""

    number: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    number: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """The channel of a step that waits cannot be used."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """No further step: an answer, an opt-out, a newer call, a disabled flow, an erasure."""

    reason: str


Happening = Reported | NotTaken | HandedOver | Unusable | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The course afterwards, and what others are to be told.

    `call_back`: steps that their senders must not send any more; `report`: steps whose end only
    we know of; `frees_slot`: the invitation is over and nothing of it went out.
    """

    course: Course
    call_back: tuple[int, ...] = ()
    report: tuple[int, ...] = ()
    frees_slot: bool = False


def after(course: Course, happening: Happening, now: datetime) -> Effect:
    """What follows; the same course when nothing does."""
    match happening:
        case Reported():
            moved = _reported(course, happening)
        case NotTaken(number):
            moved = _not_taken(course, number)
        case HandedOver(number):
            moved = _changed(course, number, StepState.WAITING, state=StepState.WITH_SENDER)
        case Unusable(number, reason):
            state = StepState.PASSED_OVER
            moved = _changed(course, number, StepState.WAITING, state=state, reason=reason)
        case Stopped(reason):
            moved = _stopped(course, reason)
    if moved == course:
        return Effect(course=course)
    settled = _settled(_continued(moved, now))
    return Effect(
        course=settled,
        call_back=_called_back(course, happening, now),
        report=_to_report(course, settled, happening),
        frees_slot=_frees_slot(course, settled),
    )


def first_steps(
    plan: ChannelPlan,
    number: int,
    *,
    passed_over: Sequence[PassedOver],
    due_at: datetime,
    handed_over: bool,
) -> tuple[Step, ...]:
    """Of a new invitation: what was passed over, and its ask, which is the last."""
    send_by = due_at + timedelta(seconds=plan.validity)
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
            and earlier.state in _LIVE
        ),
        default=0,
    )


def _changed(course: Course, number: int, *from_states: str, **changes: object) -> Course:
    steps = tuple(
        structs.replace(step, **changes)
        if step.number == number and step.state in from_states
        else step
        for step in course.steps
    )
    return structs.replace(course, steps=steps)


def _went_out(course: Course, told: Reported) -> Course:
    delivered = told.status is DeliveryStatus.DELIVERED
    known = course.step(told.number)
    if known is None or known.state == StepState.PASSED_OVER:
        return course
    if known.state == StepState.DELIVERED or (known.state == StepState.SENT and not delivered):
        return course
    if known.state == StepState.FAILED and not (delivered or known.reason == NOT_TAKEN):
        return course  # it was sent first, and then it failed
    return _changed(
        course,
        told.number,
        known.state,
        state=StepState.DELIVERED if delivered else StepState.SENT,
        reason=None,
        sent_at=known.sent_at or told.sent_at,
    )


def _unknown(course: Course, told: Reported) -> Course:
    return _changed(course, told.number, StepState.WITH_SENDER, state=StepState.UNKNOWN)


def _failed(course: Course, told: Reported) -> Course:
    known = course.step(told.number)
    if not told.final or known is None:
        return course
    failed = _changed(
        course,
        told.number,
        *(StepState.WITH_SENDER, StepState.SENT, StepState.UNKNOWN),
        state=StepState.FAILED,
        reason=told.reason or told.failure,
        sent_at=known.sent_at or told.sent_at,
    )
    if told.failure is FailureClass.OPTED_OUT and failed != course and not course.stopped:
        return _stopped(failed, Reason.OPTED_OUT)
    return failed


def _cancelled(course: Course, told: Reported) -> Course:
    return _changed(
        course,
        told.number,
        StepState.WITH_SENDER,
        state=StepState.CANCELLED,
        reason=told.reason,
    )


_RULES: Mapping[DeliveryStatus, Callable[[Course, Reported], Course]] = {
    DeliveryStatus.SENT: _went_out,
    DeliveryStatus.DELIVERED: _went_out,
    DeliveryStatus.UNKNOWN: _unknown,
    DeliveryStatus.FAILED: _failed,
    DeliveryStatus.CANCELLED: _cancelled,
}


def _reported(course: Course, told: Reported) -> Course:
    """What went out stays so, unless it failed for good; only a receipt undoes a failure."""
    rule = _RULES.get(told.status)
    return rule(course, told) if rule else course


def _not_taken(course: Course, number: int) -> Course:
    """It counts as seen all the same: its sender may have died before it could tell."""
    state = StepState.CANCELLED if course.stopped else StepState.FAILED
    reason = course.stopped or NOT_TAKEN
    return _changed(course, number, StepState.WITH_SENDER, state=state, reason=reason)


def _stopped(course: Course, reason: str) -> Course:
    answered = course.status == InvitationStatus.ANSWERED or reason == ANSWERED
    if course.stopped and not answered:
        return course
    waiting = course.waiting()
    if waiting is not None:
        course = _put_back(course, waiting, reason)
    return structs.replace(
        course,
        stopped=course.stopped or reason,
        status=InvitationStatus.ANSWERED if answered else course.status,
    )


def _put_back(course: Course, waiting: Step, reason: str) -> Course:
    state = StepState.CANCELLED
    return _changed(course, waiting.number, StepState.WAITING, state=state, reason=reason)


def _was_put_back(step: Step) -> bool:
    return step.state == StepState.CANCELLED and step.reason in (ASK_FAILED, ASK_ARRIVED)


def _last(course: Course) -> Step | None:
    """The last step, in the order of the plan, that was tried, or could not be."""
    tried = [s for s in course.steps if s.state != StepState.WAITING and not _was_put_back(s)]
    return tried[-1] if tried else None


def _continued(course: Course, now: datetime) -> Course:
    """With the step that follows waiting, and no other."""
    last, waiting = _last(course), course.waiting()
    if last is None or (waiting and last.state == StepState.PASSED_OVER):
        return course  # nothing was tried yet
    wanted = _wanted(course, last, now)
    if waiting is not None:
        if wanted is not None and wanted.number == waiting.number:
            return course
        failed = last.state == StepState.FAILED
        course = _put_back(course, waiting, ASK_FAILED if failed else ASK_ARRIVED)
    if wanted is None:
        return course
    others = [step for step in course.steps if step.number != wanted.number]
    steps = tuple(sorted((*others, wanted), key=lambda step: step.number))
    return structs.replace(course, steps=steps)


def _wanted(course: Course, last: Step, now: datetime) -> Step | None:
    """The step that follows `last`, due; None: none does."""
    conditions = _conditions(last)
    if course.stopped or not conditions or now >= course.answers_until:
        return None
    if sum(map(_may_be_seen, course.steps)) >= MOST_SEEN:
        return None
    number = next_number(course.plan, last.number, *conditions)
    known = course.step(number) if number is not None else None
    if number is None or not (
        known is None or known.state == StepState.WAITING or _was_put_back(known)
    ):
        return None
    planned = course.plan.steps[number]
    silent = conditions == (When.SILENT,)
    due_at = (last.sent_at or now) + timedelta(seconds=planned.after) if silent else now
    if due_at >= course.answers_until:
        return None
    return Step(
        number=number,
        kind=_kind(course, planned.channel),
        channel=planned.channel,
        state=StepState.WAITING,
        due_at=due_at,
        send_by=min(due_at + timedelta(seconds=course.plan.validity), course.answers_until),
    )


def _conditions(last: Step) -> tuple[When, ...]:
    if last.state in _OUT:
        return (When.SILENT,)
    if last.state == StepState.FAILED:
        return (When.FAILED,)
    if last.state == StepState.PASSED_OVER:
        return (When.NO_CONSENT, When.FAILED)
    return ()


def _kind(course: Course, channel: Channel) -> StepKind:
    if any(step.state in _LIVE and step.channel == channel for step in course.steps):
        return StepKind.REMINDER
    tried = any(step.state in _LIVE | {StepState.FAILED} for step in course.steps)
    return StepKind.FALLBACK if tried else StepKind.ASK


def _may_be_seen(step: Step) -> bool:
    return step.state in _LIVE or step.reason == NOT_TAKEN


def _settled(course: Course) -> Course:
    """With the status that its steps amount to."""
    if course.status == InvitationStatus.ANSWERED:
        return structs.replace(course, reason=None)
    if any(step.state in _LIVE for step in course.steps):
        return structs.replace(course, status=InvitationStatus.ASKED, reason=None)
    if course.waiting():
        return structs.replace(course, status=InvitationStatus.PENDING, reason=None)
    last = _last(course) or course.steps[-1]
    failed = last.state == StepState.FAILED
    status = InvitationStatus.FAILED if failed else InvitationStatus.CANCELLED
    return structs.replace(course, status=status, reason=last.reason)


def _called_back(before: Course, happening: Happening, now: datetime) -> tuple[int, ...]:
    if isinstance(happening, NotTaken):  # it may wake up later
        return (happening.number,)
    stops = isinstance(happening, Stopped) or (
        isinstance(happening, Reported) and happening.failure is FailureClass.OPTED_OUT
    )
    if not stops:
        return ()
    own = happening.number if isinstance(happening, Reported) else None
    return tuple(
        step.number
        for step in before.steps
        if step.state == StepState.WITH_SENDER and now < step.send_by and step.number != own
    )


def _to_report(before: Course, settled: Course, happening: Happening) -> tuple[int, ...]:
    """What no sender took; and the end of an invitation that no sender ever had."""
    if isinstance(happening, NotTaken):
        return (happening.number,)
    if isinstance(happening, Reported) or settled.status != InvitationStatus.CANCELLED:
        return ()
    if before.status in _OVER or any(s.state == StepState.FAILED for s in settled.steps):
        return ()
    last = _last(settled)
    return (last.number,) if last else ()


def _frees_slot(before: Course, settled: Course) -> bool:
    """Once: when the invitation ends and nothing went out."""
    ends = settled.status in _OVER and before.status not in _OVER
    return ends and not any(step.sent_at for step in settled.steps)
