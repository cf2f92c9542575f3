"""`orchestrator.prefix_asks`: what the ceiling of numbers that begin alike counts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from common.database import Connection
from orchestrator.domain.prefixes import Prefix


async def asks(
    connection: Connection, prefixes: Collection[Prefix], hour: datetime
) -> dict[Prefix, int]:
    """Planned so far in that hour."""
    rows = await connection.fetch(
        "select p.workspace, p.prefix, p.asks from orchestrator.prefix_asks p"
        " join unnest($1::text[], $2::text[]) as w (workspace, prefix) using (workspace, prefix)"
        " where p.hour = $3",
        [workspace for workspace, _ in prefixes],
        [prefix for _, prefix in prefixes],
        hour,
    )
    return {(row["workspace"], row["prefix"]): row["asks"] for row in rows}


async def add(
    connection: Connection, planned: Mapping[Prefix, int], hour: datetime
) -> dict[Prefix, int]:
    """Counts what was planned and returns the new sums. Before `days.add`, which all wait for."""
    prefixes = sorted(planned)
    rows = await connection.fetch(
        "insert into orchestrator.prefix_asks as p (workspace, prefix, hour, asks)"
        " select w.workspace, w.prefix, $3, w.asks"
        " from unnest($1::text[], $2::text[], $4::int[]) as w (workspace, prefix, asks)"
        " on conflict (workspace, prefix) do update"
        " set asks = excluded.asks + case when p.hour = excluded.hour then p.asks else 0 end,"
        " hour = excluded.hour"
        " returning workspace, prefix, asks",
        [workspace for workspace, _ in prefixes],
        [prefix for _, prefix in prefixes],
        hour,
        [planned[one] for one in prefixes],
    )
    return {(row["workspace"], row["prefix"]): row["asks"] for row in rows}
