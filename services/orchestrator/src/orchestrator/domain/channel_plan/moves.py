"""What a happening says about the steps themselves; what follows is another matter."""

from collections.abc import Callable, Mapping

from msgspec import structs

from common.events.decisions import Reason
from common.events.sends import DeliveryStatus, FailureClass
from orchestrator.domain.channel_plan.course import (
    ANSWERED,
    NOT_TAKEN,
    Course,
    InvitationStatus,
    Step,
    StepState,
    changed,
)
from orchestrator.domain.channel_plan.happenings import (
    HandedOver,
    Happening,
    NotTaken,
    PutOff,
    Reported,
    Stopped,
    Unusable,
)


def moved(course: Course, happening: Happening) -> Course:
    """The same course where it says nothing new."""
    waiting = StepState.WAITING
    match happening:
        case Reported():
            return _reported(course, happening)
        case NotTaken(number):
            return _not_taken(course, number)
        case HandedOver(number):
            return changed(course, number, waiting, state=StepState.WITH_SENDER)
        case PutOff(number, until, None):
            return changed(course, number, waiting, due_at=until)
        case PutOff(number, until, send_by):
            return changed(course, number, waiting, due_at=until, send_by=send_by)
        case Unusable(number, reason):
            return changed(course, number, waiting, state=StepState.PASSED_OVER, reason=reason)
        case Stopped(reason):
            return _stopped(course, reason)


def _went_out(course: Course, told: Reported) -> Course:
    delivered = told.status is DeliveryStatus.DELIVERED
    known = course.step(told.number)
    if known is None or known.state == StepState.PASSED_OVER:
        return course
    if known.state == StepState.DELIVERED or (known.state == StepState.SENT and not delivered):
        return course
    if known.state == StepState.FAILED and not (delivered or known.reason == NOT_TAKEN):
        return course  # it was sent first, and then it failed
    return changed(
        course,
        told.number,
        known.state,
        state=StepState.DELIVERED if delivered else StepState.SENT,
        reason=None,
        sent_at=known.sent_at or told.sent_at,
    )


def _unknown(course: Course, told: Reported) -> Course:
    return changed(course, told.number, StepState.WITH_SENDER, state=StepState.UNKNOWN)


def _failed(course: Course, told: Reported) -> Course:
    known = course.step(told.number)
    if not told.final or known is None:
        return course
    failed = changed(
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
    return changed(
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
    return changed(course, number, StepState.WITH_SENDER, state=state, reason=reason)


def _stopped(course: Course, reason: str) -> Course:
    answered = course.status == InvitationStatus.ANSWERED or reason == ANSWERED
    if course.stopped and not answered:
        return course
    waiting = course.waiting()
    if waiting is not None:
        course = put_back(course, waiting, reason)
    return structs.replace(
        course,
        stopped=course.stopped or reason,
        status=InvitationStatus.ANSWERED if answered else course.status,
    )


def put_back(course: Course, waiting: Step, reason: str) -> Course:
    state = StepState.CANCELLED
    return changed(course, waiting.number, StepState.WAITING, state=state, reason=reason)
