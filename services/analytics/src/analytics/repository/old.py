"""Facts of long ago, a stretch of time at a time: found by their days, which are in an index."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from common.database import Connection, Row

# Those of one moment together, so that the next stretch begins after it. Zones differ by a day.
_FROM = """
from analytics.facts
where workspace = $1 and day >= $2::date and day <= $3::date and ended_at >= $4 and ended_at < $5
"""
_OF_TIME = f"""
select interaction_id, ended_at {_FROM}
order by ended_at fetch first $6 rows with ties
"""
# Answers in words to calls that nobody told us about; the pages of an index have them together.
_OF_NO_CALL = """
select interaction_id from analytics.facts
where workspace = $1 and day is null and replies::text ~ '"(comment|text)":"'
  and (replies -> 0 ->> 'started_at')::timestamptz < $2
limit $3
"""
DAY = timedelta(days=1)


async def of_time(
    connection: Connection, workspace: str, since: datetime, until: datetime, *, limit: int
) -> list[tuple[UUID, datetime]]:
    """Calls that ended then."""
    when = _when(since, until)
    rows: Sequence[Row] = await connection.fetch(_OF_TIME, workspace, *when, limit)
    return [(row["interaction_id"], row["ended_at"]) for row in rows]


async def of_no_call(
    connection: Connection, workspace: str, until: datetime, *, limit: int
) -> list[UUID]:
    """Those that have words, and that somebody began to answer before then."""
    rows: Sequence[Row] = await connection.fetch(_OF_NO_CALL, workspace, until, limit)
    return [row["interaction_id"] for row in rows]


async def some(connection: Connection, workspace: str, since: datetime, until: datetime) -> bool:
    when = _when(since, until)
    found: bool = await connection.fetchval(f"select exists (select {_FROM})", workspace, *when)
    return found


def _when(since: datetime, until: datetime) -> tuple[date, date, datetime, datetime]:
    return (since - DAY).date(), (until + DAY).date(), since, until
