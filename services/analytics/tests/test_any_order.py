"""Events in any order and number give the same facts and the same counts."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain.cells import Dimension
from analytics.domain.contributions import REASONS, Slot
from analytics.service import Intake, differences, rebuild
from analytics.testing import NOW, decision, delivery, response
from analytics.testing.running import Event, rollups, stored, take
from common.database import Database
from common.events.calls import Leg
from common.events.decisions import Decision, Reason
from common.events.responses import Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus
from common.events.values import Channel, Metric

QUEUES = st.sampled_from(["", "billing", 'sales, "west"', "\\back{slash}"])
STATUSES = st.sampled_from(
    [s for s in DeliveryStatus if s not in (DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED)]
)


@st.composite
def one_call(draw: st.DrawFn, name: str) -> list[Event]:
    """All events of one call."""
    day = NOW + timedelta(days=draw(st.integers(0, 40)))
    test = draw(st.integers(0, 9)) == 0
    if draw(st.booleans()):
        reason = draw(st.sampled_from(list(Reason)))
        return [decision(name, reason=reason, ended_at=day, queue=draw(QUEUES), legs=())]
    survey, metric, top = draw(st.sampled_from([("csat", Metric.CSAT, 5), ("nps", Metric.NPS, 10)]))
    agents = st.lists(st.sampled_from(["a1", "a2", "a3"]), max_size=3)
    told_of_it = [
        decision(
            name,
            survey_id=survey,
            metric=metric,
            ended_at=day,
            revision=revision,
            test=test,
            queue=draw(QUEUES),
            legs=tuple(Leg(agent_id=agent, talk_seconds=1.0) for agent in draw(agents)),
        )
        for revision in range(draw(st.integers(1, 2)))
    ]
    survey_of = {"survey_id": survey, "metric": metric}
    return [*told_of_it, *draw(deliveries(name)), *draw(responses(name, top, survey_of))]


@st.composite
def deliveries(draw: st.DrawFn, name: str) -> list[Delivery]:
    return [
        delivery(name, status, revision=revision, step=step, channel=channel)
        for step, channel in enumerate((Channel.SMS, Channel.WHATSAPP))
        for revision, status in enumerate(draw(st.lists(STATUSES, max_size=3)))
    ]


@st.composite
def responses(draw: st.DrawFn, name: str, top: int, survey: dict[str, Any]) -> list[Response]:
    given_scores = st.lists(st.none() | st.integers(1, top), min_size=1, max_size=3)
    return [
        response(
            name,
            score,
            revision=revision,
            channel=channel,
            at=NOW + timedelta(minutes=draw(st.integers(0, 500))),
            state=draw(st.sampled_from(list(ResponseState))),
            **survey,
        )
        for channel in draw(st.lists(st.sampled_from([Channel.SMS, Channel.WEB]), unique=True))
        for revision, score in enumerate(draw(given_scores))
    ]


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
        if cell.dimension == Dimension.TOTAL and not cell.question:
            asked[cell.start, cell.survey, None] += counts[Slot.ASKED]
            for index, reason in enumerate(REASONS):
                asked[cell.start, cell.survey, reason] += counts[Slot.REASON_0 + index]
        if cell.dimension == Dimension.AGENT and cell.question:
            for score, times in enumerate(counts, start=cell.low):
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
    assert await differences(database) == []
    assert await rebuild(database) == []
