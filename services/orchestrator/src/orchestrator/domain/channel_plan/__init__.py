"""What follows in an invitation: given its plan, its steps so far and what happened. Pure.

A step is one try on one channel; its number is its place in the plan. At most one waits for its
time. What is tried next depends on the step of the highest number that was tried: it failed for
good, it went out and nobody answers, or its channel could not be used. An outcome that nobody
knows is waited for. Everything may be told twice, late and in any order.
"""

from orchestrator.domain.channel_plan.course import (
    ANSWERED,
    ASK_ARRIVED,
    ASK_FAILED,
    EXPIRED,
    FLOW_DISABLED,
    MOST_SEEN,
    NEWER_CALL,
    NOT_TAKEN,
    ChannelPlan,
    Course,
    InvitationStatus,
    PlannedStep,
    Step,
    StepState,
    continued_by,
    first_steps,
    next_number,
)
from orchestrator.domain.channel_plan.following import after
from orchestrator.domain.channel_plan.happenings import (
    Effect,
    HandedOver,
    Happening,
    NotTaken,
    PutOff,
    Reported,
    Stopped,
    Unusable,
)

__all__ = [
    "ANSWERED",
    "ASK_ARRIVED",
    "ASK_FAILED",
    "EXPIRED",
    "FLOW_DISABLED",
    "MOST_SEEN",
    "NEWER_CALL",
    "NOT_TAKEN",
    "ChannelPlan",
    "Course",
    "Effect",
    "HandedOver",
    "Happening",
    "InvitationStatus",
    "NotTaken",
    "PlannedStep",
    "PutOff",
    "Reported",
    "Step",
    "StepState",
    "Stopped",
    "Unusable",
    "after",
    "continued_by",
    "first_steps",
    "next_number",
]
