"""What changed since: nothing is lost, whoever writes meanwhile, and nothing is told in vain."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources
from typing import Any

import pytest

from analytics.service import Intake, synchronising
from analytics.testing import decision, interaction_of, response, told
from analytics.testing.running import Api, answered
from common.database import Database
from common.process.sight import Sight

LONG_AGO = "2020-01-01T00:00:00Z"


async def changes(
    api: Api, since: str, *, key: str = "admin", **params: Any
) -> tuple[list[dict[str, Any]], str]:
    """All pages of a run, and where the next one begins."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        body = await api.get("responses", key=key, updated_since=since, **params, **cursor)
        rows += body["responses"]
        if body["next_cursor"] is None:
            return rows, body["updated_until"]
        assert body["updated_until"] is None  # a run that began there would miss the rest
        cursor = {"cursor": body["next_cursor"]}


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["call_id"] for row in rows]


async def test_changes_are_told_once_in_their_order(api: Api, intake: Intake) -> None:
    for name in ("c2", "c0", "c1"):
        await answered(intake, {name: 5})
    await intake.on_responses(told(response("c2", 3, revision=2)))
    await intake.on_decisions(told(decision("unanswered")))

    rows, _ = await changes(api, LONG_AGO, limit=1)

    assert [(row["call_id"], row["score"]) for row in rows] == [("c0", 5), ("c1", 5), ("c2", 3)]
    assert [row["changed_at"] for row in rows] == sorted(row["changed_at"] for row in rows)


async def test_the_next_run_tells_what_changed_after_the_last(api: Api, intake: Intake) -> None:
    await answered(intake, {"c0": 5, "c1": 4})
    _, until = await changes(api, LONG_AGO)
    nothing, until = await changes(api, until)
    await intake.on_responses(told(response("c1", 1, revision=2)))
    await answered(intake, {"c2": 2})

    rows, later = await changes(api, until)

    assert nothing == []
    assert [(row["call_id"], row["score"]) for row in rows] == [("c1", 1), ("c2", 2)]
    assert later > until


async def test_calls_of_whatever_day_are_told_unless_days_are_named(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {"c0": 5})

    everywhere, _ = await changes(api, LONG_AGO)
    elsewhere, _ = await changes(api, LONG_AGO, from_="2025-01-01", to="2025-02-01")

    assert (names(everywhere), names(elsewhere)) == (["c0"], [])


@asynccontextmanager
async def writing(database: Database, name: str, score: int) -> AsyncIterator[None]:
    """A transaction that has written an answer and is not done with it."""
    async with database.transaction() as connection:
        await connection.execute(
            "update analytics.facts set score = $2 where interaction_id = $1",
            interaction_of(name),
            score,
        )
        yield


async def test_what_is_committed_late_is_not_lost(
    api: Api, intake: Intake, database: Database
) -> None:
    await answered(intake, {"late": 5})
    _, until = await changes(api, LONG_AGO)

    async with writing(database, "late", 1):
        await answered(intake, {"meanwhile": 4})
        before, during = await changes(api, until)
    after, _ = await changes(api, during)

    assert before == []
    assert [(row["call_id"], row["score"]) for row in after] == [("late", 1), ("meanwhile", 4)]


async def test_a_transaction_that_is_given_up_holds_nothing_up(
    api: Api, intake: Intake, database: Database
) -> None:
    await answered(intake, {"c0": 5})
    _, until = await changes(api, LONG_AGO)
    with suppress(ZeroDivisionError):
        async with writing(database, "c0", 1):
            await answered(intake, {"meanwhile": 4})
            raise ZeroDivisionError

    rows, _ = await changes(api, until)

    assert names(rows) == ["meanwhile"]


