"""How many calls a workspace has placed on a day; one row each, which its claims take in turn."""

from collections.abc import Callable
from datetime import date, timedelta

from channel.store.schema import Schema
from common.config import Workspace
from common.database import Connection

Ceiling = Callable[[Workspace], int]  # how many there may be on a day
KEPT = timedelta(days=100)


async def add(
    connection: Connection, schema: Schema, workspace: str, day: date, *, count: int, most: int
) -> int:
    """How many of `count` more there may be that day; these are added. The last wait of a claim."""
    new = await connection.execute(
        schema("insert into {schema}.placed values ($1, $2, 0) on conflict do nothing"),
        workspace,
        day,
    )
    if new.endswith("1"):
        await connection.execute(
            schema("delete from {schema}.placed where workspace = $1 and day < $2"),
            workspace,
            day - KEPT,
        )
    granted: int = await connection.fetchval(
        schema(
            """
            with now as (
                select calls, greatest(0, least($3::int, $4::int - calls)) as more
                from {schema}.placed where workspace = $1 and day = $2 for update)
            update {schema}.placed p set calls = now.calls + now.more from now
            where p.workspace = $1 and p.day = $2 returning now.more
            """
        ),
        workspace,
        day,
        count,
        most,
    )
    return granted


async def of_day(connection: Connection, schema: Schema, workspace: str, day: date) -> int:
    found: int | None = await connection.fetchval(
        schema("select calls from {schema}.placed where workspace = $1 and day = $2"),
        workspace,
        day,
    )
    return found or 0
