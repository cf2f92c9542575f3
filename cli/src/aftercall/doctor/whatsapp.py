"""What Meta said last of our templates and numbers."""

from aftercall.doctor.findings import Finding, ok, warning
from common.database import Database, Row
from common.phone import masked

LISTED = 50  # of each


async def templates(db: Database) -> list[Finding]:
    """WhatsApp templates of ours, as Meta said last."""
    async with db.connection() as connection:
        if not await connection.fetchval("select to_regclass('whatsapp_sender.templates')"):
            return []
        rows = await connection.fetch(
            """
            select workspace, account, name, language, status, reason, count(*) over () as whole,
                count(*) filter (where status <> 'approved') over () as waiting
            from whatsapp_sender.templates where name like 'aftercall\\_%' and status <> 'gone'
            order by status = 'approved', workspace, account, name limit $1
            """,
            LISTED,
        )
    if not rows:
        return []
    todo = "Change the survey's words, or wait: outside 24 hours nothing goes out by it."
    found = [
        warning(
            "templates",
            f"{row['name']} ({row['language']}) of {row['workspace']} is "
            f"{row['status']}" + (f": {row['reason']}" if row["reason"] else ""),
            todo,
        )
        for row in rows
        if row["status"] != "approved"
    ]
    if (more := rows[0]["waiting"] - len(found)) > 0:
        found.append(warning("templates", f"{more} more are not approved", todo))
    return found or [ok("templates", f"all {rows[0]['whole']} WhatsApp templates are approved")]


async def numbers(db: Database) -> list[Finding]:
    """How WhatsApp numbers stand at Meta, as it said last."""
    async with db.connection() as connection:
        if not await connection.fetchval("select to_regclass('whatsapp_sender.numbers')"):
            return []
        rows = await connection.fetch(
            """
            select * from whatsapp_sender.numbers
            order by quality in ('green', 'unknown', ''), workspace, number limit $1
            """,
            LISTED,
        )
    return [_standing(row) for row in rows]


def _standing(row: Row) -> Finding:
    limit = row["messaging_limit"] or "not told"
    text = (
        f"{masked(row['number'])} of {row['workspace']}: {row['status'] or 'no status'}, quality"
        f" {row['quality'] or 'not told'}, messaging limit {limit}, business"
        f" {(row['verification'] or 'not told').replace('_', ' ')}"
    )
    if row["quality"] == "red" or row["status"] not in ("", "connected"):
        todo = "Look at it in WhatsApp Manager; ask fewer people, and only those who agreed."
        return warning("numbers", text, todo)
    if row["verification"] not in ("", "verified") or row["review"] not in ("", "approved"):
        todo = "Have the business verified in Meta's Security Center, for a higher limit."
        return warning("numbers", text, todo)
    return ok("numbers", text)
