"""What one fact adds to which cell: the one definition behind rollups, rebuild and audit."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

from analytics.domain.facts import Fact, Step, counted
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.sends import DeliveryStatus, FailureClass


class Dimension(StrEnum):
    """What figures can be cut by. A call is in one cell of each, under "" when it has no value."""

    TOTAL = "total"
    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
    CHANNEL = "channel"
    NUMBER = "number"
    SITE = "site"
    REGION = "region"
    DISPOSITION = "disposition"


class Slot(IntEnum):
    """Positions in a cell's counts. Stored: new ones go to the end of the vector, none moves."""

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
    SCORE_0 = 12  # to SCORE_0 + 10
    REASON_0 = 23  # REASONS, in order


HIGHEST_SCORE = 10
REASONS: tuple[Reason, ...] = (
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
)
SLOTS = Slot.REASON_0 + len(REASONS)
_REASON_SLOT = {reason: Slot.REASON_0 + index for index, reason in enumerate(REASONS)}
_ASKED = (int(Slot.CALLS), int(Slot.ASKED))


class Cell(NamedTuple):
    """The key of one row of counts; sorting by it is the order in which rows are locked."""

    workspace: str
    dimension: str
    grain: Literal["d", "m"]  # `start` is a day, or the first day of a month
    start: date
    value: str
    survey: str
    metric: str


def slots(fact: Fact) -> tuple[int, ...]:
    """Where the fact counts one, ascending; empty for tests and before the decision is known."""
    if fact.call is None or fact.test:
        return ()
    if fact.call.reason is not None:
        return (int(Slot.CALLS), _REASON_SLOT[fact.call.reason])
    if not fact.replies:
        return (*_ASKED, *_sending(fact.steps))
    found = [*_ASKED, Slot.SENT, Slot.DELIVERED, Slot.STARTED]
    reply = counted(fact)
    assert reply is not None
    if reply.score is not None:
        found.append(Slot.ANSWERED)
    if reply.state is ResponseState.FINISHED:
        found.append(Slot.FINISHED)
    if reply.score is not None and 0 <= reply.score <= HIGHEST_SCORE:
        found.append(Slot.SCORE_0 + reply.score)
    return tuple(map(int, found))


def _sending(steps: Iterable[Step]) -> list[int]:
    """How far an invitation without an answer came."""
    states = {step.status for step in steps}
    delivered = DeliveryStatus.DELIVERED in states or any(step.delivered_at for step in steps)
    sent = delivered or DeliveryStatus.SENT in states or any(step.sent_at for step in steps)
    failed = DeliveryStatus.FAILED in states and not delivered
    unknown = DeliveryStatus.UNKNOWN in states and not sent
    cancelled = DeliveryStatus.CANCELLED in states and not (sent or failed or unknown)
    reached = {
        Slot.SENT: sent,
        Slot.DELIVERED: delivered,
        Slot.FAILED: failed,
        Slot.UNKNOWN: unknown,
        Slot.CANCELLED: cancelled,
        Slot.OPTED_OUT: not sent and any(map(_opted_out, steps)),
    }
    return [int(slot) for slot, yes in reached.items() if yes]


def _opted_out(step: Step) -> bool:
    return step.failure is FailureClass.OPTED_OUT or step.reason == "opted_out"


def channel(fact: Fact) -> str:
    """Where it was answered, else where it was last sent, else where it was planned."""
    if reply := counted(fact):
        return reply.channel
    sent = [(step.sent_at, step.id, step.channel) for step in fact.steps if step.sent_at]
    if sent:
        return max(sent)[2]
    return fact.call.channel if fact.call else ""


def cells(fact: Fact) -> list[Cell]:
    """One day's cell per dimension."""
    call = fact.call
    if call is None:
        return []
    values = (
        (Dimension.TOTAL, ""),
        (Dimension.QUEUE, call.queue),
        (Dimension.AGENT, call.agent),
        (Dimension.TEAM, call.team),
        (Dimension.CHANNEL, channel(fact)),
        (Dimension.NUMBER, call.number),
        (Dimension.SITE, call.site),
        (Dimension.REGION, call.region),
        (Dimension.DISPOSITION, call.disposition),
    )
    place = (call.survey, call.metric)
    return [
        Cell(fact.workspace, str(dimension), "d", call.day, value, *place)
        for dimension, value in values
    ]


def contributions(fact: Fact) -> Mapping[Cell, tuple[int, ...]]:
    """Cell -> the slots in which this fact counts one. Months are sums of days (`with_months`)."""
    reached = slots(fact)
    return dict.fromkeys(cells(fact), reached) if reached else {}


class Tally:
    """Changes of counts, per cell; what comes and goes within a batch cancels out."""

    def __init__(self) -> None:
        self._days: dict[Cell, list[int]] = {}

    def add(self, fact: Fact) -> None:
        self._count(contributions(fact), 1)

    def change(self, old: Fact, new: Fact) -> None:
        """New minus old contributions."""
        before, after = slots(old), slots(new)
        if old.call is new.call and channel(old) == channel(new):  # the usual case, at half price
            places = cells(new)
            self._count(dict.fromkeys(places, tuple(set(after) - set(before))), 1)
            self._count(dict.fromkeys(places, tuple(set(before) - set(after))), -1)
            return
        self._count(contributions(old), -1)
        self._count(contributions(new), 1)

    def _count(self, places: Mapping[Cell, tuple[int, ...]], sign: int) -> None:
        for cell, reached in places.items():
            counts = self._days.get(cell)
            if counts is None:
                counts = self._days[cell] = [0] * SLOTS
            for slot in reached:
                counts[slot] += sign

    def counts(self) -> dict[Cell, list[int]]:
        """Days and months, sorted by key, without those in which nothing changed."""
        every: dict[Cell, list[int]] = {}
        for cell, counts in self._days.items():
            if not any(counts):
                continue
            every[cell] = counts
            month = cell._replace(grain="m", start=cell.start.replace(day=1))
            known = every.get(month)
            every[month] = counts if known is None else add(known, counts)
        return {cell: every[cell] for cell in sorted(every) if any(every[cell])}


def add(one: list[int], other: list[int]) -> list[int]:
    """Slot by slot."""
    return [a + b for a, b in zip(one, other, strict=True)]
