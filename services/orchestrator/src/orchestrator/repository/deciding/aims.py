"""`orchestrator.aimed_calls`, `orchestrator.aimed_asks`: what flows that aim at answers follow.

Answers are read from the invitations themselves, so nothing is written when one comes.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from common.database import Connection
from orchestrator.domain.aiming import AimKey, Standing

_STANDINGS = """
    select w.workspace, w.flow_id, w.counted_by, w.name, w.since,
        coalesce(max(c.calls), 0), count(a.invitation_id),
        count(i.id) filter (where i.status in ('pending', 'asked')),
        count(i.id) filter (where i.status = 'answered')
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
        as w (workspace, flow_id, counted_by, name, since)
    left join orchestrator.aimed_calls c using (workspace, flow_id, counted_by, name, since)
    left join orchestrator.aimed_asks a using (workspace, flow_id, counted_by, name, since)
    left join orchestrator.invitations i
        on i.workspace = a.workspace and i.id = a.invitation_id
    group by w.workspace, w.flow_id, w.counted_by, w.name, w.since
"""
_ADD = """
    insert into orchestrator.aimed_calls as c
        (workspace, flow_id, counted_by, name, since, calls)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
        $6::int[])
    on conflict (workspace, flow_id, counted_by, name, since)
        do update set calls = c.calls + excluded.calls
"""
_FORGET = """
    delete from orchestrator.{table} t
    using unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
        as w (workspace, flow_id, counted_by, name, since)
    where t.workspace = w.workspace and t.flow_id = w.flow_id and t.counted_by = w.counted_by
        and t.name = w.name and t.since < w.since
"""


async def standings(connection: Connection, keys: Collection[AimKey]) -> dict[AimKey, Standing]:
    rows = await connection.fetch(_STANDINGS, *_columns(keys))
    return {AimKey(*row[:5]): Standing(*row[5:]) for row in map(tuple, rows)}


async def add(
    connection: Connection, calls: Mapping[AimKey, int], asks: Iterable[tuple[AimKey, UUID]]
) -> None:
    """Whoever counts calls for the same name waits for its row."""
    await connection.copy_records_to_table(
        "aimed_asks",
        schema_name="orchestrator",
        columns=("workspace", "flow_id", "counted_by", "name", "since", "invitation_id"),
        records=[(*key, invitation) for key, invitation in asks],
    )
    keys = sorted(calls)
    await connection.execute(_ADD, *_columns(keys), [calls[key] for key in keys])


async def forget(connection: Connection, keys: Collection[AimKey]) -> None:
    """What is of before these periods."""
    for table in ("aimed_asks", "aimed_calls"):
        await connection.execute(_FORGET.format(table=table), *_columns(sorted(keys)))


def _columns(keys: Collection[AimKey]) -> list[list[str | datetime]]:
    return [list(column) for column in zip(*keys, strict=True)]
