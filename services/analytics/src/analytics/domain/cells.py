"""Cells: the sums that rollups hold, and what changes of facts add to them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from analytics.domain.contributions import SLOTS, Contribution
from analytics.domain.facts import Call
from analytics.domain.instruments import WIDEST, Given, Instrument

assert SLOTS <= WIDEST  # one bound for every vector


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


class Cell(NamedTuple):
    """The key of one row of counts; sorting by it is the order in which rows are locked.

    A funnel (`question` is "") counts slots, and its metric is that of the survey, that is of its
    first question. Any other cell counts the values of its instrument, from `low` to `high`.
    """

    workspace: str
    dimension: str
    grain: Literal["d", "m"]  # `start` is a day, or the first day of a month
    start: date
    value: str
    survey: str
    question: str
    metric: str
    low: int
    high: int
    first: bool

    @property
    def instrument(self) -> Instrument | None:
        """None of a funnel."""
        return Instrument(*self[5:]) if self.question else None

    @property
    def width(self) -> int:
        """How many counts it has."""
        return self.high - self.low + 1 if self.question else SLOTS


class _Change(NamedTuple):
    """Where something comes to count one, and where it no longer does."""

    gained: tuple[int, ...]
    lost: tuple[int, ...]
    given: tuple[Given, ...] = ()
    withdrawn: tuple[Given, ...] = ()


_Kind = tuple[str, Call, str, _Change]  # workspace, call, channel
_Place = tuple[str, date, str, str, _Change]  # workspace, day, survey, metric


@lru_cache(1_000)
def _difference(
    old: tuple[int, ...], new: tuple[int, ...], had: tuple[Given, ...], has: tuple[Given, ...]
) -> _Change:
    return _Change(
        tuple(set(new) - set(old)),
        tuple(set(old) - set(new)),
        tuple(set(has) - set(had)),
        tuple(set(had) - set(has)),
    )


class Tally:
    """Changes of counts, per cell; what comes and goes within a batch cancels out.

    Alike changes are counted before they are spread over dimensions and slots: a batch has many
    facts and few kinds of them, and spreading each would cost more than all its other work.
    """

    def __init__(self) -> None:
        self._kinds: list[_Kind] = []

    def add(self, new: Contribution) -> None:
        self._note(new, _Change(new.slots, (), new.answers))

    def change(self, old: Contribution, new: Contribution) -> None:
        """New minus old."""
        if old.fact.call is not new.fact.call or old.channel != new.channel:
            self._note(old, _Change((), old.slots, (), old.answers))
            self._note(new, _Change(new.slots, (), new.answers))
        elif old.slots != new.slots or old.answers != new.answers:
            self._note(new, _difference(old.slots, new.slots, old.answers, new.answers))

    def _note(self, of: Contribution, change: _Change) -> None:
        call = of.fact.call
        if call is not None and any(change):
            self._kinds.append((of.fact.workspace, call, of.channel, change))

    def counts(self) -> dict[Cell, list[int]]:
        """Days and months, sorted by key, without those in which nothing changed."""
        every: dict[Cell, list[int]] = {}
        for (workspace, day, survey, metric, change), found in self._spread().items():
            parts = _parts(survey, metric, change)
            starts: Sequence[tuple[Literal["d", "m"], date]] = (
                ("d", day),
                ("m", day.replace(day=1)),
            )
            for dimension, times in zip(Dimension, found, strict=True):
                for value, n in times.items():
                    for grain, start in starts:
                        for rest, gained, lost in parts:
                            cell = Cell(workspace, dimension, grain, start, value, *rest)
                            counts = every.get(cell)
                            if counts is None:
                                counts = every[cell] = [0] * cell.width
                            _count(counts, n, gained, lost)
        return {cell: every[cell] for cell in sorted(every) if any(every[cell])}

    def _spread(self) -> Mapping[_Place, list[dict[str, int]]]:
        """Per place and change: for each dimension, how often with each value."""
        spread: dict[_Place, list[dict[str, int]]] = {}
        for (workspace, call, channel, change), n in Counter(self._kinds).items():
            place = (workspace, call.day, call.survey, call.metric, change)
            found = spread.get(place)
            if found is None:
                found = spread[place] = [{} for _ in Dimension]
            for times, value in zip(found, ("", channel, *call.keys()), strict=True):
                times[value] = times.get(value, 0) + n
        return spread


_Part = tuple[tuple[str, str, str, int, int, bool], Iterable[int], Iterable[int]]


def _parts(survey: str, metric: str, change: _Change) -> list[_Part]:
    """The funnel's part of a change and those of its instruments: key, places gained and lost."""
    found: dict[tuple[str, str, str, int, int, bool], tuple[list[int], list[int]]] = {}
    for index, answers in enumerate((change.given, change.withdrawn)):
        for one in answers:
            found.setdefault(one.instrument, ([], []))[index].append(one.place)
    parts: list[_Part] = [(rest, *places) for rest, places in found.items()]
    if change.gained or change.lost:
        parts.append(((survey, "", metric, 0, 0, False), change.gained, change.lost))
    return parts


def _count(counts: list[int], n: int, gained: Iterable[int], lost: Iterable[int]) -> None:
    for place in gained:
        counts[place] += n
    for place in lost:
        counts[place] -= n


def add(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Place by place."""
    return [a + b for a, b in zip(one, other, strict=True)]
