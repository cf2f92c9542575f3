"""Where calls are in lists, and which of a packed day come next there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from uuid import UUID

from analytics.domain.packing import EPOCH, MICROSECOND, Day, Sieve
from analytics.domain.selection import Sort

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Place(NamedTuple):
    """Of a call within its day."""

    ended_at: datetime
    interaction: UUID


class Found(NamedTuple):
    """A call in a list, and where the next page begins. `score`: where lists are sorted by it."""

    day: date
    place: Place
    score: int | None = None


class Change(NamedTuple):
    """When an answer changed last, and which."""

    changed_at: datetime
    interaction: UUID

    @classmethod
    def before(cls, since: datetime) -> Self:
        """Before all that changed at that time or later."""
        return cls(since - MICROSECOND, UUID(int=2**128 - 1))


class Settled(NamedTuple):
    """Of changes: before `until` no more will come to those that can be read now."""

    until: datetime
    now: datetime  # by the database


def in_order(found: Sequence[Any], sort: Sort, place: Callable[[Any], Found]) -> list[Any]:
    """`place` tells the `Found` of each."""
    by_time = sorted(found, key=lambda one: place(one)[:2], reverse=sort is not Sort.OLDEST)
    if sort is not Sort.LOWEST_SCORE:
        return by_time
    return sorted(by_time, key=lambda one: rank(place(one).score))


def rank(score: int | None) -> tuple[bool, int]:
    """No score comes last."""
    return score is None, score or 0


def numbers_of(day: Day, sieve: Sieve, *, oldest: bool = False) -> "Array":
    """Of the day's facts that are wanted, the newest (or oldest) first."""
    import numpy as np

    found: Array = np.arange(day.facts)[sieve.places(day)]
    return found if oldest else found[::-1]


def places_of(
    day: Day, numbers: "Array", *, after: Place | None, most: int, oldest: bool = False
) -> list[Place]:
    """At most so many of these facts of the day, which has `ended` and `interactions`."""
    import numpy as np

    moments = np.frombuffer(day.columns["ended"], dtype="<i8")
    if after is not None:
        at = (after.ended_at - EPOCH) // MICROSECOND
        numbers = numbers[moments[numbers] >= at if oldest else moments[numbers] <= at]
    found: list[Place] = []
    for number in numbers.tolist():
        ended_at = EPOCH + int(moments[number]) * MICROSECOND
        name = day.columns["interactions"][16 * number : 16 * number + 16]
        place = Place(ended_at, UUID(bytes=name))
        if after is None or (place > after if oldest else place < after):
            found.append(place)
            if len(found) == most:
                break
    return found


@dataclass(slots=True)
class Lowest:
    """The calls with the lowest scores, of days that come from the last one backwards.

    `ranks`: the rank of the score that a number stands for; `after`: the rank and day of the last
    call of the page before. What cannot be on the page is not kept, so that what is held is
    bounded by the page and the largest day.
    """

    ranks: "Array"
    most: int
    after: tuple[int, date] | None
    found: dict[int, list[tuple[date, "Array"]]] = field(default_factory=dict)
    _sure: dict[int, int] = field(default_factory=dict)
    _highest: int | None = None  # of the ranks that may still be on the page

    def add(self, day: date, columns: Day, numbers: "Array") -> None:
        import numpy as np

        ranks = self.ranks[columns.codes("score")[numbers]]
        for one in map(int, np.unique(ranks)):
            if self._may(one, day):
                of_rank = numbers[ranks == one]
                self.found.setdefault(one, []).append((day, of_rank))
                sure = 0 if self.after == (one, day) else len(of_rank)
                self._sure[one] = self._sure.get(one, 0) + sure
        self._narrow()

    @property
    def _began(self) -> tuple[int, int]:
        assert self.after is not None
        return self.after[0], -self.after[1].toordinal()

    def _may(self, one: int, day: date) -> bool:
        if self._highest is not None and one > self._highest:
            return False
        if self.after is not None and (one, -day.toordinal()) < self._began:
            return False
        return self._sure.get(one, 0) < self.most

    def _narrow(self) -> None:
        sure = 0
        for one in sorted(self._sure):
            sure += self._sure[one]
            if sure >= self.most:
                self._highest = one
                break
        for one in [one for one in self.found if self._highest is not None and one > self._highest]:
            del self.found[one], self._sure[one]

    @property
    def complete(self) -> bool:
        """No day before these has one that comes earlier in the list."""
        first = self.after[0] if self.after else int(self.ranks.min(initial=0))
        return self._sure.get(first, 0) >= self.most
