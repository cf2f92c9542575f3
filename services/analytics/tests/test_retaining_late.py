"""What comes after its time to be kept has passed goes all the same, whoever brings it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import pytest

from analytics.service import Intake, differences
from analytics.service import retaining as module
from analytics.service.retaining import retaining
from analytics.testing import NOW, decision, delivery, interaction_of, response, told
from analytics.testing.running import rollups, take
from common.config import ConfigReader
from common.database import Database, retention

WORDS = "the queue was long"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Sweep = Callable[..., Awaitable[None]]


@pytest.fixture
def sweep(database: Database, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """A round as of then; `own`: what the machine's clock says, if not what the database's does."""
    monkeypatch.setattr(retention, "REST", 0)
    monkeypatch.setattr(module, "LIMIT", 2)

    async def sweep(now: datetime, *, own: datetime | None = None, **kept: timedelta) -> None:
        async def wanted() -> Any:
            return [("acme", kind, days) for kind, days in kept.items()]

        sweeping = retaining(database, ConfigReader(database), lambda: now)
        sweeping.wanted, sweeping.own = wanted, lambda: own or now
        await sweeping.round()

    return sweep


async def _said(database: Database) -> int:
    """How many facts hold the words."""
    async with database.connection() as connection:
        found: int = await connection.fetchval(
            "select count(*) from analytics.facts where replies::text like $1", f"%{WORDS}%"
        )
    return found


async def _named(database: Database) -> int:
    """How many facts say whose call it was."""
    async with database.connection() as connection:
        found: int = await connection.fetchval(
            "select count(*) from analytics.facts"
            " where num_nonnulls(contact_id, address, call_id) > 0"
        )
    return found


async def _noted(database: Database) -> list[tuple[str, datetime]]:
    async with database.connection() as connection:
        rows = await connection.fetch("select kind, at from analytics.retention_late order by 1, 2")
    return [(row["kind"], row["at"]) for row in rows]


async def test_words_that_come_after_their_day_go(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await take(intake, decision("c1", ended_at=NOW))
    await sweep(NOW + 48 * HOUR, comments=DAY)

    at = NOW + 60 * HOUR
    await take(intake, response("c1", 4, comment=WORDS, at=at))
    figures = await rollups(database)
    await sweep(at, comments=DAY)

    assert await _said(database) == 0
    assert await _noted(database) == []
    assert await rollups(database) == figures
    assert await differences(database) == []


async def test_a_call_that_is_told_late_leaves_no_words_and_nobody(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    kept = {"comments": 30 * DAY, "addresses": 30 * DAY}
    await sweep(NOW, **kept)

    await take(
        intake,
        response("c1", 4, comment=WORDS, at=NOW - 30 * DAY),
        decision("c1", ended_at=NOW - 31 * DAY),
    )
    await sweep(NOW, **kept)

    assert (await _said(database), await _named(database)) == (0, 0)


async def test_an_amendment_brings_nobody_back(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await take(intake, decision("c1", ended_at=NOW))
    await sweep(NOW + 2 * DAY, addresses=DAY)
    assert await _named(database) == 0

    await take(intake, decision("c1", ended_at=NOW, revision=1))
    assert await _named(database) == 1
    await sweep(NOW + 2 * DAY, addresses=DAY)

    assert await _named(database) == 0


async def test_a_call_that_is_told_to_have_ended_earlier_goes_by_that(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await take(intake, decision("c1", ended_at=NOW), response("c1", 4, comment=WORDS))
    kept = {"comments": 2 * DAY, "addresses": 2 * DAY}
    await sweep(NOW + DAY, **kept)

    await take(intake, decision("c1", ended_at=NOW - 2 * DAY, revision=1))
    await sweep(NOW + DAY, **kept)

    assert (await _said(database), await _named(database)) == (0, 0)


async def test_what_is_committed_after_its_time_was_passed_goes(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    other: Any = {"workspace": "other"}
    await intake.on_decisions(told(decision("c1", ended_at=NOW, **other), **other))
    await intake.on_responses(told(response("c1", 4, comment=WORDS, **other), **other))

    # As a transaction does that takes long, here by hand.
    async with database.transaction() as slow:
        await slow.execute(
            "insert into analytics.facts select (jsonb_populate_record(f,"
            ' \'{"workspace": "acme"}\')).* from analytics.facts f'
        )
        await sweep(NOW + 2 * DAY, comments=DAY, addresses=DAY)
    assert await _said(database) == 2
    await sweep(NOW + 2 * DAY, comments=DAY, addresses=DAY)

    assert await _said(database) == 1  # of the other workspace
    assert await _named(database) == 1


async def test_many_that_come_late_go_in_one_round_of_two_replicas(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await sweep(NOW, comments=DAY)
    times = [NOW - 400 * DAY + n * timedelta(seconds=4) for n in range(9)]
    times += [NOW - n * 7 * DAY for n in range(1, 9)] + [NOW - 30 * DAY] * 5
    for number, at in enumerate(times):
        await take(
            intake,
            decision(f"c{number}", ended_at=at),
            response(f"c{number}", 4, comment=WORDS, at=NOW),
        )

    await asyncio.gather(sweep(NOW, comments=DAY), sweep(NOW, comments=DAY))

    assert await _said(database) == 0


async def test_what_comes_late_while_it_is_kept_for_ever_goes_once_it_is_not(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await take(intake, decision("c1", ended_at=NOW))
    await sweep(NOW + 2 * DAY, comments=DAY)

    await take(intake, response("c1", 4, comment=WORDS, at=NOW + 60 * HOUR))
    await sweep(NOW + 3 * DAY)
    assert (await _said(database), await _noted(database)) == (1, [])
    await sweep(NOW + 4 * DAY, comments=DAY)

    assert await _said(database) == 0


async def test_only_what_brings_something_is_noted(intake: Intake, database: Database) -> None:
    await take(intake, decision("c1", ended_at=NOW))
    assert await _noted(database) == [("addresses", NOW)]

    await take(intake, delivery("c1"), response("c1", 4))
    assert await _noted(database) == [("addresses", NOW)]

    await take(intake, response("c1", 4, comment=WORDS, revision=2))
    assert await _noted(database) == [("addresses", NOW), ("comments", NOW)]


async def test_words_about_a_call_that_nobody_told_us_of_go_after_their_days(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await take(intake, response("c1", 4, comment=WORDS, at=NOW))
    await sweep(NOW + DAY - HOUR, comments=DAY)
    assert await _said(database) == 1

    await sweep(NOW + DAY + HOUR, comments=DAY)
    assert await _said(database) == 0
    await take(intake, decision("c1", ended_at=NOW))

    assert await differences(database) == []


@pytest.mark.parametrize("ahead", ["the machine's", "the database's"])
async def test_nothing_goes_before_its_time_because_one_clock_is_ahead(
    intake: Intake, database: Database, sweep: Sweep, ahead: str
) -> None:
    await take(intake, decision("c1", ended_at=NOW), response("c1", 4, comment=WORDS))
    wrong = NOW + 365 * DAY

    if ahead == "the machine's":
        await sweep(NOW + DAY, own=wrong, comments=30 * DAY)
    else:
        await sweep(wrong, own=NOW + DAY, comments=30 * DAY)

    assert await _said(database) == 1
    await sweep(NOW + 31 * DAY, comments=30 * DAY)
    assert await _said(database) == 0


async def test_after_a_round_by_clocks_that_are_ahead_things_go_in_their_time(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await sweep(NOW + 365 * DAY, comments=30 * DAY)
    await sweep(NOW, comments=30 * DAY)

    # As young calls are, by the database's clock: none of it is noted as late.
    await take(intake, decision("c1", ended_at=NOW), response("c1", 4, comment=WORDS))
    async with database.transaction() as connection:
        await connection.execute("delete from analytics.retention_late")
    await sweep(NOW + 29 * DAY, comments=30 * DAY)
    assert await _said(database) == 1
    await sweep(NOW + 31 * DAY, comments=30 * DAY)

    assert await _said(database) == 0


async def test_what_came_late_before_it_was_noted_goes(
    intake: Intake, database: Database, sweep: Sweep
) -> None:
    await sweep(NOW, comments=DAY, addresses=DAY)
    for name, age in (("old", 3 * DAY), ("young", timedelta(0))):
        await take(
            intake, decision(name, ended_at=NOW - age), response(name, 4, comment=WORDS, at=NOW)
        )
    async with database.transaction() as connection:
        await connection.execute("delete from analytics.retention_late")
        file = resources.files("analytics") / "migrations" / "0348_retention_late_before.sql"
        await connection.execute(file.read_text())

    assert [kind for kind, _ in await _noted(database)] == ["addresses", "comments"]
    await sweep(NOW, comments=DAY, addresses=DAY)

    assert (await _said(database), await _named(database)) == (1, 1)
    async with database.connection() as connection:
        left = await connection.fetchval(
            "select interaction_id from analytics.facts where address is not null"
        )
    assert left == interaction_of("young")
