"""One row per call or per answer, newest call first, a page at a time."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, select, tuple_

from analytics import models
from analytics.domain.entries import Entry
from analytics.domain.facts import counted
from analytics.domain.packing import Found
from analytics.domain.selection import Selection, Within, packable
from analytics.repository.facts import JSON, OF_FACT, fact_of
from analytics.repository.packed import newest_of
from analytics.repository.reading import STARTED, conditions, of_metric, seen
from common.database import Connection, Row
from common.database.statements import fetch, one_of

VALUES = (
    "interaction_id", "day", "zone", "ended_at", "decided_at", "reason", "flow_id", "flow_version",
    "survey", "metric", "channel", "invitation_id", "contact_id", "address", "queue", "agent",
    "agent_name", "team", "agents", "teams", "number", "site", "region", "disposition", "tags",
    "kind", "ending", "direction", "country", "source", "call_id", "talk_seconds", "wait_seconds",
    "hold_seconds", "transfers", "score", "answered_at",
)  # fmt: skip


async def page(
    connection: Connection,
    selection: Selection,
    *,
    after: Found | None,
    size: int,
    answered: bool,
) -> list[Entry]:
    """At most `size` entries that come after that one, the newest first.

    Where a filter may match few, packed days tell which: a walk over facts might see them all.
    """
    narrow = answered or selection != _days_alone(selection)
    if not (narrow and packable(selection)):
        return [_entry(row) for row in await _walk(connection, selection, after, size, answered)]
    found, loose = await newest_of(connection, selection, after=after, most=size, answered=answered)
    if found and len(found) == size:  # what is older than the last of these is not needed
        loose = [day for day in loose if day >= found[-1].day]
    if after is not None:
        loose = [day for day in loose if day <= after.day]
    rows = await _walk(connection, selection, after, size, answered, only=loose) if loose else []
    rows += await _of_ids(connection, selection.workspace, [one.place.interaction for one in found])
    rows.sort(key=lambda row: (row["day"], row["ended_at"], row["interaction_id"]), reverse=True)
    return [_entry(row) for row in rows[:size]]


def _days_alone(selection: Selection) -> Selection:
    return Selection(
        workspace=selection.workspace, first=selection.first, last=selection.last,
        by=selection.by, credit=selection.credit, date_of=selection.date_of,
    )  # fmt: skip


async def _walk(
    connection: Connection,
    selection: Selection,
    after: Found | None,
    size: int,
    answered: bool,
    *,
    only: Sequence[date] | None = None,
) -> list[Row]:
    """`only`: of these days alone."""
    facts = models.facts.c
    order = (facts.day, facts.ended_at, facts.interaction_id)
    where = [*conditions(selection), *of_metric(selection)]
    if answered:
        where.append(STARTED)
    if only is not None:
        where.append(one_of(facts.day, only))
    if after is not None:
        where.append(tuple_(*order) < (after.day, *after.place))
    newest = [column.desc() for column in order]
    return await fetch(connection, _columns().where(*where).order_by(*newest).limit(size))


async def _of_ids(
    connection: Connection, workspace: str, interactions: Sequence[UUID]
) -> list[Row]:
    if not interactions:
        return []
    facts = models.facts.c
    wanted = (facts.workspace == workspace, one_of(facts.interaction_id, interactions))
    return await fetch(connection, _columns().where(*wanted))


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
