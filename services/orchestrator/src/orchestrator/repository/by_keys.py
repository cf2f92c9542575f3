"""Rows by (workspace, id): all of a batch in one statement."""

from collections.abc import Collection

from common.database import Connection, Row
from orchestrator.domain.keys import Key, columns


class ByKeys:
    """A statement whose `{keys}` picks the rows of some keys; more conditions follow with `and`.

    The keys of one workspace, as in most batches, are one index scan; those of several are a join,
    which costs half as much again (and which the planner may answer by reading a small table).
    """

    def __init__(self, statement: str, *, identity: str = "id") -> None:
        one = f"where workspace = $1 and {identity} = any($2::uuid[])"
        several = (
            f"join unnest($1::text[], $2::uuid[]) as k (workspace, {identity})"
            f" using (workspace, {identity}) where true"
        )
        self._one = statement.replace("{keys}", one)
        self._several = statement.replace("{keys}", several)

    async def fetch(self, connection: Connection, keys: Collection[Key]) -> list[Row]:
        workspaces, ids = columns(keys)
        rows: list[Row]
        if len(set(workspaces)) == 1:
            rows = await connection.fetch(self._one, workspaces[0], ids)
        else:
            rows = await connection.fetch(self._several, workspaces, ids)
        return rows
