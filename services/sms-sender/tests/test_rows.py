"""What a text costs in row writes, by PostgreSQL's own count: changes of a send stay in place."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from common.bus.pglog import PgLogBus
from sms_sender.testing import person, sending, step, until

PEOPLE = 300
_COUNTS = """
    select relname as name, n_tup_ins as inserted, n_tup_upd as updated, n_tup_del as deleted,
           n_tup_hot_upd as hot from pg_stat_user_tables where schemaname = 'sms_sender'
"""


async def _asked_and_answered(database_url: str) -> None:
    """Everybody is asked, gets the text, and answers."""
    async with sending(database_url, PgLogBus) as stack:
        await stack.publish(*(step(person(number)) for number in range(PEOPLE)))

        async def all_delivered() -> bool:
            rows = await stack.fetch(
                "select count(*) from sms_sender.sends where state = 'delivered'"
            )
            return bool(rows[0]["count"] == PEOPLE)

        await until(all_delivered)
        for number in range(PEOPLE):
            stack.carrier.tasks.spawn(stack.says("5", number=person(number)))
        await stack.idle()


async def _counts(database_url: str) -> Mapping[str, Any]:
    connection = await asyncpg.connect(database_url)
    try:
        return {row["name"]: row for row in await connection.fetch(_COUNTS)}
    finally:
        await connection.close()


async def test_most_changes_of_a_send_stay_on_their_page_and_write_no_index(
    database_url: str,
) -> None:
    """Two sends each, changed three times: only the record, which brings the provider's id, may."""
    await _asked_and_answered(database_url)  # its connections are closed: what they did is counted
    counts = await _counts(database_url)

    sends = counts["sends"]
    assert sends["inserted"] == 2 * PEOPLE
    assert sends["updated"] <= 3 * sends["inserted"]
    assert sends["hot"] >= 0.5 * sends["updated"]
    assert counts["messages"]["updated"] == 0  # what is wide is never written again
