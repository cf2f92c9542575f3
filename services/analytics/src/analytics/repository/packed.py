"""Packed days: made of the facts of a quiet day, read where filters are several.

Whoever changes facts takes away the packed days that hold them (`unpack`), under a lock that is
shared among them; who packs a day has that lock alone. So what is there is always true.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from analytics.domain.contributions import Slot
from analytics.domain.figures import Row
from analytics.domain.packing import (
    COLUMNS,
    Counting,
    Day,
    Sieve,
    ends,
    funnels,
    lines,
    listed,
    outcome_of,
    packed,
    term,
)
from analytics.domain.selection import Period, Selection, Trait, start_of
from analytics.repository import agents
from analytics.repository.facts import replies_of
from analytics.repository.reading import sought
from common.database import Connection
from common.database import Row as Record

_SHARE = """
select pg_advisory_xact_lock_shared(hashtext('analytics.packed'), hashtext(workspace))
from unnest($1::text[]) as touched(workspace) order by workspace
"""
_ALONE = "select pg_advisory_xact_lock(hashtext('analytics.packed'), hashtext($1))"
_UNPACK = """
delete from analytics.packed using unnest($1::text[], $2::date[]) as touched(workspace, day)
where packed.workspace = touched.workspace and packed.day = touched.day
"""
_LOOSE = """
select start from analytics.rollups as day
where workspace = $1 and dimension = 'total' and grain = 'd' and start <= $2 and not exists (
    select from analytics.packed
    where packed.workspace = $1 and packed.day = day.start and contact is not null
) group by start having coalesce(sum(counts[1]) filter (where question = ''), 0) <= $4
order by start desc limit $3
"""
_MANY_TERMS = """
select count(*) > $2 from (
    select from analytics.terms where workspace = $1 limit $2 + 1
) as found
"""
_FACTS = """
select interaction_id, ended_at, slots, answers, channel, queue, agent, team, number, site, region,
    disposition, survey, metric, coalesce(flow_id, '') as flow,
    coalesce(direction, '') as direction, tags, score, agent_name,
    case when slots @> '{4}' then replies::text end as replies,
    case when kind is distinct from 'call' or ending is distinct from 'connected'
            or direction = 'outbound' then ''
        when again is null and contact_id is null then 'unknown' when again is null then 'pending'
        when again then 'again' else 'resolved' end as contact
from analytics.facts left join analytics.first_contacts using (workspace, interaction_id)
where workspace = $1 and day = $2 and slots <> '{}'
order by ended_at, interaction_id
"""
_TERMS = """
select name, value from analytics.terms where workspace = $1 and name = any($2) order by name, code
"""
_TELL = "insert into analytics.terms (workspace, name, code, value) values ($1, $2, $3, $4)"
_NAMES = ", ".join(COLUMNS)
_PACK = f"""
insert into analytics.packed (workspace, day, facts, ended, interactions, {_NAMES})
values ($1, $2, $3, $4, $5, {", ".join(f"${n}" for n in range(6, 6 + len(COLUMNS)))})
on conflict do nothing
"""  # noqa: S608 - names of columns
# Of the days on which something is counted: others hold nothing, whoever is asked.
_NOT_PACKED = """
select distinct start from analytics.rollups as day
where workspace = $1 and dimension = 'total' and grain = 'd' and start between $2 and $3
    and not exists (
        select from analytics.packed where packed.workspace = $1 and packed.day = day.start
            and (contact is not null or not $4)
    )
order by start
"""
_TRAITS: Mapping[Trait, str] = {
    Trait.FLOW: "flow",
    Trait.DIRECTION: "direction",
    Trait.TAG: "tags",
    Trait.LANGUAGE: "languages",
    Trait.STATE: "outcome",
}
AT_ONCE = 60  # days that are held at once
MOST_FACTS = 200_000  # of a day: all are in memory while it is packed
MOST_TERMS = 200_000  # of a workspace: all are in memory while one of its days is packed or read


async def unpack(connection: Connection, touched: Iterable[tuple[str, date]]) -> None:
    """These days of workspaces hold facts that change in this transaction."""
    found = sorted(set(touched))
    if found:
        workspaces, days = zip(*found, strict=True)
        await connection.execute(_SHARE, sorted(set(workspaces)))
        await connection.execute(_UNPACK, list(workspaces), list(days))


async def loose(connection: Connection, workspace: str, last: date, most: int) -> list[date]:
    """Days that are not packed and may be, the newest first.

    What is too large stays as it is, and its facts are read: nobody else's memory is taken for it.
    """
    if await connection.fetchval(_MANY_TERMS, workspace, MOST_TERMS):
        return []
    rows = await connection.fetch(_LOOSE, workspace, last, most, MOST_FACTS)
    return [row["start"] for row in rows]


async def alone(connection: Connection, workspace: str) -> None:
    """Nobody changes facts of the workspace until this transaction ends."""
    await connection.execute(_ALONE, workspace)


async def pack(connection: Connection, workspace: str, day: date) -> None:
    """In a transaction of its own. A day without facts is packed, too: there is nothing to read."""
    await alone(connection, workspace)
    await connection.execute(_UNPACK, [workspace], [day])  # that of a version that knew less
    rows = await connection.fetch(_FACTS, workspace, day)
    terms = await terms_of(connection, workspace, COLUMNS)
    codes: list[bytes] = []
    for name in COLUMNS:
        numbers = {value: number for number, value in enumerate(terms[name])}
        codes.append(packed(numbers.setdefault(one, len(numbers)) for one in _values(rows, name)))
        new = list(numbers)[len(terms[name]) :]
        told = [(workspace, name, numbers[value], value) for value in new]
        await connection.executemany(_TELL, told)
    await connection.execute(
        _PACK,
        workspace,
        day,
        len(rows),
        ends(row["ended_at"] for row in rows),
        b"".join(row["interaction_id"].bytes for row in rows),
        *codes,
    )
    await agents.tell(connection, _names(workspace, rows))


def _names(workspace: str, rows: Iterable[Record]) -> dict[agents.Agent, tuple[str, datetime]]:
    """For calls from before names were kept by themselves."""
    return {
        (workspace, row["agent"]): (row["agent_name"], row["ended_at"])
        for row in rows
        if row["agent_name"]
    }


def _values(rows: Sequence[Record], name: str) -> Iterable[str]:
    if name == "outcome":
        return (term((row["slots"], row["answers"])) for row in rows)
    if name == "score":
        return ("" if row["score"] is None else str(row["score"]) for row in rows)
    if name == "tags":
        return (term(row["tags"]) for row in rows)
    if name == "languages":
        return (_languages(row["replies"]) for row in rows)
    return (row[name] for row in rows)


@lru_cache(100)
def _spoken(languages: frozenset[str]) -> str:
    return term(sorted(languages))


def _languages(replies: str | None) -> str:
    found = replies_of(replies) if replies else ()
    return _spoken(frozenset(reply.language for reply in found))


async def terms_of(
    connection: Connection, workspace: str, names: Iterable[str]
) -> dict[str, list[str]]:
    """Column -> its values by their numbers."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, value in await connection.fetch(_TERMS, workspace, list(found)):
        found[name].append(value)
    return found


