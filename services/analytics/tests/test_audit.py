"""The rollups are checked against the facts, and set right while events come in."""

import asyncio
import random

import pytest

from analytics.domain.contributions import REASONS, SLOTS, Slot
from analytics.domain.differences import FactDiffers
from analytics.domain.discretion import hidden
from analytics.service import Intake, differences, rebuild
from analytics.testing import decision, delivery, response, told
from analytics.testing.running import rollups, stored
from common.config import ConfigReader
from common.database import Database
from common.errors import Retry
from common.events.decisions import Reason


async def execute(db: Database, statement: str) -> None:
    async with db.connection() as connection:
        await connection.execute(statement)


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        ("update analytics.rollups set counts[1] = 7 where dimension = 'queue' and grain = 'd'", 2),
        ("delete from analytics.rollups where dimension = 'total'", 4),
        ("truncate analytics.rollups", 36),
        ("update analytics.rollups set value = 'nobody' where dimension = 'agent'", 8),
    ],
)
async def test_a_wrong_cell_is_found_and_set_right(
    intake: Intake, database: Database, damage: str, wrong: int
) -> None:
    await intake.on_decisions(told(decision()))
    await intake.on_responses(told(response()))
    assert await differences(database) == []

    await execute(database, damage)

    assert len(await differences(database)) == wrong
    assert len(await rebuild(database)) == wrong
    assert await differences(database) == []


SOME = "where workspace = 'acme' and score = 5"
FACTS: list[tuple[str, str, int]] = [
    (f"update analytics.facts set score = 3 {SOME}", "score is 3, must be 5", 1),
    (f"update analytics.facts set channel = 'ivr' {SOME}", "channel is ivr, must be sms", 1),
    (f"update analytics.facts set slots = '{{0,1}}' {SOME}", "slots is [0, 1], must be [0, 1,", 1),
    (f"update analytics.facts set answers = '{{}}' {SOME}", 'must be [["csat","score","csat",', 1),
    (f"update analytics.facts set agent = 'a9' {SOME}", "agent is a9, must be a1", 1),
    (f"update analytics.facts set team = '' {SOME}", "team is , must be north", 1),
    (f"update analytics.facts set day = day - 40 {SOME}", "day is 2025-12-06, must be 2026", 1),
    (f"update analytics.facts set answered_day = null {SOME}", "answered_day is none, must be", 1),
    (f"update analytics.facts set answered_at = now() {SOME}", "must be 2026-01-15 12:05:01", 1),
]


@pytest.mark.parametrize(("damage", "words", "columns"), FACTS)
async def test_a_fact_whose_columns_for_reading_are_wrong_is_found_and_set_right(
    intake: Intake, database: Database, damage: str, words: str, columns: int
) -> None:
    await intake.on_decisions(told(decision(), decision("c2")))
    await intake.on_responses(told(response(), response("c2", 1)))
    before = await stored(database), await rollups(database)

    await execute(database, damage)
    found = await rebuild(database)

    assert any(words in str(one) for one in found), [str(one) for one in found]
    of_facts = [one for one in found if isinstance(one, FactDiffers)]
    assert len(of_facts) == columns
    assert (await stored(database), await rollups(database)) == before
    assert await differences(database) == []


async def test_what_differs_is_told_in_words(intake: Intake, database: Database) -> None:
    await intake.on_decisions(told(decision(), decision("c2", reason=Reason.NO_CONSENT)))
    await intake.on_responses(told(response()))
    slot = Slot.REASON_0 + REASONS.index(Reason.NO_CONSENT) + 1
    where = "where dimension = 'queue' and grain = 'd'"
    await execute(
        database, f"update analytics.rollups set counts[5] = 4 {where} and question <> ''"
    )
    await execute(
        database, f"update analytics.rollups set counts[{slot}] = 0 {where} and survey = ''"
    )

    assert [str(one) for one in await differences(database)] == [
        'acme: day 2026-01-15, queue "billing": not asked (no_consent) stored 0, counted 1',
        'acme: day 2026-01-15, queue "billing", survey csat, question score (csat 1 to 5):'
        " answers of 5 stored 4, counted 1",
    ]


