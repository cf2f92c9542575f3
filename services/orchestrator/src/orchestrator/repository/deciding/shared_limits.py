"""`orchestrator.quota_asks`, `orchestrator.cap_asks`: what limits beyond one contact count."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from common.database import Connection
from orchestrator.domain.contact import Ask
from orchestrator.domain.quotas import QuotaKey
from orchestrator.domain.tally import CapKey

_encode = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(Ask).decode_lines


async def counted(connection: Connection, keys: Collection[QuotaKey]) -> dict[QuotaKey, int]:
    """Planned so far in those periods."""
    rows = await connection.fetch(
        "select q.workspace, q.flow_id, q.counted_by, q.name, q.per, q.since, q.asks"
        " from orchestrator.quota_asks q join unnest($1::text[], $2::text[], $3::text[],"
        " $4::text[], $5::text[], $6::timestamptz[])"
        " as w (workspace, flow_id, counted_by, name, per, since)"
        " using (workspace, flow_id, counted_by, name, per, since)",
        *_columns(list(keys)),
    )
    return {QuotaKey(*row[:6]): row[6] for row in map(tuple, rows)}


async def count(connection: Connection, planned: Mapping[QuotaKey, int]) -> dict[QuotaKey, int]:
    """Counts what was planned and returns the new sums.

    A row whose period is a later one keeps it, and comes back under that: ours is over.
    """
    keys = sorted(planned)
    rows = await connection.fetch(
        "insert into orchestrator.quota_asks as q"
        " (workspace, flow_id, counted_by, name, per, since, asks)"
        " select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::timestamptz[], $7::int[])"
        " on conflict (workspace, flow_id, counted_by, name, per) do update set"
        " asks = case when q.since > excluded.since then q.asks"
        " when q.since = excluded.since then q.asks + excluded.asks else excluded.asks end,"
        " since = greatest(q.since, excluded.since)"
        " returning workspace, flow_id, counted_by, name, per, since, asks",
        *_columns(keys),
        [planned[one] for one in keys],
    )
    return {QuotaKey(*row[:6]): row[6] for row in map(tuple, rows)}


def _columns(keys: Sequence[QuotaKey]) -> list[list[str | datetime]]:
    return [list(column) for column in zip(*keys, strict=True)]


async def asked(connection: Connection, keys: Collection[CapKey]) -> dict[CapKey, list[Ask]]:
    """The recent asks of agents, teams, queues."""
    rows = await connection.fetch(
        "select c.workspace, c.counted_by, c.name, c.asks from orchestrator.cap_asks c"
        " join unnest($1::text[], $2::text[], $3::text[]) as w (workspace, counted_by, name)"
        " using (workspace, counted_by, name)",
        *map(list, zip(*keys, strict=True)),
    )
    return {CapKey(*row[:3]): _decode(row[3]) for row in map(tuple, rows)}


async def append(
    connection: Connection, planned: Mapping[CapKey, Sequence[Ask]]
) -> dict[CapKey, list[Ask]]:
    """Adds what was planned, and returns all that there is: ours come last."""
    keys = sorted(planned)
    rows = await connection.fetch(
        "insert into orchestrator.cap_asks as c (workspace, counted_by, name, asks)"
        " select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[])"
        " on conflict (workspace, counted_by, name) do update set asks = c.asks || excluded.asks"
        " returning workspace, counted_by, name, asks",
        *map(list, zip(*keys, strict=True)),
        [_encode(planned[one]) for one in keys],
    )
    return {CapKey(*row[:3]): _decode(row[3]) for row in map(tuple, rows)}


async def shorten(connection: Connection, kept: Mapping[CapKey, Sequence[Ask]]) -> None:
    """Of rows that are locked: without what no cap counts any more."""
    keys = list(kept)
    await connection.execute(
        "update orchestrator.cap_asks c set asks = u.asks"
        " from unnest($1::text[], $2::text[], $3::text[], $4::bytea[])"
        " as u (workspace, counted_by, name, asks)"
        " where c.workspace = u.workspace and c.counted_by = u.counted_by and c.name = u.name",
        *map(list, zip(*keys, strict=True)),
        [_encode(kept[one]) for one in keys],
    )
