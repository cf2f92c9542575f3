"""The columns of a fact that are kept for reading, and whether they say what the fact says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from analytics.domain.contributions import Contribution, contribution
from analytics.domain.facts import Call, Fact, answered_at, counted
from analytics.domain.instruments import codes


class Derived(NamedTuple):
    """`answers` are codes, in order, so that the same answers are the same value."""

    slots: tuple[int, ...]
    answers: tuple[str, ...]
    channel: str
    score: int | None
    answered_at: datetime | None
    answered_day: date | None  # in the zone of the call


def derived(new: Contribution, zone: ZoneInfo) -> Derived:
    """`zone` is used until the call's own is known."""
    reply = counted(new.fact)
    at: datetime | None = None
    day: date | None = None
    if reply is not None and reply.score is not None:
        at = answered_at(reply)
        day = at.astimezone(ZoneInfo(new.fact.call.zone) if new.fact.call else zone).date()
    return Derived(
        slots=new.slots,
        answers=codes(new.answers) if new.answers else (),
        channel=new.channel,
        score=None if reply is None else reply.score,
        answered_at=at,
        answered_day=day,
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact as its row has it: made of `fact`, and with what was derived from it."""

    fact: Fact
    writes: int
    ended_at: datetime | None
    agents: Sequence[str]
    teams: Sequence[str]
    derived: Derived

    def moved(self, zone: str) -> Fact:
        """The fact with the call's day in this zone."""
        call = self.fact.call
        if call is None or self.ended_at is None:
            return self.fact
        day = self.ended_at.astimezone(ZoneInfo(zone)).date()
        return replace(self.fact, call=call._replace(day=day, zone=zone))

    def corrected(self) -> Fact:
        """The fact with the day, agent and team that the rest of its row says."""
        call = self.fact.call
        if call is None:
            return self.fact
        right = self.moved(call.zone)
        assert right.call is not None
        agent, team = (values[-1] if values else "" for values in (self.agents, self.teams))
        return replace(right, call=right.call._replace(agent=agent, team=team))

    def differences(self) -> Iterator[tuple[str, object, object]]:
        """Column, what it is, what it must be."""
        right = self.corrected()
        if self.fact.call is not None and right.call is not None:
            yield from _unlike(self.fact.call, right.call)
        expected = derived(contribution(right), ZoneInfo("UTC"))
        if right.call is None:  # in which zone an answer came is not kept without a call
            expected = expected._replace(answered_day=self.derived.answered_day)
        yield from _unlike(self.derived, expected)


N = TypeVar("N", Call, Derived)


def _unlike(stored: N, expected: N) -> Iterator[tuple[str, object, object]]:
    for name, is_, must in zip(stored._fields, stored, expected, strict=True):
        if is_ != must:
            yield name, is_, must
