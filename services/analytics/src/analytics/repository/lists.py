"""Which calls of packed days come next in a list, so that only these are read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from analytics.domain.contributions import Slot
from analytics.domain.packing import Day, Sieve, outcome_of
from analytics.domain.places import Found, Lowest, numbers_of, places_of, rank
from analytics.domain.selection import Selection, Sort
from analytics.repository.packed import both, days_of, not_packed, terms_of, wanted_of
from common.database import Connection

_PLACES = """
select day, facts, ended, interactions from analytics.packed
where workspace = $1 and day = any($2) order by day desc
"""


class Next(NamedTuple):
    """`found`: in order; `loose`: days with calls that are not packed."""

    found: list[Found]
    loose: list[date]


async def next_of(
    connection: Connection,
    selection: Selection,
    sort: Sort,
    *,
    after: Found | None,
    most: int,
    answered: bool,
) -> Next:
    """At most so many calls of packed days that come after that one."""
    loose = await not_packed(connection, selection)
    wanted = dict(wanted_of(selection))
    if answered:
        wanted["outcome"] = both(wanted.get("outcome"), _started)
    read = _lowest if sort is Sort.LOWEST_SCORE else _by_time
    found = await read(connection, selection, sort, wanted, after, most)
    return Next(found[:most], loose)


async def _by_time(
    connection: Connection,
    selection: Selection,
    sort: Sort,
    wanted: Mapping[str, Any],
    after: Found | None,
    most: int,
) -> list[Found]:
    oldest = sort is Sort.OLDEST
    if after is not None and oldest:
        selection = replace(selection, first=max(selection.first, after.day))
    elif after is not None:
        selection = replace(selection, last=min(selection.last, after.day))
    sieve = await _sieve(connection, selection, wanted)
    numbers: dict[date, Any] = {}
    sure = 0
    names = sorted(wanted) or ["outcome"]
    async for day, columns in days_of(connection, selection, names, backwards=not oldest):
        of_day = numbers_of(columns, sieve, oldest=oldest)
        if len(of_day):
            numbers[day] = of_day
            sure += 0 if after and after.day == day else len(of_day)
        if sure >= most:
            break
    found: list[Found] = []
    days = await _places(connection, selection.workspace, list(numbers))
    for day, columns in sorted(days.items(), reverse=not oldest):
        before = after.place if after and after.day == day else None
        places = places_of(columns, numbers[day], after=before, most=most, oldest=oldest)
        found += [Found(day, one) for one in places]
    return found


async def _lowest(
    connection: Connection,
    selection: Selection,
    sort: Sort,
    wanted: Mapping[str, Any],
    after: Found | None,
    most: int,
) -> list[Found]:
    """All packed days are looked through, unless the lowest score that there is fills the page."""
    import numpy as np

    sieve = await _sieve(connection, selection, wanted)
    scores = (await terms_of(connection, selection.workspace, ["score"]))["score"]
    values = sorted({int(one) if one else None for one in scores}, key=rank)
    places = {value: place for place, value in enumerate(values)}
    ranks = np.array([places[int(one) if one else None] for one in scores], dtype=int)
    began = (places[after.score], after.day) if after and after.score in places else None
    lowest = Lowest(ranks, most, began)
    names = sorted({*wanted, "score"})
    async for day, columns in days_of(connection, selection, names, backwards=True):
        lowest.add(day, columns, numbers_of(columns, sieve))
        if lowest.complete:
            break
    found: list[Found] = []
    for one, days in sorted(lowest.found.items()):
        moments = await _places(connection, selection.workspace, [day for day, _ in days])
        for day, numbers in days:
            before = after.place if after and began == (one, day) else None
            next_ones = places_of(moments[day], numbers, after=before, most=most)
            found += [Found(day, place, values[one]) for place in next_ones]
    return found


async def _sieve(connection: Connection, selection: Selection, wanted: Mapping[str, Any]) -> Sieve:
    terms = await terms_of(connection, selection.workspace, wanted)
    return Sieve.of({name: list(map(test, terms[name])) for name, test in wanted.items()})


async def _places(connection: Connection, workspace: str, days: Sequence[date]) -> dict[date, Day]:
    """When the calls of these days ended and which they are.

    By themselves: they are most of a day's bytes, and few days have what is looked for.
    """
    rows = await connection.fetch(_PLACES, workspace, days) if days else []
    return {
        day: Day(facts, {"ended": ended, "interactions": interactions})
        for day, facts, ended, interactions in rows
    }


def _started(text: str) -> bool:
    return Slot.STARTED in outcome_of(text).slots