async def test_an_answer_changes_no_index(intake: Intake, database: Database) -> None:
    names = [f"c{number}" for number in range(100)]
    await intake.on_decisions(told(*map(decision, names)))
    for revision in (1, 2):
        for first in range(4):  # four of ten answer, one here, one there
            some = names[first::10]
            await intake.on_responses(told(*(response(n, 3, revision=revision) for n in some)))

    async with database.connection() as connection:
        await connection.execute("select pg_stat_force_next_flush()")
        rows = await connection.fetch(
            "select relname, n_tup_upd, n_tup_hot_upd from pg_stat_user_tables"
            " where schemaname = 'analytics' and n_tup_upd > 0"
        )
    changed = {row["relname"]: (row["n_tup_upd"], row["n_tup_hot_upd"]) for row in rows}
    assert changed["facts"][0] == 80
    for updates, hot in changed.values():
        # None would be, with an index on what changes; what a busy server keeps alive takes room.
        assert hot >= 0.5 * updates, changed


async def test_a_vector_from_before_a_slot_was_added_is_as_good(
    intake: Intake, database: Database
) -> None:
    await intake.on_decisions(told(decision()))
    await execute(
        database, f"update analytics.rollups set counts = counts[1:{SLOTS - 3}] where question = ''"
    )
    assert await differences(database) == []

    await intake.on_decisions(told(decision("c2", reason=REASONS[-1])))
    await intake.on_responses(told(response()))

    assert await differences(database) == []


async def test_a_rebuild_while_events_come_in_is_right_afterwards(
    intake: Intake, database: Database
) -> None:
    names = [f"c{number}" for number in range(300)]
    await intake.on_decisions(told(*(decision(name) for name in names)))
    await execute(database, "update analytics.rollups set counts[1] = counts[1] + 3")

    async def consume() -> None:
        for first in range(0, 300, 20):
            batch = names[first : first + 20]
            await intake.on_responses(told(*(response(name, 4) for name in batch)))

    await asyncio.gather(consume(), rebuild(database))

    assert await differences(database) == []


async def test_two_rebuilds_do_not_correct_twice(intake: Intake, database: Database) -> None:
    await intake.on_decisions(told(*(decision(f"c{number}") for number in range(50))))
    await execute(database, "truncate analytics.rollups")

    await asyncio.gather(rebuild(database), rebuild(database))

    assert await differences(database) == []


async def test_consumers_that_make_the_same_facts_at_once_agree(
    intake: Intake, database: Database
) -> None:
    names = [f"c{number}" for number in range(400)]

    async def shuffled(seed: int) -> None:
        mine = Intake(database, ConfigReader(database))
        order = random.Random(seed).sample(names, len(names))
        for first in range(0, len(order), 100):
            batch = order[first : first + 100]
            for handle, make in (
                (mine.on_responses, response),
                (mine.on_deliveries, delivery),
                (mine.on_decisions, decision),
            ):
                await handle(told(*(make(name) for name in batch)))

    await asyncio.gather(*(shuffled(seed) for seed in range(3)))

    assert await differences(database) == []
    async with database.connection() as connection:
        counts = await connection.fetchval(
            "select counts from analytics.rollups"
            " where dimension = 'total' and grain = 'm' and question = ''"
        )
    assert (counts[Slot.CALLS], counts[Slot.ANSWERED]) == (400, 400)


async def test_a_handler_asks_for_a_retry_when_the_database_is_gone(
    intake: Intake, database: Database
) -> None:
    await database.close()

    with pytest.raises(Retry):
        await intake.on_decisions(told(decision()))


def test_every_reason_has_a_slot() -> None:
    assert set(REASONS) == {*Reason, "unknown"}


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ({"a": 5, "b": 9}, set()),
        ({"a": 4, "b": 9, "c": 6}, {"a", "c"}),
        ({"a": 4, "b": 1, "c": 6}, {"a", "b"}),
        ({"a": 0, "b": 9}, set()),
        ({"a": 3}, {"a"}),
    ],
)
def test_a_hidden_group_cannot_be_worked_out_from_the_others(
    answers: dict[str, int], kept: set[str]
) -> None:
    assert hidden(answers) == kept
