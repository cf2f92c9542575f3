"""What follows: the step that comes next, the invitation's status, who is told, the slot."""

from datetime import datetime, timedelta

from msgspec import structs

from common.config import When
from common.events.sends import FailureClass, StepKind
from common.events.values import Channel
from orchestrator.domain.channel_plan.course import (
    ASK_ARRIVED,
    ASK_FAILED,
    LIVE,
    MOST_SEEN,
    NOT_TAKEN,
    OUT,
    OVER,
    Course,
    InvitationStatus,
    Step,
    StepState,
    next_number,
)
from orchestrator.domain.channel_plan.happenings import (
    Effect,
    Happening,
    NotTaken,
    Reported,
    Stopped,
)
from orchestrator.domain.channel_plan.moves import moved, put_back


def after(course: Course, happening: Happening, now: datetime) -> Effect:
    """What follows; the same course when nothing does."""
    went_on = moved(course, happening)
    if went_on == course:
        return Effect(course=course)
    settled = _settled(_continued(went_on, now))
    return Effect(
        course=settled,
        call_back=_called_back(course, happening, now),
        report=_to_report(course, settled, happening),
        frees_slot=_frees_slot(course, settled),
    )


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
        course = put_back(course, waiting, ASK_FAILED if failed else ASK_ARRIVED)
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
    waits = silent or planned.channel == last.channel  # who was busy is rung again later
    since = (last.sent_at or now) if silent else now
    due_at = since + timedelta(seconds=planned.after) if waits else now
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
    if last.state in OUT:
        return (When.SILENT,)
    if last.state == StepState.FAILED:
        return (When.FAILED,)
    if last.state == StepState.PASSED_OVER:
        return (When.NO_CONSENT, When.FAILED)
    return ()


def _kind(course: Course, channel: Channel) -> StepKind:
    if any(step.state in LIVE and step.channel == channel for step in course.steps):
        return StepKind.REMINDER
    tried = any(step.state in LIVE | {StepState.FAILED} for step in course.steps)
    return StepKind.FALLBACK if tried else StepKind.ASK


def _may_be_seen(step: Step) -> bool:
    return step.state in LIVE or step.reason == NOT_TAKEN


def _settled(course: Course) -> Course:
    """With the status that its steps amount to."""
    if course.status == InvitationStatus.ANSWERED:
        return structs.replace(course, reason=None)
    if any(step.state in LIVE for step in course.steps):
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
        if step.number != own and (_may_be_kept(step, now) or _rings(step))
    )


def _may_be_kept(step: Step, now: datetime) -> bool:
    return step.state == StepState.WITH_SENDER and now < step.send_by


def _rings(step: Step) -> bool:
    """It went out, and nobody has heard it so far: who picks up then need not be asked."""
    return step.state == StepState.SENT and step.channel is Channel.IVR


def _to_report(before: Course, settled: Course, happening: Happening) -> tuple[int, ...]:
    """What no sender took; and the end of an invitation that no sender ever had."""
    if isinstance(happening, NotTaken):
        return (happening.number,)
    if isinstance(happening, Reported) or settled.status != InvitationStatus.CANCELLED:
        return ()
    if before.status in OVER or any(s.state == StepState.FAILED for s in settled.steps):
        return ()
    last = _last(settled)
    return (last.number,) if last else ()


def _frees_slot(before: Course, settled: Course) -> bool:
    """Once: when the invitation ends and nothing went out."""
    ends = settled.status in OVER and before.status not in OVER
    return ends and not any(step.sent_at for step in settled.steps)
