"""What changed since, in the order of the changes, by the database's clock.

A transaction that writes facts is in `pg_locks` with the second in which it began to (migration
0255). What changed before the oldest of these is there to be seen, and nothing will be added to
it: so far a reader is told, and goes on from there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from analytics.domain.places import Change, Settled
from common.database import Connection

EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")  # as the migration counts

_WRITING = """
select min(objid::bigint) from pg_locks
where locktype = 'advisory' and classid = 1667784046 and objsubid = 2
    and database = (select oid from pg_database where datname = current_database())
"""
_AFTER = """
select changed_at, interaction_id from analytics.changes
where workspace = $1 and (changed_at, interaction_id) > ($2, $3) and changed_at < $4
order by changed_at, interaction_id limit $5
"""


async def settled(connection: Connection) -> Settled:
    """For snapshots that are taken from now on.

    The clock first: who begins to write after the look at the locks has a later time.
    """
    now: datetime = await connection.fetchval("select clock_timestamp()")
    began: int | None = await connection.fetchval(_WRITING)
    return Settled(now if began is None else min(now, EPOCH + timedelta(seconds=began)), now)


async def after(
    connection: Connection, workspace: str, last: Change, *, until: datetime, most: int
) -> Sequence[Change]:
    """At most so many changes that come after that one, before then."""
    rows = await connection.fetch(_AFTER, workspace, last.changed_at, last.interaction, until, most)
    return [Change(row["changed_at"], row["interaction_id"]) for row in rows]
