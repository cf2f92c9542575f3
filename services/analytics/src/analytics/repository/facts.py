"""Facts: locked in the order of their ids, written with one statement per batch."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.contributions import Share
from analytics.domain.facts import Call, Fact, Reply, Step
from analytics.repository.columns import CAST, DECIDED, OUTCOME, decided, outcome
from common.database import Connection, Row
from common.events.decisions import Decision

_steps = msgspec.json.Decoder(tuple[Step, ...])
_replies = msgspec.json.Decoder(tuple[Reply, ...])

FACT_COLUMNS = ", ".join(
    ["interaction_id", "workspace", "writes", "test", "steps::text", "replies::text", *Call._fields]
)

_LOCK = f"""
select {FACT_COLUMNS} from analytics.facts
where interaction_id = any($1::uuid[]) order by interaction_id for update
"""  # noqa: S608 - our own constant

_OF_MONTH = f"""
select {FACT_COLUMNS} from analytics.facts
where workspace = $1 and day between $2 and ($2 + interval '1 month - 1 day')::date
"""  # noqa: S608 - our own constant


def _staging(table: str, columns: Mapping[str, str]) -> str:
    kinds = {name: "text" if kind in CAST else kind for name, kind in columns.items()}
    wanted = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"create temp table if not exists {table} ({wanted}) on commit delete rows"


def _insert(table: str, columns: Mapping[str, str]) -> str:
    # Nothing on conflict: an update would wait for a row's lock, out of the order of ids.
    return f"""
    insert into analytics.facts ({", ".join(columns)})
    select {", ".join(_value(*column) for column in columns.items())} from pg_temp.{table} as given
    where writes = 1 on conflict (interaction_id) do nothing
    """  # noqa: S608 - names and types of `columns`


def _update(table: str, columns: Mapping[str, str]) -> str:
    changes = ", ".join(f"{name} = {_value(name, kind)}" for name, kind in columns.items())
    return f"""
    update analytics.facts set {changes} from pg_temp.{table} as given
    where facts.interaction_id = given.interaction_id and given.writes > 1
    """  # noqa: S608 - names and types of `columns`


def _value(name: str, kind: str) -> str:
    return f"given.{name}::{kind}" if kind in CAST else f"given.{name}"


@dataclass(frozen=True, slots=True)
class _Shape:
    """Some columns of facts, written by COPY to a table of the connection's own, and from there."""

    table: str
    columns: Sequence[str]
    staging: str
    insert: str
    update: str

    @classmethod
    def of(cls, table: str, columns: Mapping[str, str]) -> "_Shape":
        changed = dict(list(columns.items())[2:])  # not the id and the workspace
        return cls(
            table,
            list(columns),
            _staging(table, columns),
            _insert(table, columns),
            _update(table, changed),
        )


_WRITES = list(OUTCOME).index("writes")
_OUTCOME = _Shape.of("analytics_outcome", OUTCOME)
_DECIDED = _Shape.of("analytics_decided", DECIDED)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact to be written; `decision` where that is what changed. `writes`: so far."""

    new: Share
    writes: int
    decision: Decision | None


async def lock(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, tuple[Fact, int]]:
    """The facts that exist, with how often each was written."""
    rows = await connection.fetch(_LOCK, list(ids))
    return {row["interaction_id"]: (fact_of(row), row["writes"]) for row in rows}


def fact_of(row: Row) -> Fact:
    """From a row that begins with `FACT_COLUMNS`."""
    interaction, workspace, _, test, steps, replies = row[:6]
    return Fact(
        interaction=interaction,
        workspace=workspace,
        call=None if row["revision"] is None else Call._make(row[6 : 6 + len(Call._fields)]),
        steps=() if steps == "[]" else _steps.decode(steps),
        replies=() if replies == "[]" else _replies.decode(replies),
        test=test,
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
    return all(
        [await _copy(connection, s, rows) for s, rows in ((_DECIDED, whole), (_OUTCOME, part))]
    )


async def _copy(connection: Connection, shape: _Shape, rows: Sequence[tuple[Any, ...]]) -> bool:
    if not rows:
        return True
    await connection.execute(shape.staging)
    await connection.copy_records_to_table(
        shape.table, records=rows, columns=shape.columns, schema_name="pg_temp"
    )
    new: int = sum(row[_WRITES] == 1 for row in rows)
    if new < len(rows):
        await connection.execute(shape.update)
    status: str = await connection.execute(shape.insert) if new else "INSERT 0 0"
    return int(status.rpartition(" ")[2]) == new


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


async def ended(connection: Connection, interactions: Sequence[UUID]) -> dict[UUID, datetime]:
    """When those whose decision is known ended."""
    rows = await connection.fetch(
        "select interaction_id, ended_at from analytics.facts"
        " where interaction_id = any($1::uuid[]) and ended_at is not null",
        interactions,
    )
    return {row["interaction_id"]: row["ended_at"] for row in rows}
