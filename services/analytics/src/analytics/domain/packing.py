"""The facts of a day column by column, and counting them: a number stands for each value.

numpy is imported when something is packed or counted, for it is large.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from analytics.domain.cells import Dimension
from analytics.domain.contributions import SLOTS
from analytics.domain.figures import Row
from analytics.domain.instruments import Instrument, decoded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

DIMENSIONS = tuple(str(one) for one in Dimension if one is not Dimension.TOTAL)
# Also filtered by; `score` is "" where there is none, `tags` and `languages` are lists.
OTHERS = ("survey", "metric", "flow", "direction", "tags", "languages", "score")
SINCE = ("contact",)  # null where a day was packed before it was kept
LISTS = frozenset({"tags", "languages"})
COLUMNS = ("outcome", *DIMENSIONS, *OTHERS, *SINCE)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)
_AT_ONCE = 1 << 20  # keys that are counted together
_DENSE = 1 << 22  # places of counts that are held at once


class Outcome(NamedTuple):
    """What came of a call: everything that one fact adds to funnels and scores."""

    slots: tuple[int, ...]
    answers: tuple[str, ...]  # codes of instruments


def term(value: Sequence[object]) -> str:
    """A list or an outcome as the value of a term."""
    return msgspec.json.encode(value).decode()


_outcome = msgspec.json.Decoder(Outcome)
listed = msgspec.json.Decoder(tuple[str, ...]).decode


def outcome_of(text: str) -> Outcome:
    return _outcome.decode(text)


def packed(codes: Iterable[int]) -> bytes:
    """Each as wide as the largest of them needs."""
    import numpy as np

    found = np.fromiter(codes, dtype="<u4")
    most = int(found.max(initial=0))
    return found.astype("<u1" if most < 1 << 8 else "<u2" if most < 1 << 16 else "<u4").tobytes()


def ends(moments: Iterable[datetime]) -> bytes:
    import numpy as np

    return np.fromiter(((at - EPOCH) // MICROSECOND for at in moments), dtype="<i8").tobytes()


@dataclass(frozen=True, slots=True)
class Day:
    """`columns`: those that were read, by name."""

    facts: int
    columns: Mapping[str, bytes]

    def codes(self, name: str) -> "Array":
        import numpy as np

        data = self.columns[name]
        return np.frombuffer(data, dtype=f"<u{len(data) // self.facts}")


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which facts: for each column that is filtered by, whether the value of a number is wanted."""

    wanted: Mapping[str, "Array"]

    @classmethod
    def of(cls, wanted: Mapping[str, Sequence[bool]]) -> "Sieve":
        """By column: of each number from 0 on."""
        import numpy as np

        return cls({name: np.array(flags, dtype=bool) for name, flags in wanted.items()})

    def places(self, day: Day) -> Any:
        """An index of the day's facts: all, or a mask."""
        found: Any = slice(None)
        for name, flags in self.wanted.items():
            mask = flags[day.codes(name)]
            found = mask if isinstance(found, slice) else found & mask
        return found


@dataclass(slots=True)
class Counting:
    """How often each outcome occurs, per group and period.

    `groups`, `outcomes`: how many there are. `counted`: the column, where it is not outcomes.
    """

    sieve: Sieve
    group: str | None
    groups: int
    outcomes: int
    counted: str = "outcome"
    _keys: list["Array"] = field(default_factory=list)
    _held: int = 0
    _found: dict[str, Any] = field(default_factory=dict)
    _period: str = ""

    def add(self, day: Day, period: str) -> None:
        """Days of one period come one after the other."""
        if period != self._period:
            self._put()
            self._period = period
        places = self.sieve.places(day)
        keys = day.codes(self.counted)[places]
        if self.group is not None:
            keys = day.codes(self.group)[places].astype("i8") * self.outcomes + keys
        self._keys.append(keys)
        self._held += len(keys)
        if self._held > _AT_ONCE:
            self._put()

    def _put(self) -> None:
        import numpy as np

        if self._held:
            keys = np.concatenate(self._keys)
            if self.groups * self.outcomes <= _DENSE:
                counts = np.bincount(keys, minlength=self.groups * self.outcomes)
                known = self._found.get(self._period)
                self._found[self._period] = counts if known is None else known + counts
            else:
                pairs = np.unique(keys, return_counts=True)
                self._found.setdefault(self._period, []).append(pairs)
        self._keys, self._held = [], 0

    def counts(self) -> Iterator[tuple[str, "Array", "Array"]]:
        """Period, numbers of groups, and for each of those how often each outcome."""
        import numpy as np

        self._put()
        for period, found in self._found.items():
            if isinstance(found, list):
                keys = np.concatenate([keys for keys, _ in found])
                times = np.concatenate([times for _, times in found])
                groups, places = np.unique(keys // self.outcomes, return_inverse=True)
                table = np.zeros((len(groups), self.outcomes))
                np.add.at(table, (places, keys % self.outcomes), times)
            else:
                table = found.reshape(self.groups, self.outcomes).astype(float)
                groups = np.flatnonzero(table.any(axis=1))
                table = table[groups]
            yield period, groups, table

    def pairs(self) -> Iterator[tuple[str, "Array", "Array", "Array"]]:
        """Period, and of what occurs: numbers of groups, of outcomes, and how often.

        Nothing is made of groups times outcomes, of which most may not occur.
        """
        import numpy as np

        self._put()
        for period, found in self._found.items():
            if isinstance(found, list):
                every = np.concatenate([keys for keys, _ in found])
                keys, places = np.unique(every, return_inverse=True)
                times = np.bincount(places, np.concatenate([times for _, times in found]))
            else:
                keys = np.flatnonzero(found)
                times = found[keys]
            yield period, keys // self.outcomes, keys % self.outcomes, times.astype("i8")


def funnels(counting: Counting, values: Sequence[str], outcomes: Sequence[Outcome]) -> list[Row]:
    """`values` of the groups by their numbers."""
    import numpy as np

    into = np.zeros((len(outcomes), SLOTS))
    for number, outcome in enumerate(outcomes):
        into[number, list(outcome.slots)] = 1
    return [
        Row(values[group], period, None, counts)
        for period, groups, table in counting.counts()
        for group, counts in zip(groups.tolist(), (table @ into).astype(int).tolist(), strict=True)
    ]


def lines(counting: Counting, values: Sequence[str], outcomes: Sequence[Outcome]) -> list[Row]:
    """A row for each instrument that occurs."""
    import numpy as np

    every: dict[Instrument, list[tuple[int, int]]] = {}
    for number, outcome in enumerate(outcomes):
        for answer in map(decoded, outcome.answers):
            every.setdefault(answer.instrument, []).append((number, answer.place))
    found: list[Row] = []
    for period, groups, table in counting.counts():
        for instrument, pairs in every.items():
            numbers, places = zip(*pairs, strict=True)
            into = np.zeros((len(pairs), instrument.width))
            into[range(len(pairs)), list(places)] = 1
            counts = (table[:, list(numbers)] @ into).astype(int)
            some = counts.any(axis=1)
            found += [
                Row(values[group], period, instrument, of_group)
                for group, of_group in zip(
                    groups[some].tolist(), counts[some].tolist(), strict=True
                )
            ]
    return found
