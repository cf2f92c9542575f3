"""What one fact counts as: the one definition behind rollups, rebuild and audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from analytics.domain.facts import Fact, Step, counted
from analytics.domain.instruments import Given, given
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.sends import DeliveryStatus, FailureClass, StepKind


class Slot(IntEnum):
    """Positions in a funnel's counts. Stored: new ones go to the end of the vector, none moves."""

    CALLS = 0
    ASKED = 1
    SENT = 2  # taken by a provider
    DELIVERED = 3  # an answer implies it
    STARTED = 4  # any answer at all
    ANSWERED = 5  # a score
    FINISHED = 6
    FAILED = 7  # a step failed, and none was delivered
    UNKNOWN = 8  # nobody knows whether it went out
    CANCELLED = 9  # never sent: the flow was disabled, the person called again, ...
    OPTED_OUT = 10  # refused or cancelled because the person had opted out
    REASON_0 = 11  # REASONS, in order; there is room for some more of them
    BOUNCED = 37  # sent, and then failed
    REFUSED = 38  # opted out after the ask, and answered nothing
    WITHDREW = 39  # opted out after the ask, whether answered or not


REASONS: tuple[str, ...] = (
    Reason.UNKNOWN,  # of a newer version
    Reason.DO_NOT_SURVEY,
    Reason.TOO_OLD,
    Reason.IN_THE_FUTURE,
    Reason.BEFORE_FLOW_ENABLED,
    Reason.NOT_CONNECTED,
    Reason.NO_FLOW,
    Reason.NO_ADDRESS,
    Reason.COUNTRY_NOT_ALLOWED,
    Reason.INTERNAL_NUMBER,
    Reason.NUMBER_DISABLED,
    Reason.TALK_TIME,
    Reason.OPTED_OUT,
    Reason.NO_CONSENT,
    Reason.SAMPLED_OUT,
    Reason.FREQUENCY_CAP,
    Reason.DAILY_CEILING,
    Reason.NO_SENDER,
    Reason.UNREACHABLE,
    Reason.PREFIX_CEILING,
    Reason.QUOTA,
    Reason.SHARED_CAP,
    Reason.DO_NOT_CONTACT,
    Reason.CLOSED,
    Reason.CONSENT_EXPIRED,
)
SLOTS = Slot.WITHDREW + 1
assert Slot.REASON_0 + len(REASONS) <= Slot.BOUNCED
_REASON_SLOT = {str(reason): Slot.REASON_0 + index for index, reason in enumerate(REASONS)}
KEPT_AWAY = _REASON_SLOT[Reason.DO_NOT_SURVEY]
_ASKS = (StepKind.ASK, StepKind.FALLBACK)
_ASKED = (int(Slot.CALLS), int(Slot.ASKED))
# Who says no to an ask has read it.
_REFUSED = (*_ASKED, *map(int, (Slot.SENT, Slot.DELIVERED, Slot.REFUSED, Slot.WITHDREW)))


@dataclass(frozen=True, slots=True)
class Contribution:
    """A fact with where it counts one, in a cell per dimension: these slots, these answers."""

    fact: Fact
    slots: tuple[int, ...]
    answers: tuple[Given, ...]
    channel: str


def contribution(fact: Fact) -> Contribution:
    found = slots(fact)
    reply = counted(fact) if Slot.STARTED in found else None
    return Contribution(fact, found, given(reply) if reply else (), channel(fact))


def slots(fact: Fact) -> tuple[int, ...]:
    """Where the fact counts one, ascending; empty for tests and before the decision is known."""
    if fact.call is None or fact.test:
        return ()
    if fact.call.reason is not None:
        reason = _REASON_SLOT.get(fact.call.reason, _REASON_SLOT[Reason.UNKNOWN])
        return (int(Slot.CALLS), reason)
    withdrew = fact.withdrew_at is not None
    reply = counted(fact)
    if reply is not None:
        scored, finished = reply.score is not None, reply.state is ResponseState.FINISHED
        return _answering(scored, finished, withdrew)
    if withdrew:
        return _REFUSED
    return (*_ASKED, *_sending(fact.steps)) if fact.steps else _ASKED


@lru_cache
def _answering(scored: bool, finished: bool, withdrew: bool) -> tuple[int, ...]:
    found = [*_ASKED, Slot.SENT, Slot.DELIVERED, Slot.STARTED]
    if scored:
        found.append(Slot.ANSWERED)
    if finished:
        found.append(Slot.FINISHED)
    if withdrew:
        found.append(Slot.WITHDREW)
    return tuple(map(int, found))


def _sending(steps: Iterable[Step]) -> list[int]:
    """How far an invitation without an answer came.

    It counts once however often it was asked: a reminder that arrived is evidence, one that did
    not says nothing about the ask before it.
    """
    states = {step.status for step in steps}
    delivered = DeliveryStatus.DELIVERED in states or any(step.delivered_at for step in steps)
    sent = delivered or DeliveryStatus.SENT in states or any(step.sent_at for step in steps)
    failed = not delivered and any(map(_failed, steps))
    unknown = DeliveryStatus.UNKNOWN in states and not sent
    cancelled = DeliveryStatus.CANCELLED in states and not (sent or failed or unknown)
    reached = {
        Slot.SENT: sent,
        Slot.DELIVERED: delivered,
        Slot.FAILED: failed,
        Slot.UNKNOWN: unknown,
        Slot.CANCELLED: cancelled,
        Slot.OPTED_OUT: not sent and any(map(_opted_out, steps)),
        Slot.BOUNCED: sent and failed,
    }
    return [int(slot) for slot, yes in reached.items() if yes]


def _failed(step: Step) -> bool:
    return step.status is DeliveryStatus.FAILED and step.kind in _ASKS


def _opted_out(step: Step) -> bool:
    return step.failure is FailureClass.OPTED_OUT or step.reason == "opted_out"


def channel(fact: Fact) -> str:
    """Where it was answered, else where it was last sent, else where it was planned."""
    if reply := counted(fact):
        return reply.channel
    sent = [(step.sent_at, step.id, step.channel) for step in fact.steps if step.sent_at]
    if sent:
        return max(sent)[2]
    return fact.call.planned_channel if fact.call else ""
