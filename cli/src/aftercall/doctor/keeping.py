"""Whether what is too old to be kept goes: how far each service came, by what workspaces say."""

from datetime import timedelta

from aftercall.doctor.findings import Finding, ok, warning
from common.config import Config
from common.database import Database
from common.time import utc_now

SCHEMAS = ("orchestrator", "analytics", "sms_sender", "whatsapp_sender", "ivr_gateway")
LATE = timedelta(days=2)  # behind what the workspace says


async def ends(db: Database, config: Config) -> list[Finding]:
    """Kinds that are kept for longer than they may be, and erasures that are not done."""
    now = utc_now()
    found: list[Finding] = []
    async with db.connection() as connection:
        for schema in SCHEMAS:
            if not await connection.fetchval("select to_regclass($1)", f"{schema}.retention"):
                continue
            rows = await connection.fetch(
                f"select workspace, kind, done_until from {schema}.retention order by 1, 2"  # noqa: S608
            )
            for row in rows:
                one = config.workspaces.get(row["workspace"])
                kept = getattr(one.workspace.retention, row["kind"], None) if one else None
                if kept is not None and row["done_until"] < now - kept - LATE:
                    behind = now - kept - row["done_until"]
                    found.append(
                        warning(
                            "retention",
                            f"{schema}: {row['kind']} of {row['workspace']} are kept {behind.days}"
                            " days longer than they may be",
                            "Is the service running? See docs/privacy.md; it catches up by itself.",
                        )
                    )
        if await connection.fetchval("select to_regclass('orchestrator.erasures')"):
            open_for = await connection.fetchval(
                "select count(*) from orchestrator.erasures where deleted_at is null"
                " and erased_at < $1",
                now - timedelta(hours=1),
            )
            if open_for:
                found.append(
                    warning(
                        "erasures",
                        f"{open_for} are not done in the orchestrator after an hour",
                        "Look at its log for `erasing_later`.",
                    )
                )
    return found or [ok("retention", "nothing is kept longer than it may be")]
