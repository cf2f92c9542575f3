"""Erased contacts: figures stay as they are, and nothing says whose calls and words they were."""

import json
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from analytics.service import Erasing, Intake, differences
from analytics.testing import ADDRESS, NOW, PEPPER, decision, delivery, response
from analytics.testing.running import rollups, take
from common.bus.pglog import PgLogBus
from common.database import Database
from common.events import Envelope, envelope
from common.events.consent import ContactErased
from common.events.questionnaire import QuestionKind
from common.events.responses import Answer
from common.ids import contact_id, erasure_id
from common.topics import ERASURES, partitions

WORDS = "the queue was long"
WHO = contact_id(PEPPER, "acme", ADDRESS)
LATER = NOW + timedelta(hours=1)
REASON = Answer(question_id="why", kind=QuestionKind.COMMENT, text=WORDS, answered_at=NOW)


def erased(at: datetime = LATER) -> list[Envelope[ContactErased]]:
    fact = ContactErased(contact_id=WHO, erased_at=at)
    made = envelope(
        fact,
        aggregate=erasure_id(WHO, at),
        revision=0,
        source="/orchestrator",
        time=at,
        workspace="acme",
    )
    return [made]


@pytest.fixture
async def erasing(database: Database, intake: Intake) -> Erasing:
    bus = PgLogBus(database)
    await bus.create_topics(partitions())
    return Erasing(database, bus)


async def held(db: Database) -> str:
    async with db.connection() as connection:
        rows = await connection.fetch("select f::text as row from analytics.facts f")
    return "\n".join(row["row"] for row in rows)


async def test_the_person_goes_and_the_figures_stay(
    intake: Intake, erasing: Erasing, database: Database
) -> None:
    await take(
        intake,
        decision(),
        delivery(),
        response(score=4, comment=WORDS, more=(REASON,)),
        decision("later", ended_at=LATER + timedelta(minutes=1)),
    )
    figures, before = await rollups(database), await held(database)

    finish = await erasing.on_erased(erased())
    await finish()

    after = await held(database)
    assert WORDS in before
    assert WORDS not in after
    assert before.count(str(WHO)) == 2
    assert after.count(str(WHO)) == 1  # of the call that came later
    assert await rollups(database) == figures
    assert await differences(database) == []
    async with erasing.bus.subscribe("test", [ERASURES]) as told:
        polled = await told.poll(max_records=10, timeout=1.0)
    [[record]] = polled.values()
    said = json.loads(record.value or b"")["data"]
    assert (said["service"], said["erasure_id"]) == ("analytics", str(erasure_id(WHO, LATER)))


async def test_again_it_changes_nothing(
    intake: Intake, erasing: Erasing, database: Database
) -> None:
    await take(intake, decision(), response(comment=WORDS))
    await erasing.on_erased(erased())
    once = await held(database)

    await erasing.on_erased(erased() * 3)
    await take(intake, decision(revision=7, queue="support"), response(revision=9, comment=WORDS))

    assert await held(database) == once


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_in_any_order_the_call_counts_and_nobody_is_known(
    intake: Intake, erasing: Erasing, database: Database, order: tuple[int, ...]
) -> None:
    """An answer that comes after the erasure is dropped; one that was there before counts."""
    events: list[Any] = [decision(), response(comment=WORDS), None]
    for place in order:
        if events[place] is None:
            await erasing.on_erased(erased())
        else:
            await take(intake, events[place])

    left = await held(database)
    assert WORDS not in left
    assert str(WHO) not in left
    assert await differences(database) == []
    calls = [c[0] for cell, c in (await rollups(database)).items() if cell.question == ""]
    assert calls
    assert set(calls) == {1}


async def test_others_of_the_same_batch_are_counted_whole(
    intake: Intake, erasing: Erasing, database: Database
) -> None:
    await erasing.on_erased(erased())

    await take(intake, decision(), decision("o", workspace="other"))

    left = await held(database)
    assert str(contact_id(PEPPER, "other", ADDRESS)) in left
    assert str(WHO) not in left
