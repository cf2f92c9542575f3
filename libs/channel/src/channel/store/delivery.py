"""A send's life, pure: queued, claimed, sent, delivered; failed, unknown, cancelled.

Each function returns the send as it is afterwards, or the same object when nothing follows.
What was delivered, failed or cancelled stays so; only an answer is better evidence than a receipt.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Deferred,
    NothingLeft,
    Outcome,
    Rejected,
    Report,
    Throttled,
)
from channel.store.schema import Key
from common.events.enumeration import OpenEnum
from common.events.sends import DeliveryStatus, FailureClass, StepKind

_MAY_HAVE_LEFT = frozenset({DeliveryStatus.CLAIMED, DeliveryStatus.SENT, DeliveryStatus.UNKNOWN})
# Until a look-up: callbacks usually settle an unknown send within seconds. After the last, closed.
LOOK_UPS = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1))


class SendKind(OpenEnum):
    STEP = "step"
    FOLLOW_UP = "follow_up"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One message to one person. `revision` counts the changes that others are told."""

    id: UUID
    kind: SendKind
    workspace: str
    contact_id: UUID
    state: DeliveryStatus
    due_at: datetime
    expires_at: datetime
    provider: str | None = None
    account: str | None = None
    sender: str | None = None  # our number
    invitation_id: UUID | None = None
    interaction_id: UUID | None = None
    test: bool = False
    despite_stop: bool = False  # the one confirmation of a STOP
    step_kind: StepKind = StepKind.ASK
    number: int = 0  # of a step within its invitation
    continues: int | None = None  # a reminder: number of the step that it repeats
    attempts: int = 0
    revision: int = 0
    provider_message_id: str | None = None
    failure: str | None = None
    reason: str | None = None
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None  # the person saw it, where the provider tells
    closed_at: datetime | None = None
    look_up_at: datetime | None = None
    look_ups: int = 0
    seconds: int | None = None  # of a call, where the provider tells
    transferred: int | None = None  # seconds with a person it was put through to
    called_back: str | None = None  # why nobody should see it, though it was claimed by then

    @property
    def reminder(self) -> bool:
        """A step that asks again what an earlier one asked, in the same conversation."""
        return self.step_kind is StepKind.REMINDER

    @property
    def key(self) -> Key:
        return self.workspace, self.id

    @property
    def contact(self) -> Key:
        return self.workspace, self.contact_id

    @property
    def final(self) -> bool:
        """Nothing but an answer will change it."""
        over = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
        return self.state in over or self.closed_at is not None


def _moved(send: Send, state: DeliveryStatus, **changes: Any) -> Send:
    """To another state; what others are told about gets a higher revision."""
    untold = (DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED)
    revision = send.revision + (state not in untold)
    return replace(send, state=state, revision=revision, look_up_at=None, closed_at=None, **changes)


def claimed(send: Send, now: datetime) -> Send:
    """About to be posted; from here on it goes out at most once."""
    return replace(
        send, state=DeliveryStatus.CLAIMED, attempts=send.attempts + 1, claimed_at=now, reason=None
    )


def cancelled(send: Send, reason: str) -> Send:
    """What is claimed may still be held back, and a call that rings have nothing to ask."""
    if send.state is DeliveryStatus.QUEUED:
        return _moved(send, DeliveryStatus.CANCELLED, reason=reason)
    if send.state in _MAY_HAVE_LEFT:
        return replace(send, called_back=send.called_back or reason)
    return send


def impossible(send: Send, reason: str) -> Send:
    """It failed before anything was tried, for something of ours is missing."""
    return _moved(send, DeliveryStatus.FAILED, failure=FailureClass.CONFIG, reason=reason)


def refused(send: Send, failure: FailureClass, reason: str) -> Send:
    """It failed before it was tried, for it must not be said."""
    return _moved(send, DeliveryStatus.FAILED, failure=failure, reason=reason)


def put_off(send: Send, until: datetime) -> Send:
    """It stays queued: whether it may go out is not to be said now."""
    return replace(send, due_at=until)


def expired(send: Send) -> Send:
    """Not sent in time. `reason` keeps what it was waiting for, if it was tried."""
    if send.state is not DeliveryStatus.QUEUED:
        return send
    return _moved(send, DeliveryStatus.FAILED, failure=FailureClass.EXPIRED)


