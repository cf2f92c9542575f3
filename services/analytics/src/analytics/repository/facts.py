"""Facts: locked in the order of their ids, written with one statement per batch."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.contributions import Contribution
from analytics.domain.facts import Call, Fact, Reply, Step
from analytics.repository import staging
from analytics.repository.columns import decided, outcome
from common.database import Connection, Row
from common.database.holdings import Held, held
from common.events.decisions import Decision

Key = tuple[str, UUID]  # workspace, interaction

_steps = msgspec.json.Decoder(tuple[Step, ...])
replies_of = msgspec.json.Decoder(tuple[Reply, ...]).decode

OF_FACT = ("workspace", "interaction_id", "test", "withdrew_at", *Call._fields)
JSON = ("steps", "replies")  # as text, after those

_LOCK = f"""
select writes, {", ".join(f"facts.{name}" for name in OF_FACT)},
       {", ".join(f"{name}::text" for name in JSON)}
from unnest($1::text[], $2::uuid[]) as wanted(workspace, interaction_id)
join analytics.facts using (workspace, interaction_id)
order by facts.interaction_id, facts.workspace for update of facts
"""  # noqa: S608 - our own constants

_WANTED = """
select facts.workspace, facts.interaction_id
from unnest($1::text[], $2::uuid[]) as wanted(workspace, interaction_id)
join analytics.facts using (workspace, interaction_id)
"""
_FREE = f"""{_WANTED}
order by facts.interaction_id, facts.workspace for update of facts skip locked
"""

_OF_MONTH = f"""
select {", ".join(OF_FACT)}, {", ".join(f"{name}::text" for name in JSON)} from analytics.facts
where workspace = $1 and day between $2 and ($2 + interval '1 month - 1 day')::date
"""  # noqa: S608 - our own constants

_ENDED = """
select workspace, interaction_id, ended_at
from unnest($1::text[], $2::uuid[]) as wanted(workspace, interaction_id)
join analytics.facts using (workspace, interaction_id) where ended_at is not null
"""


# By itself, so that the order does not tempt the planner to read all of the workspace.
_OF_CONTACT = """
with theirs as materialized (
    select interaction_id from analytics.facts
    where workspace = $1 and contact_id = $2 and least(ended_at, decided_at) <= $3
)
select interaction_id from theirs order by interaction_id limit $4
"""

# What a contact was asked about last before then, of those who opted out.
_ASKED_LAST = """
select told.number, asked.workspace, asked.interaction_id
from unnest($1::text[], $2::uuid[], $3::timestamptz[])
    with ordinality as told(workspace, contact, at, number)
cross join lateral (
    select facts.workspace, interaction_id from analytics.facts
    where facts.workspace = told.workspace and contact_id = told.contact and reason is null
        and invitation_id is not null and decided_at <= told.at
        and decided_at > told.at - interval '30 days'
    order by decided_at desc limit 1
) as asked
"""

_HELD = "select * from analytics.facts where workspace = $1 and contact_id = $2"

_FORGET = """
update analytics.facts set contact_id = null, address = null, call_id = null
where workspace = $1 and interaction_id = any($2)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A fact to be written; `decision` where that is what changed. `writes`: so far."""

    new: Contribution
    writes: int
    decision: Decision | None = None


async def lock(connection: Connection, keys: Iterable[Key]) -> dict[Key, tuple[Fact, int]]:
    """The facts that exist, with how often each was written."""
    rows = await connection.fetch(_LOCK, *_columns(keys))
    return {
        (row["workspace"], row["interaction_id"]): (fact_of(row, at=1), row["writes"])
        for row in rows
    }


async def held_by_others(connection: Connection, keys: Collection[Key]) -> set[Key]:
    """Those of them that somebody else has locked. What is free is locked, for a moment."""
    there = await connection.fetch(_WANTED, *_columns(keys))
    free = await connection.fetch(_FREE, *_columns(keys))
    return {(row["workspace"], row["interaction_id"]) for row in there} - {
        (row["workspace"], row["interaction_id"]) for row in free
    }


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[UUID]]:
    workspaces, interactions = zip(*keys, strict=True)
    return list(workspaces), list(interactions)


_CALL = 4  # where the columns of the call begin
_AFTER = _CALL + len(Call._fields)


def fact_of(row: Row | Sequence[Any], *, at: int = 0) -> Fact:
    """From a row that has, from its column `at` on, those of `OF_FACT` and of `JSON`."""
    workspace, interaction, test, withdrew_at = row[at : at + _CALL]
    call = row[at + _CALL : at + _AFTER]
    steps, replies = row[at + _AFTER : at + _AFTER + 2]
    return Fact(
        interaction=interaction,
        workspace=workspace,
        call=None if call[0] is None else Call._make(call),
        steps=() if steps == "[]" else _steps.decode(steps),
        replies=() if replies == "[]" else replies_of(replies),
        test=test,
        withdrew_at=withdrew_at,
    )


async def write(
    connection: Connection, changes: Sequence[Change], zones: Mapping[str, ZoneInfo]
) -> bool:
    """False when another consumer has made one of these rows meanwhile: begin again."""
    whole, part = [], []
    # In the order of ids: two batches that make the same rows then wait in one direction.
    for change in sorted(changes, key=lambda change: change.new.fact.interaction.int):
        fact = change.new.fact
        values = outcome(change.new, change.writes + 1, zones[fact.workspace])
        if change.decision is None or fact.call is None:
            part.append(values)
        else:
            whole.append((*values, *decided(fact.call, change.decision)))
    shapes = ((staging.WITH_DECISION, whole), (staging.WITH_OUTCOME, part))
    return all([await staging.copy(connection, shape, rows) for shape, rows in shapes])


async def of_contact(
    connection: Connection, workspace: str, contact: UUID, *, until: datetime, limit: int
) -> list[UUID]:
    """Interactions of before then."""
    rows = await connection.fetch(_OF_CONTACT, workspace, contact, until, limit)
    return [row["interaction_id"] for row in rows]


async def asked_last(
    connection: Connection, told: Sequence[tuple[str, UUID, datetime]]
) -> dict[int, Key]:
    """What each (workspace, contact, moment), by its place, was asked about just before."""
    if not told:
        return {}
    rows = await connection.fetch(_ASKED_LAST, *map(list, zip(*told, strict=True)))
    return {row["number"] - 1: (row["workspace"], row["interaction_id"]) for row in rows}


async def held_of(connection: Connection, workspace: str, contact: UUID) -> Held:
    """Everything that is known of a contact, as it stands in the rows."""
    return await held(connection, {"facts": _HELD}, workspace, contact)


async def forget_contact(
    connection: Connection, workspace: str, interactions: Sequence[UUID]
) -> None:
    """Whose calls they were; the facts are locked."""
    await connection.execute(_FORGET, workspace, interactions)


async def of_month(connection: Connection, workspace: str, month: date) -> AsyncIterator[Fact]:
    """All facts of the calls of a month; within a transaction, some thousand rows at a time."""
    async for row in connection.cursor(_OF_MONTH, workspace, month, prefetch=2_000):
        yield fact_of(row)


async def pending(connection: Connection) -> int:
    """Facts of which deliveries or answers are known and no decision yet: counted nowhere."""
    found: int = await connection.fetchval(
        "select count(*) from analytics.facts where revision is null"
    )
    return found


async def ended(connection: Connection, keys: Iterable[Key]) -> dict[Key, datetime]:
    """When those whose decision is known ended."""
    rows = await connection.fetch(_ENDED, *_columns(keys))
    return {(row["workspace"], row["interaction_id"]): row["ended_at"] for row in rows}