class Read(NamedTuple):
    """`loose`: days with calls that are not packed, so that their facts have to be read."""

    rows: list[Row]
    loose: list[date]


async def read(
    connection: Connection, selection: Selection, period: Period | None, *, scores: bool
) -> Read:
    """Sums of a packable selection: of funnels and, with `scores`, of instruments."""
    group = str(selection.by) if selection.by else None
    of_funnels, of_lines = wanted_of(selection), wanted_of(replace(selection, metrics=None))
    names = {"outcome", *of_funnels, *([group] if group else [])}
    loose = await not_packed(connection, selection)
    terms = await terms_of(connection, selection.workspace, names)
    values = terms[group] if group else [""]
    outcomes = [outcome_of(text) for text in terms["outcome"]]

    def counting(wanted: Wanted) -> Counting:
        sieve = Sieve.of({name: list(map(test, terms[name])) for name, test in wanted.items()})
        return Counting(sieve, group, len(values), len(outcomes))

    funnel = counting(of_funnels)
    line = counting(of_lines) if scores and selection.metrics is not None else funnel
    async for start, day in days_of(connection, selection, sorted(names)):
        label = str(start_of(start, period)) if period else ""
        for one in {id(funnel): funnel, id(line): line}.values():
            one.add(day, label)
    found = funnels(funnel, values, outcomes)
    if scores:
        found += [row for row in lines(line, values, outcomes) if sought(row, selection)]
    return Read(found, loose)


Wanted = Mapping[str, Callable[[str], bool]]


def wanted_of(selection: Selection) -> Wanted:
    """Column -> whether a value of it is wanted; the same as `reading.conditions`."""
    found: dict[str, Callable[[str], bool]] = {
        str(dimension): frozenset(values).__contains__
        for dimension, values in selection.filters.items()
    }
    for dimension, values in selection.within.items():
        found[dimension] = both(found.get(dimension), frozenset(values).__contains__)
    for name, chosen in (("survey", selection.surveys), ("metric", selection.metrics)):
        if chosen is not None:
            found[name] = frozenset(chosen).__contains__
    if selection.scores is not None:
        found["score"] = frozenset(map(str, selection.scores)).__contains__
    for trait, given in selection.traits.items():
        of = frozenset(given)
        found[_TRAITS[trait]] = _TESTS[trait](of) if trait in _TESTS else of.__contains__
    return found


def _among(given: frozenset[str]) -> Callable[[str], bool]:
    """Of a list; "" is one without anything in it."""

    def test(text: str) -> bool:
        return bool(given.intersection(listed(text) or ("",)))

    return test


def _in_state(given: frozenset[str]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        slots = outcome_of(text).slots
        if Slot.STARTED not in slots:
            return False
        return ("finished" if Slot.FINISHED in slots else "in_progress") in given

    return test


_TESTS: Mapping[Trait, Callable[[frozenset[str]], Callable[[str], bool]]] = {
    Trait.TAG: _among,
    Trait.LANGUAGE: _among,
    Trait.STATE: _in_state,
}


async def not_packed(
    connection: Connection, selection: Selection, *, whole: bool = False
) -> list[date]:
    """Days with calls whose facts have to be read; `whole`: also those packed without `SINCE`."""
    given = (selection.workspace, selection.first, selection.last, whole)
    return [row["start"] for row in await connection.fetch(_NOT_PACKED, *given)]


async def days_of(
    connection: Connection, selection: Selection, names: Sequence[str], *, backwards: bool = False
) -> AsyncIterator[tuple[date, Day]]:
    """Packed days that have facts, in order."""
    order = "desc" if backwards else ""
    text = (
        f"select day, facts, {', '.join(names)} from analytics.packed"  # noqa: S608 - columns
        f" where workspace = $1 and day between $2 and $3 and facts > 0 order by day {order}"
    )
    given = (selection.workspace, selection.first, selection.last)
    async for day, facts, *columns in connection.cursor(text, *given, prefetch=AT_ONCE):
        yield day, Day(facts, dict(zip(names, columns, strict=True)))


def both(one: Callable[[str], bool] | None, other: Callable[[str], bool]) -> Callable[[str], bool]:
    return other if one is None else lambda text: one(text) and other(text)
