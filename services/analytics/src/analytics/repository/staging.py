"""Facts are written by COPY to a table of the connection's own, and from there in one statement.

The texts of these statements follow from the declared columns; no value is ever part of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.repository.columns import AS_TEXT, DECIDED, KEY, OUTCOME, kind
from common.database import Connection


@dataclass(frozen=True, slots=True)
class Shape:
    """Some columns of facts."""

    table: str
    columns: Sequence[str]
    staging: str
    insert: str
    update: str

    @classmethod
    def of(cls, table: str, columns: Sequence[str]) -> "Shape":
        wanted = ", ".join(
            f"{name} {'text' if name in AS_TEXT else kind(name)}" for name in columns
        )
        changes = ", ".join(f"{name} = {_value(name)}" for name in columns if name not in KEY)
        # Nothing on conflict: an update would wait for a row's lock, out of the order of ids.
        return cls(
            table,
            columns,
            f"create temp table if not exists {table} ({wanted}) on commit delete rows",
            f"insert into analytics.facts ({', '.join(columns)})"  # noqa: S608 - declared names
            f" select {', '.join(map(_value, columns))} from pg_temp.{table} as given"
            " where writes = 1 on conflict (workspace, interaction_id) do nothing",
            f"update analytics.facts set {changes} from pg_temp.{table} as given"  # noqa: S608
            " where facts.workspace = given.workspace"
            " and facts.interaction_id = given.interaction_id and given.writes > 1",
        )


def _value(name: str) -> str:
    return f"given.{name}::{kind(name)}" if name in AS_TEXT else f"given.{name}"


WITH_OUTCOME = Shape.of("analytics_outcome", OUTCOME)
WITH_DECISION = Shape.of("analytics_decided", DECIDED)
_WRITES = OUTCOME.index("writes")  # in both


async def copy(connection: Connection, shape: Shape, rows: Sequence[tuple[Any, ...]]) -> bool:
    """False when another consumer has made one of the new rows meanwhile."""
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
