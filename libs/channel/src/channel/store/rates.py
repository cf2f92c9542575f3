"""Buckets for all replicas, in the database and by its clock: one per sender number, and one per

workspace for what is written to people whom it did not ask.
"""

from channel.store.schema import Schema
from common.database import Connection

# Seconds' worth that may go at once, one message at least: what a late round makes up for. With
# less, a busy machine sends less than the rate; with more, the first second sees too much.
BURST = 0.25
_HOUR = 3600.0  # seconds
_LEASE = """
    insert into {schema}.rates as r (workspace, account, sender, spent_until, granted)
    select $1, $2, $3,
           clock_timestamp() - make_interval(secs => $5::float8 - g.n / $4::float8), g.n
    from (select least($6::int, floor($5::float8 * $4::float8 + 0.001)::int) as n) g
    on conflict (workspace, account, sender) do update
    set (spent_until, granted) = (
        select b.base + make_interval(secs => g.n / $4::float8), g.n
        from (select greatest(r.spent_until,
                              clock_timestamp() - make_interval(secs => $5::float8)) as base) b,
        lateral (select least($6::int, greatest(0, floor(
            extract(epoch from clock_timestamp() - b.base)::float8 * $4::float8 + 0.001)))::int
            as n) g)
    returning granted
"""


async def lease(
    connection: Connection, schema: Schema, lane: tuple[str, str, str], *, rate: float, count: int
) -> int:
    """How many of `count` messages the lane's rate (a second) allows now; these are used.

    In the claim's transaction: other replicas that claim in this lane wait until it ends, and a
    claim that fails uses nothing. The last wait of it, so it takes part in no deadlock.
    """
    return await _lease(connection, schema, lane, rate, max(BURST, 1 / rate), count)


async def lease_of_hour(
    connection: Connection, schema: Schema, place: tuple[str, str, str], *, most: int, count: int
) -> int:
    """Likewise of a bucket that holds `most`, and is full again after an hour."""
    if most <= 0:
        return 0
    return await _lease(connection, schema, place, most / _HOUR, _HOUR, count)


async def _lease(
    connection: Connection,
    schema: Schema,
    place: tuple[str, str, str],
    rate: float,
    burst: float,
    count: int,
) -> int:
    granted: int = await connection.fetchval(schema(_LEASE), *place, rate, burst, count)
    return granted
