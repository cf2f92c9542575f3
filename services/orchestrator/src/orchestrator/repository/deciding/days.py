"""`orchestrator.daily_asks`: what the daily ceiling counts."""

from collections.abc import Mapping
from datetime import date

from common.database import Connection


async def asks(connection: Connection, days: Mapping[str, date]) -> dict[str, int]:
    """Planned so far, by workspace."""
    rows = await connection.fetch(
        "select workspace, asks from orchestrator.daily_asks"
        " where (workspace, day) in (select * from unnest($1::text[], $2::date[]))",
        list(days),
        list(days.values()),
    )
    return {row["workspace"]: row["asks"] for row in rows}


async def add(
    connection: Connection, days: Mapping[str, date], planned: Mapping[str, int]
) -> dict[str, int]:
    """Counts what was planned and returns the new sums. The last statement of a transaction:

    everybody who asks for the same workspace waits for this row.
    """
    workspaces = sorted(planned)
    rows = await connection.fetch(
        "insert into orchestrator.daily_asks as d (workspace, day, asks)"
        " select * from unnest($1::text[], $2::date[], $3::int[])"
        " on conflict (workspace, day) do update set asks = d.asks + excluded.asks"
        " returning workspace, asks",
        workspaces,
        [days[workspace] for workspace in workspaces],
        [planned[workspace] for workspace in workspaces],
    )
    return {row["workspace"]: row["asks"] for row in rows}
