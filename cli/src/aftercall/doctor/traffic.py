"""What people make of our asks: numbers that do not answer, and people who were not answered."""

from collections.abc import Sequence

from aftercall.doctor.findings import Finding, ok, warning
from common.config import Config
from common.database import Database
from common.time import utc_now
from orchestrator.domain.conversion import unanswered
from orchestrator.repository.schedule import conversion

SENDERS = ("sms_sender", "whatsapp_sender", "ivr_gateway")
WHY = {
    "country": "they wrote from a country that is not among the workspace's",
    "rate": "one person had all the texts of a day",
    "strangers": "more people who were not asked wrote than `stranger_replies` allows in an hour",
}


async def answers(db: Database, config: Config) -> list[Finding]:
    """Asks that hardly anybody answers while others do."""
    todo = "See AftercallAsksUnanswered in docs/runbook/asking.md."
    found: list[Finding] = []
    async with db.connection() as connection:
        if not await connection.fetchval("select to_regclass('orchestrator.steps')"):
            return []
        for workspace in config.workspaces:
            reached = await conversion.reached(connection, workspace, utc_now())
            found += [
                warning(
                    "answers",
                    f"{one.answers} of {one.asks} asks to {one.numbers} ({one.country}) of"
                    f" {workspace} were answered, while others answer",
                    todo,
                )
                for one in unanswered(reached)
            ]
    return found or [ok("answers", "no numbers stand out by not answering")]


async def not_answered(
    db: Database, config: Config, schemas: Sequence[str] = SENDERS
) -> list[Finding]:
    """People who wrote today and were not answered, by workspace and reason."""
    found: list[Finding] = []
    async with db.connection() as connection:
        for schema in schemas:
            if not await connection.fetchval("select to_regclass($1)", f"{schema}.unanswered"):
                continue
            rows = await connection.fetch(
                "select workspace, why, messages"  # noqa: S608 - one of our own schemas
                f" from {schema}.unanswered where day = $1 and workspace = any($2)"
                " order by workspace, why",
                utc_now().date(),
                list(config.workspaces),
            )
            found += [
                warning(
                    "replies",
                    f"{schema}: {row['messages']} messages to {row['workspace']} were not answered"
                    f" today: {WHY.get(row['why'], row['why'])}",
                    "If they were people's own, change that; see /v1/sms/unmatched.",
                )
                for row in rows
            ]
    return found
