"""Rows of one call that come one by one under its id, and what is told twice."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from common.events.calls import Interaction
from common.events.decisions import Reason
from common.events.values import Ending
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.testing import address, call

RANG = {"ending": Ending.MISSED, "talk_seconds": None, "queue": "ring group"}
TALKED = {"ending": Ending.CONNECTED, "talk_seconds": 90, "queue": "billing"}


def row(**facts: Any) -> Any:
    return call("c-1", **facts)


async def decided(orchestra: Any) -> tuple[Reason | None, str | None, int]:
    """The last word about the call: reason, queue, revision."""
    events = await orchestra.published(DECISIONS)
    last = max((event.data for event in events), key=lambda one: one.revision)
    return last.reason, last.interaction.queue, last.revision


async def counted(orchestra: Any) -> tuple[int, int]:
    [found] = await orchestra.rows("select copies, differing from orchestrator.decisions")
    return found["copies"], found["differing"]


@pytest.mark.parametrize("order", list(permutations((RANG, TALKED, {**RANG, "queue": "other"}))))
async def test_the_leg_that_talked_makes_the_call_whatever_came_before(
    orchestra: Any, order: Any
) -> None:
    for facts in order:
        await orchestra.take(row(**facts))

    assert (await decided(orchestra))[:2] == (None, "billing")
    assert len(await orchestra.published(STEPS_SMS)) == 1
    assert await counted(orchestra) == (2, 2)


async def test_likewise_where_they_come_together(orchestra: Any) -> None:
    await orchestra.take(row(**RANG), row(**TALKED), row(**RANG))

    assert await decided(orchestra) == (None, "billing", 0)
    assert await counted(orchestra) == (2, 2)


async def test_a_longer_talk_is_looked_at_again(orchestra: Any) -> None:
    await orchestra.take(row(**TALKED | {"talk_seconds": 2}))
    assert (await decided(orchestra))[0] is Reason.TALK_TIME
    await orchestra.take(row(**TALKED))
    assert await decided(orchestra) == (None, "billing", 1)


async def test_a_call_that_was_asked_about_stays_so(orchestra: Any) -> None:
    await orchestra.take(row(**TALKED))
    for facts in (RANG, TALKED | {"queue": "sales"}, TALKED):
        await orchestra.take(row(**facts))

    assert await decided(orchestra) == (None, "billing", 0)
    assert len(await orchestra.published(STEPS_SMS)) == 1
    assert await counted(orchestra) == (3, 2)


@pytest.mark.parametrize("facts", [{"do_not_survey": True}, {"address": None}])
async def test_who_was_not_asked_for_another_reason_is_not_looked_at_again(
    orchestra: Any, facts: Any
) -> None:
    await orchestra.take(row(**TALKED | facts))
    await orchestra.take(row(**TALKED))

    assert (await decided(orchestra))[0] is not None
    assert await orchestra.published(STEPS_SMS) == []
    assert await counted(orchestra) == (1, 1)


async def test_the_same_once_more_differs_in_nothing(orchestra: Any) -> None:
    for _ in range(3):
        await orchestra.take(row(**RANG))
    assert (await decided(orchestra))[0] is Reason.NOT_CONNECTED
    assert await counted(orchestra) == (2, 0)


async def test_three_replicas_that_are_told_at_once_ask_once(orchestra: Any, replicas: Any) -> None:
    people = range(60)

    def told(facts: Any, queue: str) -> list[Interaction]:
        facts = facts | {"queue": queue}
        return [call(f"c-{n}", address=address(n), **facts) for n in people]

    await orchestra.take(*told(RANG, "ring group"))
    queues = ("a", "b", "c")
    await asyncio.gather(
        *(one.take(*told(TALKED, queue)) for one, queue in zip(replicas, queues, strict=True))
    )

    steps = await orchestra.published(STEPS_SMS)
    assert len({step.data.interaction_id for step in steps}) == len(people)
    assert len({step.data.id for step in steps}) == len(people)
    last: dict[Any, tuple[int, str]] = {}
    for event in await orchestra.published(DECISIONS):
        one = event.data
        last[one.interaction.id] = max(
            last.get(one.interaction.id, (0, "")), (one.revision, str(one.interaction.queue))
        )
    assert {revision for revision, _ in last.values()} == {1}


NOT = {"do_not_survey": True}


@pytest.mark.parametrize(
    "together", [(RANG | NOT, TALKED), (TALKED, TALKED | NOT), (TALKED, RANG | NOT)]
)
async def test_of_rows_that_come_together_one_that_says_not_to_ask_counts(
    orchestra: Any, together: Any
) -> None:
    await orchestra.take(*(row(**facts) for facts in together))

    assert (await decided(orchestra))[0] is Reason.DO_NOT_SURVEY
    assert await orchestra.published(STEPS_SMS) == []


async def test_a_conversation_beside_a_row_that_says_not_to_ask_is_not_looked_at_again(
    orchestra: Any,
) -> None:
    await orchestra.take(row(**RANG))
    await orchestra.take(row(**RANG | NOT), row(**TALKED))

    assert await orchestra.published(STEPS_SMS) == []


async def test_who_is_told_again_as_not_to_be_asked_is_not_while_the_ask_waits(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(row(**TALKED))
    await orchestra.take(row(**TALKED | NOT))

    orchestra.now += timedelta(hours=1)
    await orchestra.dispatching.dispatch()

    [found] = await orchestra.rows("select status, reason, stopped from orchestrator.invitations")
    assert (found["status"], found["stopped"]) == ("cancelled", "do_not_survey")
    assert await orchestra.published(STEPS_SMS) == []
