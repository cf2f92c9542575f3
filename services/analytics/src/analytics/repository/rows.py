"""One row per call or per answer, a page at a time."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select, tuple_

from analytics import models
from analytics.domain.entries import Entry
from analytics.domain.facts import counted
from analytics.domain.places import Change, Found, in_order
from analytics.domain.selection import Selection, Sort, Within, listable
from analytics.repository.facts import JSON, OF_FACT, fact_of
from analytics.repository.lists import next_of
from analytics.repository.reading import STARTED, conditions, of_metric, seen
from common.database import Connection, Row
from common.database.statements import fetch, one_of

VALUES = (
    "interaction_id", "day", "zone", "ended_at", "decided_at", "reason", "flow_id", "flow_version",
    "survey", "metric", "channel", "invitation_id", "contact_id", "address", "queue", "agent",
    "agent_name", "team", "agents", "teams", "number", "site", "region", "disposition", "tags",
    "kind", "ending", "direction", "country", "source", "call_id", "talk_seconds", "wait_seconds",
    "hold_seconds", "transfers", "score", "answered_at", "changed_at",
)  # fmt: skip


async def page(
    connection: Connection,
    selection: Selection,
    *,
    after: Found | None,
    size: int,
    answered: bool,
    sort: Sort = Sort.NEWEST,
) -> list[Entry]:
    """At most `size` entries that come after that one.

    Where a filter may match few, or scores say what comes first, packed days tell which: a walk
    over facts might see them all.
    """
    by_time = sort is not Sort.LOWEST_SCORE
    narrow = answered or selection != _days_alone(selection) or not by_time
    if not (narrow and listable(selection)):
        walked = await _walk(connection, selection, sort, after, size, answered)
        return [_entry(row) for row in walked]
    found, loose = await next_of(
        connection, selection, sort, after=after, most=size, answered=answered
    )
    if by_time:
        last = found[-1].day if found and len(found) == size else None
        loose = [day for day in loose if _may_have(day, sort, after, last)]
    rows = []
    if loose:
        rows = await _walk(connection, selection, sort, after, size, answered, only=loose)
    rows += await _of_ids(connection, selection.workspace, [one.place.interaction for one in found])
    every = in_order([_entry(row) for row in rows], sort, lambda entry: entry.found)
    return every[:size]


def _may_have(day: date, sort: Sort, after: Found | None, last: date | None) -> bool:
    """Whether the page may have calls of the day: it ends on `last`, if packed days fill it."""
    forwards = sort is Sort.OLDEST
    if after is not None and (day < after.day if forwards else day > after.day):
        return False
    return last is None or (day <= last if forwards else day >= last)


def _days_alone(selection: Selection) -> Selection:
    return Selection(
        workspace=selection.workspace, first=selection.first, last=selection.last,
        by=selection.by, credit=selection.credit, date_of=selection.date_of,
    )  # fmt: skip


async def _walk(
    connection: Connection,
    selection: Selection,
    sort: Sort,
    after: Found | None,
    size: int,
    answered: bool,
    *,
    only: Sequence[date] | None = None,
) -> list[Row]:
    """`only`: of these days alone."""
    facts = models.facts.c
    where = [*conditions(selection), *of_metric(selection)]
    if answered:
        where.append(STARTED)
    if only is not None:
        where.append(one_of(facts.day, only))
    if after is not None:
        where.append(_after(sort, after))
    forwards = sort is Sort.OLDEST
    order: list[Any] = [one.asc() if forwards else one.desc() for one in _BY_TIME]
    if sort is Sort.LOWEST_SCORE:
        order.insert(0, facts.score.asc().nulls_last())
    return await fetch(connection, _columns().where(*where).order_by(*order).limit(size))


_BY_TIME = (models.facts.c.day, models.facts.c.ended_at, models.facts.c.interaction_id)


def _after(sort: Sort, last: Found) -> ColumnElement[bool]:
    """What comes after it."""
    place = (last.day, *last.place)
    if sort is Sort.OLDEST:
        return tuple_(*_BY_TIME) > place
    earlier = tuple_(*_BY_TIME) < place
    if sort is Sort.NEWEST:
        return earlier
    score = models.facts.c.score
    if last.score is None:
        return and_(score.is_(None), earlier)
    return or_(score > last.score, score.is_(None), and_(score == last.score, earlier))


async def _of_ids(
    connection: Connection, workspace: str, interactions: Sequence[UUID]
) -> list[Row]:
    if not interactions:
        return []
    facts = models.facts.c
    wanted = (facts.workspace == workspace, one_of(facts.interaction_id, interactions))
    return await fetch(connection, _columns().where(*wanted))


async def of_changes(
    connection: Connection, selection: Selection, changes: Sequence[Change]
) -> dict[Change, Entry]:
    """The selected answers among these; without those that have changed again since."""
    facts = models.facts.c
    wanted = [*conditions(selection), *of_metric(selection), STARTED]
    wanted.append(one_of(facts.interaction_id, [one.interaction for one in changes]))
    rows = await fetch(connection, _columns().where(*wanted)) if changes else []
    found = {row["interaction_id"]: row for row in rows}
    return {
        one: _entry(row)
        for one in changes
        if (row := found.get(one.interaction)) and row["changed_at"] in (None, one.changed_at)
    }


async def find(
    connection: Connection,
    workspace: str,
    *,
    within: Within,
    contact: UUID | None,
    call_id: str | None,
    since: date,
    size: int,
) -> list[Entry]:
    """Decided calls of one person, or of that name, the newest first; since a day of their own."""
    facts = models.facts.c
    which = facts.contact_id == contact if contact is not None else facts.call_id == call_id
    wanted = _columns().where(
        facts.workspace == workspace,
        facts.day >= since,
        facts.decided_at.is_not(None),
        which,
        *seen(within),
    )
    newest = (facts.ended_at.desc(), facts.interaction_id.desc())
    rows = await fetch(connection, wanted.order_by(*newest).limit(size))
    return [_entry(row) for row in rows]


async def one(
    connection: Connection, workspace: str, interaction: UUID, *, within: Within
) -> Entry | None:
    """A call that was decided."""
    facts = models.facts.c
    rows = await fetch(
        connection,
        _columns().where(
            facts.workspace == workspace,
            facts.interaction_id == interaction,
            facts.decided_at.is_not(None),
            *seen(within),
        ),
    )
    return _entry(rows[0]) if rows else None


def _columns() -> Select[Any]:
    facts = models.facts.c
    of_fact: list[Any] = [facts[name] for name in OF_FACT]
    of_fact += [cast(facts[name], Text).label(f"{name}_text") for name in JSON]
    return select(*of_fact, *(facts[name] for name in VALUES if name not in OF_FACT))


def _entry(row: Row) -> Entry:
    fact = fact_of(row)
    reply = counted(fact)
    return Entry(
        values={name: row[name] for name in VALUES},
        steps=fact.steps,
        reply=reply,
        superseded=[other for other in fact.replies if other is not reply],
    )
