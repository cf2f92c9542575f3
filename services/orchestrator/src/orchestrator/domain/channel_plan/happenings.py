"""What can happen to an invitation, and what follows of it."""

from dataclasses import dataclass
from datetime import datetime

from common.events.sends import DeliveryStatus, FailureClass
from orchestrator.domain.channel_plan.course import Course


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
class PutOff:
    """Whether it may go out is not to be said now, or it is not open now: `send_by` moves then."""

    number: int
    until: datetime
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """The channel of a step that waits cannot be used."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """No further step: an answer, an opt-out, a newer call, a disabled flow, an erasure."""

    reason: str


Happening = Reported | NotTaken | HandedOver | PutOff | Unusable | Stopped


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
