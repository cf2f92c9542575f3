"""One row per call or per answer, newest call first, a page at a time."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, literal_column, select, tuple_

from analytics import models
from analytics.domain.contributions import Slot
from analytics.domain.entries import Entry
from analytics.domain.facts import counted
from analytics.domain.selection import Selection, Within
from analytics.repository.facts import JSON, OF_FACT, fact_of
from analytics.repository.reading import conditions, of_metric, seen
from common.database import Connection, Row
from common.database.statements import fetch, one_of

VALUES = (
    "interaction_id", "day", "zone", "ended_at", "decided_at", "reason", "flow_id", "flow_version",
    "survey", "metric", "channel", "invitation_id", "contact_id", "address", "queue", "agent",
    "agent_name", "team", "agents", "teams", "number", "site", "region", "disposition", "tags",
    "kind", "ending", "direction", "country", "source", "call_id", "talk_seconds", "wait_seconds",
    "hold_seconds", "transfers", "score", "answered_at",
)  # fmt: skip

_NAMES = """
select given.agent, (
    select facts.agent_name from analytics.facts
    where facts.workspace = $1 and facts.agent = given.agent and facts.agent_name <> ''
    order by facts.day desc limit 1
) as name
from unnest($2::text[]) as given(agent)
"""


async def page(
    connection: Connection,
    selection: Selection,
    *,
    after: tuple[date, datetime, UUID] | None,
    size: int,
    answered: bool,
) -> list[Entry]:
    """At most `size` entries that come after (day, ended_at, interaction_id)."""
    facts = models.facts.c
    order = (facts.day, facts.ended_at, facts.interaction_id)
    where = [*conditions(selection), *of_metric(selection)]
    if answered:
        where.append(facts.slots.contains(literal_column(f"'{{{int(Slot.STARTED)}}}'")))
    if selection.scores is not None:
        where.append(one_of(facts.score, selection.scores))
    if after is not None:
        where.append(tuple_(*order) < after)
    rows = await fetch(
        connection,
        _columns().where(*where).order_by(*[column.desc() for column in order]).limit(size),
    )
    return [_entry(row) for row in rows]


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


async def agent_names(connection: Connection, workspace: str, agents: list[str]) -> dict[str, str]:
    """What agents were called last, of those whose name was told."""
    rows = await connection.fetch(_NAMES, workspace, agents)
    return {row["agent"]: row["name"] for row in rows if row["name"]}
