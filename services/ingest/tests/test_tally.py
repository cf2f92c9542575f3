"""Whose callers have no usable number is counted by source, also while the database is away."""

from typing import Any

import pytest

from common.errors import Retry
from ingest.service.tally import Tally

SECRET = "the-secret-of-the-tests"
CALL = {"ending": "connected", "ended_at": "2026-01-05T10:14:21Z"}


def tally_of(ingest: Any) -> Tally:
    from ingest.app import app
    from ingest.service import Intake

    found: Tally = app.state.parts[Intake].tally
    return found


async def tallies(database: Any) -> dict[tuple[str, str, str], int]:
    async with database.connection() as connection:
        rows = await connection.fetch("select * from ingest.tallies")
    return {(row["workspace"], row["source"], row["problem"]): row["count"] for row in rows}


async def ends(ingest: Any, name: str, address: str, source: str = "acme-pbx") -> None:
    path = f"/v1/sources/{source}/calls/{SECRET}"
    answer = await ingest.http.post(path, json={**CALL, "id": name, "address": address})
    assert answer.status_code == 202, answer.text


async def test_callers_are_counted_by_source_and_by_what_is_wrong(
    ingest: Any, database: Any
) -> None:
    for name, address in enumerate(("+12025550101", "12", "12", "anonymous")):
        await ends(ingest, f"c-{name}", address)
    await ends(ingest, "c-9", "+12025550101", source="acme-parts")
    await tally_of(ingest).write()
    await ends(ingest, "c-4", "13")
    await tally_of(ingest).write()

    assert await tallies(database) == {
        ("acme", "acme-pbx", ""): 5,
        ("acme", "acme-pbx", "invalid"): 3,
        ("acme", "acme-pbx", "hidden"): 1,
        ("acme", "acme-parts", ""): 1,
    }


async def test_what_an_event_calls_its_source_makes_no_row_unless_it_is_one(
    ingest: Any, database: Any
) -> None:
    for source in ("/anything/at/all", "acme-bus"):
        event = {
            "specversion": "1.0",
            "type": "interaction.ended.v1",
            "id": "e-1",
            "source": source,
            "data": {**CALL, "id": "c-1", "address": "12", "direction": "inbound", "kind": "call"},
        }
        assert (await ingest.http.post("/v1/events", json=event)).status_code == 202
    await tally_of(ingest).write()

    assert await tallies(database) == {
        ("acme", "acme-bus", ""): 1,
        ("acme", "acme-bus", "invalid"): 1,
    }


async def test_what_was_counted_is_written_when_the_database_is_back(
    ingest: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import repository

    async def away(*_: Any) -> None:
        raise Retry("away")

    await ends(ingest, "c-1", "12")
    with monkeypatch.context() as broken:
        broken.setattr(repository, "add_tallies", away)
        with pytest.raises(Retry):
            await tally_of(ingest).write()
    await tally_of(ingest).write()

    assert await tallies(database) == {
        ("acme", "acme-pbx", ""): 1,
        ("acme", "acme-pbx", "invalid"): 1,
    }
