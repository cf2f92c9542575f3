"""One row per call or per answer, newest call first, a page at a time."""

from datetime import date, datetime
from uuid import UUID

from analytics.domain.contributions import Slot
from analytics.domain.entries import Entry
from analytics.domain.facts import counted
from analytics.domain.selection import Selection
from analytics.repository.facts import FACT_COLUMNS, fact_of
from analytics.repository.reading import conditions
from common.database import Connection, Row

_VALUES = (
    "interaction_id", "day", "ended_at", "decided_at", "reason", "flow_id", "flow_version",
    "survey", "metric", "channel", "invitation_id", "contact_id", "address", "queue", "agent",
    "agent_name", "team", "agents", "teams", "number", "site", "region", "disposition", "tags",
    "kind", "ending", "direction", "country", "source", "call_id", "talk_seconds", "wait_seconds",
    "hold_seconds", "transfers", "score", "answered_at",
)  # fmt: skip
_COLUMNS = ", ".join([FACT_COLUMNS, *_VALUES])

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
    where, arguments = conditions(selection)
    if answered:
        where += f" and slots @> '{{{int(Slot.STARTED)}}}'"
    if after is not None:
        places = ", ".join(f"${len(arguments) + n}" for n in (1, 2, 3))
        where += f" and (day, ended_at, interaction_id) < ({places})"
        arguments += after
    arguments.append(size)
    rows = await connection.fetch(
        f"""
        select {_COLUMNS} from analytics.facts where {where}
        order by day desc, ended_at desc, interaction_id desc limit ${len(arguments)}
        """,  # noqa: S608 - columns of our own; values are arguments
        *arguments,
    )
    return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    fact = fact_of(row)
    reply = counted(fact)
    return Entry(
        values={name: row[name] for name in _VALUES},
        steps=fact.steps,
        reply=reply,
        superseded=[other for other in fact.replies if other is not reply],
    )


async def agent_names(connection: Connection, workspace: str, agents: list[str]) -> dict[str, str]:
    """What agents were called last, of those whose name was told."""
    rows = await connection.fetch(_NAMES, workspace, agents)
    return {row["agent"]: row["name"] for row in rows if row["name"]}
