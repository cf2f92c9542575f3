"""Events in any order and number give the same facts and the same counts."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain.contributions import Cell, Dimension, Slot
from analytics.service import Intake, cells_wrong, rebuild
from analytics.service.audit import pending
from analytics.testing import NOW, configure, decision, delivery, response, told
from common.db import Database
from common.events.calls import Leg
from common.events.decisions import Decision, Reason
from common.events.responses import Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus, FailureClass
from common.events.values import Channel, Metric

Event = Decision | Delivery | Response


async def take(intake: Intake, *events: Event) -> None:
    """In runs of one type, as a consumer hands them over."""
    handlers: dict[type[Any], Any] = {
        Decision: intake.on_decisions,
        Delivery: intake.on_deliveries,
        Response: intake.on_responses,
    }
    run: list[Event] = []
    for event in [*events, None]:
        if run and type(run[0]) is not type(event):
            await handlers[type(run[0])](told(*run))
            run = []
        if event is not None:
            run.append(event)


async def rollups(db: Database, *, grain: str = "d") -> dict[Cell, list[int]]:
    async with db.connection() as connection:
        rows = await connection.fetch("select * from analytics.rollups where grain = $1", grain)
    return {
        Cell(*(row[name] for name in Cell._fields)): row["counts"]
        for row in rows
        if any(row["counts"])
    }


async def total(db: Database, *slots: int, survey: str = "csat") -> list[int]:
    """Sums over all days of the dimension total."""
    cells = await rollups(db)
    rows = [v for k, v in cells.items() if k.dimension == Dimension.TOTAL and k.survey == survey]
    return [sum(counts[slot] for counts in rows) for slot in slots]


async def stored(db: Database) -> list[Any]:
    async with db.connection() as connection:
        rows = await connection.fetch(
            "select interaction_id, revision, day, queue, agent, reason, steps, replies, slots,"
            " channel, score, answered_at, test from analytics.facts order by interaction_id"
        )
    return [tuple(row.values()) for row in rows]


async def test_a_call_that_was_asked_and_answered_counts_once_in_each_step(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(), delivery(), response(score=4))

    steps = (Slot.CALLS, Slot.ASKED, Slot.SENT, Slot.DELIVERED, Slot.ANSWERED, Slot.SCORE_0 + 4)
    assert await total(database, *steps) == [1] * 6


async def test_a_call_that_was_not_asked_counts_under_its_reason(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(reason=Reason.DO_NOT_SURVEY))

    found = await total(database, Slot.CALLS, Slot.ASKED, Slot.REASON_0, survey="")
    assert found == [1, 0, 1]


async def test_copies_change_nothing(intake: Intake, database: Database) -> None:
    events: list[Event] = [decision(), delivery(), response()]
    await take(intake, *events)
    before = await rollups(database), await stored(database)

    await take(intake, *events * 3)

    assert (await rollups(database), await stored(database)) == before


async def test_an_answer_before_the_decision_waits_for_it(
    intake: Intake, database: Database
) -> None:
    await take(intake, response(), delivery())
    assert await rollups(database) == {}
    assert await pending(database) == 1

    await take(intake, decision())

    assert await total(database, Slot.DELIVERED, Slot.ANSWERED) == [1, 1]
    assert await pending(database) == 0


async def test_a_correction_moves_the_score(intake: Intake, database: Database) -> None:
    await take(intake, decision(), response(score=1, revision=1), response(score=5, revision=3))
    await take(intake, response(score=2, revision=2))

    found = await total(database, *(Slot.SCORE_0 + score for score in (1, 2, 5)), Slot.ANSWERED)
    assert found == [0, 0, 1, 1]


async def test_of_two_channels_the_one_scored_last_counts(
    intake: Intake, database: Database
) -> None:
    by_link = response(score=2, channel=Channel.WEB, at=NOW + timedelta(hours=2))
    await take(intake, decision(), by_link, response(score=5, channel=Channel.SMS))

    cells = await rollups(database)
    channels = {k.value: v for k, v in cells.items() if k.dimension == Dimension.CHANNEL}
    assert channels.keys() == {"web"}
    assert channels["web"][Slot.SCORE_0 + 2] == 1
    assert channels["web"][Slot.ANSWERED] == 1


async def test_a_comment_without_a_score_does_not_supersede_a_score(
    intake: Intake, database: Database
) -> None:
    late = response(score=None, channel=Channel.WEB, at=NOW + timedelta(days=1))
    await take(intake, decision(), response(score=5), late)

    assert await total(database, Slot.SCORE_0 + 5, Slot.ANSWERED) == [1, 1]


async def test_an_amended_call_moves_to_its_new_agent_with_its_answer(
    intake: Intake, database: Database
) -> None:
    legs = (Leg(agent_id="a1", team="north"), Leg(agent_id="a2", team="south", queue="sales"))
    await take(intake, decision(), response(), decision(legs=legs, revision=1), decision())

    cells = await rollups(database)
    answered = {
        (k.dimension, k.value) for k, v in cells.items() if v[Slot.SCORE_0 + 5] == v[0] == 1
    }
    assert {("agent", "a2"), ("team", "south"), ("queue", "sales")} <= answered
    assert ("agent", "a1") not in {(k.dimension, k.value) for k in cells}


@pytest.mark.parametrize("marked", [{"test": True}, {"revision": 1, "test": True}])
async def test_a_test_counts_nowhere(
    intake: Intake, database: Database, marked: dict[str, Any]
) -> None:
    await take(intake, decision(), delivery(), response(), decision(**marked))

    assert await rollups(database) == {}


async def test_a_failed_ask_is_neither_sent_nor_delivered(
    intake: Intake, database: Database
) -> None:
    failed = delivery(status=DeliveryStatus.FAILED, failure=FailureClass.OPTED_OUT)
    await take(intake, decision(), failed)

    steps = (Slot.ASKED, Slot.SENT, Slot.DELIVERED, Slot.FAILED, Slot.OPTED_OUT)
    assert await total(database, *steps) == [1, 0, 0, 1, 1]


async def test_an_older_receipt_does_not_undo_a_newer_one(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(), delivery(status=DeliveryStatus.DELIVERED, revision=4))
    await take(intake, delivery(status=DeliveryStatus.SENT, revision=3))

    assert await total(database, Slot.SENT, Slot.DELIVERED) == [1, 1]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 1, 31)),
        ("Asia/Kolkata", date(2026, 2, 1)),
        ("America/Los_Angeles", date(2026, 1, 31)),
        ("Pacific/Kiritimati", date(2026, 2, 1)),
    ],
)
async def test_the_day_is_that_of_the_call_in_the_workspaces_zone(
    intake: Intake, database: Database, zone: str, day: date
) -> None:
    await configure(database, zone=zone)
    await take(intake, decision(ended_at=NOW.replace(day=31, hour=18, minute=30)))

    assert {cell.start for cell in await rollups(database)} == {day}
    assert {c.start for c in await rollups(database, grain="m")} == {day.replace(day=1)}


QUEUES = st.sampled_from(["", "billing", 'sales, "west"', "\\back{slash}"])
STATUSES = st.sampled_from(
    [s for s in DeliveryStatus if s not in (DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED)]
)


@st.composite
def one_call(draw: st.DrawFn, name: str) -> list[Event]:
    """All events of one call: what is last in a list of revisions is what counts."""
    day = NOW + timedelta(days=draw(st.integers(0, 40)))
    test = draw(st.integers(0, 9)) == 0
    if draw(st.booleans()):
        reason = draw(st.sampled_from(list(Reason)))
        return [decision(name, reason=reason, ended_at=day, queue=draw(QUEUES), legs=())]
    survey, metric, top = draw(st.sampled_from([("csat", Metric.CSAT, 5), ("nps", Metric.NPS, 10)]))
    events: list[Event] = [
        decision(
            name,
            survey_id=survey,
            metric=metric,
            ended_at=day,
            revision=revision,
            test=test,
            queue=draw(QUEUES),
            legs=tuple(
                Leg(agent_id=agent, talk_seconds=1.0)
                for agent in draw(st.lists(st.sampled_from(["a1", "a2", "a3"]), max_size=3))
            ),
        )
        for revision in range(draw(st.integers(1, 2)))
    ]
    for step in range(draw(st.integers(0, 2))):
        channel = (Channel.SMS, Channel.WHATSAPP)[step]
        events += [
            delivery(name, status, revision=revision, step=step, channel=channel)
            for revision, status in enumerate(draw(st.lists(STATUSES, max_size=3)))
        ]
    for channel in draw(st.lists(st.sampled_from([Channel.SMS, Channel.WEB]), unique=True)):
        given_scores = draw(st.lists(st.none() | st.integers(1, top), min_size=1, max_size=3))
        events += [
            response(
                name,
                score,
                revision=revision,
                channel=channel,
                at=NOW + timedelta(minutes=draw(st.integers(0, 500))),
                state=draw(st.sampled_from(list(ResponseState))),
            )
            for revision, score in enumerate(given_scores)
        ]
    return events


@st.composite
def scenarios(draw: st.DrawFn) -> list[list[Event]]:
    return [draw(one_call(f"c{number}")) for number in range(draw(st.integers(1, 8)))]


def recount(calls: Sequence[Sequence[Event]]) -> dict[str, Counter[Any]]:
    """The figures by hand, another way than the code under test."""
    asked: Counter[Any] = Counter()
    answers: Counter[Any] = Counter()
    for events in calls:
        told_of_it = max((e for e in events if isinstance(e, Decision)), key=lambda e: e.revision)
        if told_of_it.test:
            continue
        day = told_of_it.interaction.ended_at.date()
        asked[day, told_of_it.survey_id or "", told_of_it.reason] += 1
        last = {
            e.channel: e
            for e in sorted(
                (e for e in events if isinstance(e, Response)), key=lambda e: e.revision
            )
        }
        scored = [e for e in last.values() if e.score is not None]
        if scored:
            counts = max(scored, key=lambda e: (e.scored_at, e.id))
            legs = told_of_it.interaction.legs
            agent = legs[-1].agent_id if legs else ""
            answers[day, told_of_it.survey_id, agent, counts.score] += 1
    return {"asked": asked, "answers": answers}


async def counted(db: Database) -> dict[str, Counter[Any]]:
    asked: Counter[Any] = Counter()
    answers: Counter[Any] = Counter()
    for cell, counts in (await rollups(db)).items():
        if cell.dimension == Dimension.TOTAL:
            asked[cell.start, cell.survey, None] += counts[Slot.ASKED]
            for index, reason in enumerate(Reason):
                asked[cell.start, cell.survey, reason] += counts[Slot.REASON_0 + index]
        if cell.dimension == Dimension.AGENT:
            for score in range(11):
                times = counts[Slot.SCORE_0 + score]
                answers[cell.start, cell.survey, cell.value, score] += times
    return {"asked": +asked, "answers": +answers}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=scenarios(), seed=st.integers(0, 2**32), copies=st.integers(1, 3))
async def test_any_order_and_number_of_events_gives_the_same(
    intake: Intake, database: Database, calls: list[list[Event]], seed: int, copies: int
) -> None:
    async with database.connection() as connection:
        await connection.execute("truncate analytics.facts, analytics.rollups")
    in_order = [event for events in calls for event in events]
    await take(intake, *in_order)
    facts, cells = await stored(database), await rollups(database)
    assert await counted(database) == recount(calls)

    async with database.connection() as connection:
        await connection.execute("truncate analytics.facts, analytics.rollups")
    shuffled = in_order * copies
    random.Random(seed).shuffle(shuffled)
    await take(intake, *shuffled)

    assert await stored(database) == facts
    assert await rollups(database) == cells
    assert await cells_wrong(database) == []
    assert await rebuild(database) == []
