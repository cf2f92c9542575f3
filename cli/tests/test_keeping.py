"""The doctor says what is kept longer than it may be, and which erasures are not done."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from aftercall.doctor import keeping
from aftercall.doctor.findings import Level
from common.config import ConfigReader
from common.config.store import Document, save
from common.database import Database
from common.testing.databases import Package
from common.time import utc_now


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.bus", ("config", "common.config"), "orchestrator", ("sms_sender", "channel"))


async def _said(database: Database) -> list[tuple[Level, str]]:
    config = await ConfigReader(database).current()
    return [(one.level, one.text) for one in await keeping.ends(database, config)]


async def test_what_is_kept_too_long_and_what_is_not_forgotten_is_told(database: Database) -> None:
    body = {"id": "acme", "name": "Acme", "retention": {"messages": "90d", "decisions": None}}
    async with database.transaction() as connection:
        await save(
            connection,
            [Document(workspace="acme", kind="workspace", id="acme", body=body)],
            by="tests",
        )
    before = await _said(database)
    long_ago = utc_now() - timedelta(days=100)
    async with database.transaction() as connection:
        for schema, kind in (("sms_sender", "messages"), ("orchestrator", "decisions")):
            await connection.execute(
                f"insert into {schema}.retention values ('acme', $1, $2)",
                kind,
                long_ago,
            )
        await connection.execute(
            "insert into orchestrator.erasures (workspace, id, contact_id, erased_at, asked_by,"
            " looked_until) values ('acme', gen_random_uuid(), gen_random_uuid(), $1, 'test',"
            " gen_random_uuid())",
            long_ago,
        )

    found = await _said(database)

    assert before == [(Level.OK, "nothing is kept longer than it may be")]
    assert found == [
        (Level.WARNING, "sms_sender: messages of acme are kept 10 days longer than they may be"),
        (Level.WARNING, "1 are not done in the orchestrator after an hour"),
    ]
