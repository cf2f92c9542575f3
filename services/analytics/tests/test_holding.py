"""A lock that somebody holds on one fact: what is about other calls is counted."""

from typing import Any

from analytics.service import Intake
from analytics.service.holding import handlers
from analytics.testing import interaction_of, response, told
from analytics.testing.running import answered
from common.database import Database
from common.errors import HeldRecords
from common.events.responses import Response


async def scores(db: Database) -> dict[str, int]:
    """Call -> score, of calls that have one."""
    async with db.connection() as connection:
        rows = await connection.fetch(
            "select call_id, score from analytics.facts where score is not null"
        )
    return {row["call_id"]: row["score"] for row in rows}


async def test_only_what_is_about_the_locked_call_waits(database: Database, intake: Intake) -> None:
    await answered(intake, {"ours": 5, "theirs": 5, "third": 5})
    handle = handlers(intake)[Response]
    again = told(*(response(name, 1, revision=2) for name in ("ours", "theirs", "third")))

    async def places(events: Any) -> list[int]:
        try:
            await handle(events)
        except HeldRecords as held:
            return list(held.places)
        return []

    async with database.transaction() as somebody:
        found = await somebody.execute(
            "select from analytics.facts where interaction_id = $1 for update",
            interaction_of("theirs"),
        )
        assert found == "SELECT 1"
        assert await places(again) == [1]
        assert await scores(database) == {"ours": 1, "theirs": 5, "third": 1}
        assert await places(again) == [1]  # copies change nothing
    assert await places(again) == []
    assert await scores(database) == {"ours": 1, "theirs": 1, "third": 1}