@pytest.mark.parametrize("seed", range(3))
async def test_a_copy_is_complete_whoever_wrote_meanwhile(
    api: Api, intake: Intake, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    calls = [f"c{number}" for number in range(30)]
    await intake.on_decisions(told(*map(decision, calls)))
    copy: dict[str, tuple[int, str]] = {}
    done = asyncio.Event()

    async def write(number: int) -> None:
        for revision in range(1, 13):
            name = calls[(number + 3 * chance.randrange(10)) % 30]
            mark = chance.randint(1, 5)
            await intake.on_responses(told(response(name, mark, revision=10 * revision + number)))
            async with writing(database, name, chance.randint(1, 5)):
                await asyncio.sleep(chance.random() / 20)

    async def read() -> None:
        since, last = LONG_AGO, False
        while not last:
            last = done.is_set()
            rows, since = await changes(api, since, limit=chance.choice([2, 7, 50]))
            copy.update({row["call_id"]: (row["score"], row["changed_at"]) for row in rows})

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        async with asyncio.TaskGroup() as writers:
            for number in range(3):
                writers.create_task(write(number))
        done.set()

    async with database.connection() as connection:
        rows = await connection.fetch(
            "select call_id, score, changed_at from analytics.facts where replies::text <> '[]'"
        )
    assert len(rows) > 15
    assert {name: score for name, (score, _) in copy.items()} == {
        row["call_id"]: row["score"] for row in rows
    }


async def test_each_answer_is_listed_once_however_often_it_changed(
    intake: Intake, database: Database
) -> None:
    await answered(intake, {"c0": 5, "c1": 4})
    for revision in range(2, 6):
        await intake.on_responses(told(response("c0", 1, revision=revision)))

    async with database.connection() as connection:
        count = await connection.fetchval("select count(*) from analytics.changes")

    assert count == 2


async def test_a_page_looks_through_so_many_changes_and_goes_on(
    api: Api, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synchronising, "MOST", 4)
    await answered(intake, {f"c{number}": 5 for number in range(12)})
    await answered(intake, {"sought": 5}, site="Pune")

    first = await api.get("responses", updated_since=LONG_AGO, site="Pune", limit=1)
    rows, _ = await changes(api, LONG_AGO, site="Pune", limit=1)

    assert first["responses"] == []
    assert first["next_cursor"] is not None
    assert names(rows) == ["sought"]


async def test_who_sees_some_calls_alone_is_told_of_these(api: Api, intake: Intake) -> None:
    await answered(intake, {"theirs": 5})
    somebody = api.person(Sight(teams=("north",)))
    nobody = api.person(Sight(teams=("south",)))

    assert names((await changes(api, LONG_AGO, key=somebody))[0]) == ["theirs"]
    assert (await changes(api, LONG_AGO, key=nobody))[0] == []


async def test_answers_from_before_changes_were_kept_are_told_and_again_when_they_change(
    api: Api, intake: Intake, database: Database
) -> None:
    await answered(intake, {"c0": 5, "c1": 4})
    async with database.transaction() as connection:
        await connection.execute("alter table analytics.facts disable trigger user")
        await connection.execute("update analytics.facts set changed_at = null")
        await connection.execute("alter table analytics.facts enable trigger user")
        await connection.execute("delete from analytics.changes")
        file = resources.files("analytics") / "migrations" / "0256_changes_before.sql"
        await connection.execute(file.read_text())

    before, until = await changes(api, LONG_AGO)
    await intake.on_responses(told(response("c0", 1, revision=2)))
    after, _ = await changes(api, until)
    whole, _ = await changes(api, LONG_AGO)

    assert sorted(names(before)) == ["c0", "c1"]
    assert [(row["call_id"], row["score"]) for row in after] == [("c0", 1)]
    assert names(whole) == ["c1", "c0"]


async def test_an_offset_is_honoured_also_where_its_plus_came_as_a_space(
    api: Api, intake: Intake
) -> None:
    await answered(intake, {"c0": 5})

    for since in ("2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00 02:00"):
        assert names((await changes(api, since))[0]) == ["c0"]


async def test_a_run_may_begin_as_long_ago_as_a_time_can_be(api: Api, intake: Intake) -> None:
    await answered(intake, {"c0": 5})

    assert names((await changes(api, "0001-01-01T00:00:00Z"))[0]) == ["c0"]


async def test_what_is_no_time_is_refused_by_its_name(api: Api, intake: Intake) -> None:
    await answered(intake, {"c0": 5, "c1": 5})
    cursor = (await api.get("responses", limit=1))["next_cursor"]
    for params, field, said in (
        ({"updated_since": "1767608060"}, "query.updated_since", "ISO 8601"),
        ({"updated_since": "2026-01-05T10:14:20"}, "query.updated_since", "needs a zone"),
        ({"updated_since": "2199-01-05T10:14:20Z"}, "query.updated_since", "in the future"),
        ({"updated_since": LONG_AGO, "sort": "oldest"}, "query.sort", "updated_since"),
        ({"updated_since": LONG_AGO, "cursor": cursor}, "query.cursor", "not a cursor"),
    ):
        answer = await api.ask("responses", **params)
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert said in answer.text
