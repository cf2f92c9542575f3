"""Sources many of whose callers cannot be asked, as their numbers cannot be read."""

from aftercall.doctor.findings import Finding, ok, warning
from common.database import Database

DAYS = 7
ENOUGH = 50  # callers; of fewer a share says nothing
MUCH = 0.05
LISTED = 20
TODO = (
    "Look at what it sends: `numbers: international` where they come without plus,"
    " `region` where they are national (docs/mapping.md)."
)


async def unread(db: Database) -> list[Finding]:
    async with db.connection() as connection:
        if not await connection.fetchval("select to_regclass('ingest.tallies')"):
            return []
        rows = await connection.fetch(
            """
            select workspace, source, sum(count) filter (where problem = '')::bigint as callers,
                coalesce(sum(count) filter (where problem = 'invalid'), 0)::bigint as invalid
            from ingest.tallies where day > (now() at time zone 'UTC')::date - $1::int
            group by workspace, source having sum(count) filter (where problem = '') >= $2
            order by sum(count) filter (where problem = 'invalid')::float8
                / sum(count) filter (where problem = '') desc nulls last, workspace, source
            """,
            DAYS,
            ENOUGH,
        )
    found = [
        warning(
            "callers",
            f"source {row['source']} of {row['workspace']}: {row['invalid'] / row['callers']:.0%}"
            f" of {row['callers']:,} callers in {DAYS} days have a number that cannot be read",
            TODO,
        )
        for row in rows
        if row["invalid"] > MUCH * row["callers"]
    ][:LISTED]
    if found or not rows:
        return found
    return [ok("callers", f"the numbers of callers can be read, of {len(rows)} sources")]