def lost(send: Send, now: datetime, *, reason: str) -> Send:
    """Claimed, and nobody knows whether it was posted."""
    if send.state is not DeliveryStatus.CLAIMED:
        return send
    moved = _moved(send, DeliveryStatus.UNKNOWN, reason=reason)
    return replace(moved, look_up_at=now + LOOK_UPS[0])


def recorded(
    send: Send, outcome: Outcome, now: datetime, *, attempt: int, pause: timedelta
) -> Send:
    """After the request of this attempt; `pause` is how long one that may be repeated waits.

    A callback can have been quicker than the answer, or a sweep have given up on it: then only
    better knowledge changes the state. When a record is written again because its commit was in
    doubt, the send may be claimed anew already: what an older attempt says is no news then.
    """
    if send.attempts != attempt:
        return send
    match outcome:
        case Accepted(provider_message_id):
            known = replace(send, provider_message_id=provider_message_id)
            if send.state not in (DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN):
                return known
            return _moved(known, DeliveryStatus.SENT, sent_at=now, reason=None)
        case Rejected(failure, code):
            if send.state not in (DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN):
                return send
            return _moved(send, DeliveryStatus.FAILED, failure=failure, reason=code)
        case Ambiguous(reason):
            return lost(send, now, reason=reason)
    if send.state is not DeliveryStatus.CLAIMED:
        return send
    return replace(
        send, state=DeliveryStatus.QUEUED, due_at=now + pause, reason=_waiting_for(outcome)
    )


def _waiting_for(outcome: NothingLeft | Throttled | Deferred | AccountRefused) -> str:
    match outcome:
        case NothingLeft(reason) | Deferred(reason):
            return reason
        case AccountRefused(code, sender_only):
            return f"{'sender' if sender_only else 'account'} refused: {code}"
    return "throttled"


def reported(send: Send, report: Report, now: datetime) -> Send:
    """What the provider tells about it, in whatever order it comes."""
    known = replace(
        send, provider_message_id=send.provider_message_id or report.provider_message_id
    )
    if report.seconds is not None:
        known = replace(known, seconds=report.seconds)
    if report.transferred is not None:
        known = replace(known, transferred=report.transferred)
    if report.read and send.state is not DeliveryStatus.FAILED:
        known = replace(known, read_at=known.read_at or now)
    was_tried = send.state is DeliveryStatus.QUEUED and send.attempts > 0
    if send.state not in _MAY_HAVE_LEFT and not was_tried:
        return known if send.state in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED) else send
    if report.status is DeliveryStatus.FAILED:
        return _moved(known, DeliveryStatus.FAILED, failure=report.failure, reason=report.code)
    sent_at = send.sent_at or now
    if report.status is DeliveryStatus.DELIVERED:
        return _moved(
            known, DeliveryStatus.DELIVERED, sent_at=sent_at, delivered_at=now, reason=None
        )
    if send.state is DeliveryStatus.SENT:
        return known
    return _moved(known, DeliveryStatus.SENT, sent_at=sent_at, reason=None)


def answered(send: Send, at: datetime) -> Send:
    """The person reacted to it, so it arrived, whatever the provider says."""
    if send.state is DeliveryStatus.DELIVERED:
        return send
    return _moved(
        send,
        DeliveryStatus.DELIVERED,
        sent_at=send.sent_at or send.claimed_at or at,
        delivered_at=at,
        failure=None,
        reason=None,
    )


def rung(send: Send, at: datetime, *, call: str) -> Send:
    """The person called us first, and is asked on that line; `call`: the provider's name of it.

    Our answer may be lost on its way: only what comes next on that call says that they heard it.
    """
    if send.state is not DeliveryStatus.QUEUED:
        return send
    return replace(claimed(send, at), provider_message_id=call)


def looked_up(send: Send, now: datetime) -> Send:
    """The provider was asked and knows nothing of it: ask once more later, or let it rest."""
    if send.state is not DeliveryStatus.UNKNOWN or send.closed_at is not None:
        return send
    done = send.look_ups + 1
    if done < len(LOOK_UPS):
        return replace(send, look_ups=done, look_up_at=now + LOOK_UPS[done])
    closed = replace(send, look_ups=done, look_up_at=None, closed_at=now)
    return replace(closed, revision=send.revision + 1)
