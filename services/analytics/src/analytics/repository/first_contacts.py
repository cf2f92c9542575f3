"""Whether callers called again: reckoned day by day when seven days are over, read like a column.

What is reckoned stays when the person is forgotten, for it says nothing about whom. A call that
may change it takes away that its days are reckoned (`unsettle`), under the lock of packed days.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, case, func, or_

from analytics import models
from analytics.domain.first_contact import FirstContact
from analytics.domain.packing import Counting, Sieve
from analytics.domain.selection import Selection, packable
from analytics.repository import packed, reading
from common.database import Connection
from common.database.statements import fetch, one_of

Counts = Mapping[str, Mapping[FirstContact, int]]  # group -> how many calls
MOST_CALLS = 1_000_000  # of the days that are read for one: nothing is told while they are

# With the calls of all days that `_RECKON` reads for one.
_DUE = """
with days as (
    select start, coalesce(sum(counts[1]) filter (where question = ''), 0) as calls
    from analytics.rollups
    where workspace = $1 and dimension = 'total' and grain = 'd' and start <= $2::date + 9
    group by start
), windows as (
    select start, sum(calls) over (
        order by start range between interval '1 day' preceding and interval '9 days' following
    ) as calls
    from days
)
select start, calls > $4 as too_large from windows
where start <= $2 and not exists (
    select from analytics.reckoned where reckoned.workspace = $1 and reckoned.day = start
)
order by too_large, start desc limit $3
"""
# A call in, and one to be looked at. Days of other zones are at most one away.
_CALLED = "slots <> '{}' and kind = 'call' and direction is distinct from 'outbound'"
_CONNECTED = "ending = 'connected'"
_RECKON = f"""
with called as materialized (
    select interaction_id, day, ended_at, {_CONNECTED} as connected,
        lead(ended_at) over (partition by contact_id order by ended_at, interaction_id) as again_at
    from analytics.facts
    where workspace = $1 and day between $2::date - 1 and $2::date + 9
        and contact_id is not null and {_CALLED}
)
insert into analytics.first_contacts (workspace, interaction_id, again)
select $1, interaction_id, coalesce(again_at <= ended_at + interval '7 days', false)
from called where day = $2 and connected
on conflict (workspace, interaction_id) do update set again = excluded.again
where first_contacts.again <> excluded.again
"""  # noqa: S608 - our own constants
_NO_LONGER = f"""
delete from analytics.first_contacts using analytics.facts
where facts.workspace = $1 and day = $2 and not ({_CALLED} and {_CONNECTED})
    and first_contacts.workspace = $1 and first_contacts.interaction_id = facts.interaction_id
"""  # noqa: S608 - our own constants
_RECKONED = """
insert into analytics.reckoned (workspace, day) values ($1, $2) on conflict do nothing
"""
_UNSETTLE = """
delete from analytics.reckoned using unnest($1::text[], $2::date[]) as touched(workspace, day)
where reckoned.workspace = touched.workspace
    and reckoned.day between touched.day - 8 and touched.day + 1
"""
_DAYS = "select day from analytics.reckoned where workspace = $1 and day between $2 and $3"


class Due(NamedTuple):
    """Days with calls that are to be reckoned, the newest first; `too_large`: those that wait,
    told when there is nothing else."""

    days: list[date]
    too_large: list[date]


async def due(connection: Connection, workspace: str, last: date, most: int) -> Due:
    """At most so many in all. Days of very many calls would hold up what others are told."""
    found = Due([], [])
    for start, too_large in await connection.fetch(_DUE, workspace, last, most, MOST_CALLS):
        (found.too_large if too_large else found.days).append(start)
    return found


async def reckon(connection: Connection, workspace: str, day: date) -> None:
    """In a transaction of its own. Calls whose person was forgotten stay as they were reckoned."""
    await packed.alone(connection, workspace)
    await connection.execute(_NO_LONGER, workspace, day)
    await connection.execute(_RECKON, workspace, day)
    await connection.execute(_RECKONED, workspace, day)
    await packed.unpack(connection, [(workspace, day)])


async def unsettle(connection: Connection, touched: Iterable[tuple[str, date]]) -> None:
    """Calls of these days of workspaces come or change in this transaction; after `unpack`."""
    found = sorted(set(touched))
    if found:
        workspaces, days = zip(*found, strict=True)
        await connection.execute(_UNSETTLE, list(workspaces), list(days))


async def read(connection: Connection, selection: Selection) -> Counts:
    """By the selection's groups; "" where there are none."""
    if not packable(selection):
        return await _from_facts(connection, selection, only=None)
    found = await _from_packed(connection, selection)
    loose = await packed.not_packed(connection, selection, whole=True)
    if not loose:
        return found
    # Where hardly anything is packed one statement of the range is shorter than a list of its days.
    return _added(found, await _from_facts(connection, selection, only=loose if found else None))


