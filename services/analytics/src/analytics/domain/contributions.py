"""What one fact adds to which cell: the one definition behind rollups, rebuild and audit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from analytics.domain.facts import Call, Fact, Step, counted
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.sends import DeliveryStatus, FailureClass, StepKind


class Dimension(StrEnum):
    """What figures can be cut by. A call is in one cell of each, under "" when it has no value."""

    TOTAL = "total"
    CHANNEL = "channel"
    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
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
    Reason.UNKNOWN,  # of a newer version
)
SLOTS = Slot.REASON_0 + len(REASONS)
_REASON_SLOT = {str(reason): Slot.REASON_0 + index for index, reason in enumerate(REASONS)}
_Slots = tuple[int, ...]
_ASKS = (StepKind.ASK, StepKind.FALLBACK)
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
        reason = _REASON_SLOT.get(fact.call.reason, _REASON_SLOT[Reason.UNKNOWN])
        return (int(Slot.CALLS), reason)
    if not fact.replies:
        return (*_ASKED, *_sending(fact.steps)) if fact.steps else _ASKED
    reply = counted(fact)
    assert reply is not None
    return _answering(reply.score, reply.state is ResponseState.FINISHED)


@lru_cache(1_000)
def _answering(score: int | None, finished: bool) -> _Slots:
    found = [*_ASKED, Slot.SENT, Slot.DELIVERED, Slot.STARTED]
    if score is not None:
        found.append(Slot.ANSWERED)
    if finished:
        found.append(Slot.FINISHED)
    if score is not None and 0 <= score <= HIGHEST_SCORE:
        found.append(Slot.SCORE_0 + score)
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


@dataclass(frozen=True, slots=True)
class Share:
    """A fact with where it counts one: in these slots of one cell per dimension."""

    fact: Fact
    slots: tuple[int, ...]
    channel: str


def share(fact: Fact) -> Share:
    return Share(fact, slots(fact), channel(fact))


def contributions(fact: Fact) -> Mapping[Cell, tuple[int, ...]]:
    """Cell -> the slots in which this fact counts one."""
    tally = Tally()
    tally.add(share(fact))
    return {
        cell: tuple(slot for slot, times in enumerate(counts) if times)
        for cell, counts in tally.counts().items()
    }


_Kind = tuple[str, Call, str, _Slots, _Slots]  # workspace, call, channel, gained, lost


@lru_cache(1_000)
def _difference(old: _Slots, new: _Slots) -> tuple[_Slots, _Slots]:
    """Gained and lost."""
    return tuple(set(new) - set(old)), tuple(set(old) - set(new))


class Tally:
    """Changes of counts, per cell; what comes and goes within a batch cancels out.

    Alike changes are counted before they are spread over dimensions and slots: a batch has many
    facts and few kinds of them, and spreading each would cost more than all its other work.
    """

    def __init__(self) -> None:
        self._kinds: list[_Kind] = []

    def add(self, new: Share) -> None:
        self._note(new, new.slots, ())

    def change(self, old: Share, new: Share) -> None:
        """New minus old contributions."""
        if old.fact.call is not new.fact.call or old.channel != new.channel:
            self._note(old, (), old.slots)
            self._note(new, new.slots, ())
        elif old.slots != new.slots:
            self._note(new, *_difference(old.slots, new.slots))

    def _note(self, share: Share, gained: _Slots, lost: _Slots) -> None:
        call = share.fact.call
        if call is not None and (gained or lost):
            self._kinds.append((share.fact.workspace, call, share.channel, gained, lost))

    def counts(self) -> dict[Cell, list[int]]:
        """Days and months, sorted by key, without those in which nothing changed."""
        every: dict[Cell, list[int]] = {}
        for (workspace, day, survey, metric, gained, lost), found in self._spread().items():
            month = day.replace(day=1)
            for dimension, times in zip(Dimension, found, strict=True):
                for value, n in times.items():
                    for cell in (
                        Cell(workspace, dimension, "d", day, value, survey, metric),
                        Cell(workspace, dimension, "m", month, value, survey, metric),
                    ):
                        _count(every.setdefault(cell, [0] * SLOTS), n, gained, lost)
        return {cell: every[cell] for cell in sorted(every) if any(every[cell])}

    def _spread(self) -> dict[tuple[str, date, str, str, _Slots, _Slots], list[dict[str, int]]]:
        """Per place and change: for each dimension, how often with each value."""
        spread: dict[tuple[str, date, str, str, _Slots, _Slots], list[dict[str, int]]] = {}
        for (workspace, call, channel, gained, lost), n in Counter(self._kinds).items():
            place = (workspace, call.day, call.survey, call.metric, gained, lost)
            found = spread.get(place)
            if found is None:
                found = spread[place] = [{} for _ in Dimension]
            for times, value in zip(found, ("", channel, *call.keys()), strict=True):
                times[value] = times.get(value, 0) + n
        return spread


def _count(counts: list[int], n: int, gained: Iterable[int], lost: Iterable[int]) -> None:
    for slot in gained:
        counts[slot] += n
    for slot in lost:
        counts[slot] -= n


def add(one: list[int], other: list[int]) -> list[int]:
    """Slot by slot."""
    return [a + b for a, b in zip(one, other, strict=True)]
