"""Facts with what was derived from them, read to be checked and locked to be set right."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, select

from analytics import models
from analytics.domain.derived import Derived, Stated
from analytics.domain.facts import Fact
from analytics.repository.facts import JSON, OF_FACT, fact_of
from common.database import Connection, Row
from common.database.statements import compiled, fetch, one_of

_OTHERS = ("writes", "ended_at", "agents", "teams")
_MOVE = """
update analytics.facts set day = given.day, zone = given.zone, agent = given.agent,
    team = given.team
from unnest($1::text[], $2::uuid[], $3::date[], $4::text[], $5::text[], $6::text[])
    as given(workspace, interaction_id, day, zone, agent, team)
where facts.workspace = given.workspace and facts.interaction_id = given.interaction_id
"""


async def stream(connection: Connection) -> AsyncIterator[Stated]:
    """Every fact; within a transaction, some thousand rows at a time."""
    text, values = compiled(_stated())
    async for row in connection.cursor(text, *values, prefetch=2_000):
        yield _of(row)


async def lock_some(
    connection: Connection, workspace: str, interactions: Sequence[UUID]
) -> list[Stated]:
    wanted = one_of(models.facts.c.interaction_id, interactions)
    return await _locked(connection, _stated().where(wanted), workspace)


async def lock_other_zones(
    connection: Connection, workspace: str, zone: str, *, after: UUID, size: int
) -> list[Stated]:
    """At most `size` calls, beyond that id, whose day was made in another zone than this."""
    facts = models.facts.c
    wanted = _stated().where(facts.zone != zone, facts.interaction_id > after).limit(size)
    return await _locked(connection, wanted, workspace)


async def _locked(connection: Connection, wanted: Select[Any], workspace: str) -> list[Stated]:
    """In the order of ids, as everybody who locks facts."""
    facts = models.facts.c
    ordered = wanted.where(facts.workspace == workspace).order_by(facts.interaction_id)
    return [_of(row) for row in await fetch(connection, ordered.with_for_update())]


def _stated() -> Select[Any]:
    facts = models.facts.c
    texts: list[Any] = [cast(facts[name], Text).label(f"{name}_text") for name in JSON]
    of_fact, others = (
        [facts[name] for name in names] for names in (OF_FACT, (*_OTHERS, *Derived._fields))
    )
    return select(*of_fact, *texts, *others)


def _of(row: Row) -> Stated:
    columns = [row[name] for name in Derived._fields]
    stored = Derived._make(tuple(one) if isinstance(one, list) else one for one in columns)
    return Stated(
        fact=fact_of(row),
        writes=row["writes"],
        ended_at=row["ended_at"],
        agents=row["agents"],
        teams=row["teams"],
        derived=stored,
    )


async def move(connection: Connection, facts: Sequence[Fact]) -> None:
    """Writes the day, zone, agent and team of their calls."""
    rows = [
        (fact.workspace, fact.interaction, call.day, call.zone, call.agent, call.team)
        for fact in facts
        if (call := fact.call) is not None
    ]
    if rows:
        await connection.execute(_MOVE, *[list(column) for column in zip(*rows, strict=True)])