async def _from_packed(connection: Connection, selection: Selection) -> Counts:
    wanted, group = packed.wanted_of(selection), str(selection.by) if selection.by else None
    names = {"contact", *wanted, *([group] if group else [])}
    terms = await packed.terms_of(connection, selection.workspace, names)
    values, words = terms[group] if group else [""], terms["contact"]
    sieve = Sieve.of({name: list(map(test, terms[name])) for name, test in wanted.items()})
    counting = Counting(sieve, group, len(values), len(words), "contact")
    given = (selection.workspace, selection.first, selection.last)
    reckoned = {row["day"] for row in await connection.fetch(_DAYS, *given)}
    async for start, day in packed.days_of(connection, selection, sorted(names)):
        if day.columns["contact"] is not None:  # else it was packed before this was kept
            counting.add(day, "reckoned" if start in reckoned else "")
    found: dict[str, dict[FirstContact, int]] = {}
    for settled, groups, table in counting.counts():
        for number, counts in zip(groups.tolist(), table.astype(int).tolist(), strict=True):
            of_group = found.setdefault(values[number], {})
            for word, times in zip(words, counts, strict=True):
                _add(of_group, _settled(FirstContact(word), bool(settled)), times)
    return found


def _settled(one: FirstContact, reckoned: bool) -> FirstContact:
    """What was reckoned before a call came that may change it is not known."""
    known = one in (FirstContact.RESOLVED, FirstContact.AGAIN)
    return FirstContact.PENDING if known and not reckoned else one


async def _from_facts(
    connection: Connection, selection: Selection, *, only: Sequence[date] | None
) -> Counts:
    """`only`: of these days alone."""
    facts, contacts = models.facts.c, models.first_contacts.c
    called = and_(
        facts.kind == "call",
        facts.ending == "connected",
        facts.direction.is_distinct_from("outbound"),
    )
    not_reckoned = or_(contacts.again.is_(None), models.reckoned.c.day.is_(None))
    word = case(
        (func.coalesce(called, False).is_(False), FirstContact.NOBODYS.value),
        (
            and_(contacts.again.is_(None), facts.contact_id.is_(None)),
            FirstContact.UNKNOWN.value,
        ),
        (not_reckoned, FirstContact.PENDING.value),
        (contacts.again, FirstContact.AGAIN.value),
        else_=FirstContact.RESOLVED.value,
    )
    source = models.facts.outerjoin(
        models.first_contacts,
        and_(
            contacts.workspace == facts.workspace,
            contacts.interaction_id == facts.interaction_id,
        ),
    ).outerjoin(
        models.reckoned,
        and_(models.reckoned.c.workspace == facts.workspace, models.reckoned.c.day == facts.day),
    )
    wanted = reading.grouped(selection, None, word.label("word"), source)
    wanted = wanted.where(*reading.of_metric(selection))
    if only is not None:
        wanted = wanted.where(one_of(facts.day, only))
    found: dict[str, dict[FirstContact, int]] = {}
    for group, _, text, times in await fetch(connection, wanted):
        _add(found.setdefault(group, {}), FirstContact(text), times)
    return found


def _added(one: Counts, other: Counts) -> Counts:
    found = {group: dict(counts) for group, counts in one.items()}
    for group, counts in other.items():
        for word, times in counts.items():
            _add(found.setdefault(group, {}), word, times)
    return found


def _add(counts: dict[FirstContact, int], word: FirstContact, times: int) -> None:
    counts[word] = counts.get(word, 0) + times
