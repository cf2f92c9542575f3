"""`aftercall responses` before a running platform with answers in it."""

import json
from typing import Any

import pytest

from aftercall.commands import rows
from analytics.service import Intake
from analytics.testing.running import answered
from common.config import ConfigReader
from common.database import Database


async def test_what_changed_is_printed_whole_so_that_the_next_run_misses_nothing(
    acme: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    db = await Database.connect(database_url)
    try:
        await answered(Intake(db, ConfigReader(db)), {f"c{number}": 4 for number in range(5)})
    finally:
        await db.close()

    since = "2020-01-01T00:00:00Z"
    ran = await acme("responses", "--updated-since", since, "--limit", "1", "--json")
    told = json.loads(ran.output)
    names = sorted(row["call_id"] for row in told["responses"])
    assert names == ["c0", "c1", "c2", "c3", "c4"]
    assert (told["next_cursor"], told["updated_until"] > since) == (None, True)

    again = await acme("responses", "--updated-since", told["updated_until"], "--json")
    assert json.loads(again.output)["responses"] == []
