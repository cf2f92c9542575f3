"""Messages of long ago, a stretch of time at a time: ours, theirs, and the dialogues of both."""

from datetime import datetime

from channel.store.schema import Schema
from common.database import Connection
from common.database.retention import NEXT

LIMIT = 500  # sends in one transaction
# Those of one moment together, so that the next stretch begins after it.
_SENDS = """
    with gone as (
        delete from {schema}.sends s using (
            select id from {schema}.sends
            where workspace = $1 and created_at >= $2 and created_at < $3
            order by created_at, id fetch first $4 rows with ties) old
        where s.workspace = $1 and s.id = old.id
        returning s.id, s.created_at, s.sender, s.contact_id, s.invitation_id),
    words as (
        delete from {schema}.messages m using gone g where m.workspace = $1 and m.send_id = g.id),
    talks as (
        delete from {schema}.dialogues d using gone g
        where d.workspace = $1 and d.our_number = g.sender and d.contact_id = g.contact_id
          and d.invitation_id = g.invitation_id)
    select count(*) as count, max(created_at) as last from gone
"""
_THEIRS = """
    delete from {schema}.%s
    where workspace = $1 and received_at >= $2 and received_at < $3
"""


_SOME = """
    select exists (select from {schema}.sends
                   where workspace = $1 and created_at >= $2 and created_at < $3)
        or exists (select from {schema}.inbox
                   where workspace = $1 and received_at >= $2 and received_at < $3)
        or exists (select from {schema}.unmatched
                   where workspace = $1 and received_at >= $2 and received_at < $3)
"""


async def some(
    schema: Schema, connection: Connection, workspace: str, since: datetime, until: datetime
) -> bool:
    found: bool = await connection.fetchval(schema(_SOME), workspace, since, until)
    return found


async def clear(
    schema: Schema, connection: Connection, workspace: str, since: datetime, until: datetime
) -> datetime:
    """Until when all of it is gone. At this age nothing is under way."""
    row = await connection.fetchrow(schema(_SENDS), workspace, since, until, LIMIT)
    done: datetime = row["last"] + NEXT if row["count"] >= LIMIT else until
    for table in ("inbox", "unmatched"):
        await connection.execute(schema(_THEIRS % table), workspace, since, done)
    return done
