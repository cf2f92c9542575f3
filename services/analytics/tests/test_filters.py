"""One filter for every number; rollups and facts tell the same."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.cells import Dimension
from analytics.domain.figures import Row
from analytics.domain.selection import (
    Credit,
    DateOf,
    Period,
    Selection,
    end_of,
    rollup_of,
    spans,
    start_of,
    starts,
)
from analytics.repository import reading, rollups
from analytics.service import Intake
from analytics.testing import NOW, decision, delivery, response, told
from common.database import Database
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.values import Channel, Metric

WHOLE = Selection(workspace="acme", first=date(2025, 11, 10), last=date(2026, 2, 20))


async def some_calls(intake: Intake) -> None:
    """60 calls over three months, in every queue, agent, survey and state."""
    decisions, deliveries, responses = [], [], []
    for number in range(60):
        name = f"c{number}"
        nps = number % 3 == 0
        where: dict[str, Any] = {
            "ended_at": NOW - timedelta(days=number % 50, hours=number),
            "queue": ("", "billing", "sales")[number % 3],
            "legs": (Leg(agent_id=f"a{number % 4}", team=f"t{number % 2}"),),
            "site": "Pune" if number % 5 else None,
            "region": f"r{number % 2}",
            "disposition": f"d{number % 7}",
        }
        if number % 6 == 5:
            decisions.append(decision(name, reason=list(Reason)[number % 17], **where))
            continue
        survey: dict[str, Any] = {"survey_id": "nps", "metric": Metric.NPS} if nps else {}
        decisions.append(decision(name, **where, **survey))
        deliveries.append(delivery(name))
        if number % 2:
            channel = Channel.WEB if number % 7 == 0 else Channel.SMS
            responses.append(response(name, 1 + number % 5, channel=channel, **survey))
    await intake.on_decisions(told(*decisions))
    await intake.on_deliveries(told(*deliveries))
    await intake.on_responses(told(*responses))


def as_set(rows: list[Row]) -> set[tuple[Any, ...]]:
    return {
        (row.group, row.period, row.instrument, tuple(row.counts))
        for row in rows
        if any(row.counts)
    }


SELECTIONS = [
    WHOLE,
    replace(WHOLE, first=date(2026, 1, 1), last=date(2026, 1, 31)),
    replace(WHOLE, first=date(2025, 12, 20), last=date(2026, 1, 14)),
    replace(WHOLE, surveys=["nps"]),
    replace(WHOLE, metrics=["csat"]),
    replace(WHOLE, by=Dimension.QUEUE),
    replace(WHOLE, by=Dimension.DISPOSITION, surveys=["csat"]),
    replace(WHOLE, filters={Dimension.QUEUE: ["sales", ""]}),
    replace(WHOLE, filters={Dimension.CHANNEL: ["web"]}),
    replace(WHOLE, by=Dimension.AGENT, filters={Dimension.AGENT: ["a1", "a2"]}),
    replace(WHOLE, filters={Dimension.SITE: ["Pune"]}, by=Dimension.SITE),
    replace(WHOLE, filters={Dimension.NUMBER: ["nobody"]}),
    replace(WHOLE, workspace="other"),
]


async def test_rollups_and_facts_tell_the_same(intake: Intake, database: Database) -> None:
    await some_calls(intake)

    async with database.connection() as connection:
        for selection, period, lines in product(SELECTIONS, [None, *Period], [False, True]):
            from_rollups = await rollups.read(connection, selection, period, lines=lines)
            from_facts = await reading.read(connection, selection, period, lines=lines)
            assert as_set(from_rollups) == as_set(from_facts), (selection, period)


async def test_two_filters_are_both_and_lists_are_any(intake: Intake, database: Database) -> None:
    await some_calls(intake)
    both = {Dimension.QUEUE: ["billing", "sales"], Dimension.AGENT: ["a1"]}

    async with database.connection() as connection:
        rows = await reading.read(connection, replace(WHOLE, filters=both), None, lines=False)

    calls = [n for n in range(60) if n % 3 and n % 4 == 1]
    assert sum(row.counts[0] for row in rows) == len(calls)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, Dimension.TOTAL),
        ({"by": Dimension.TEAM}, Dimension.TEAM),
        ({"filters": {Dimension.TEAM: ["t"]}}, Dimension.TEAM),
        ({"filters": {Dimension.TEAM: ["t"]}, "by": Dimension.QUEUE}, None),
        ({"filters": {Dimension.TEAM: ["t"], Dimension.QUEUE: ["q"]}}, None),
        ({"by": Dimension.AGENT, "credit": Credit.FIRST}, None),
        ({"by": Dimension.QUEUE, "credit": Credit.FIRST}, Dimension.QUEUE),
        ({"date_of": DateOf.ANSWER}, None),
    ],
)
def test_at_most_one_filter_reads_rollups(changes: dict[str, Any], found: Dimension | None) -> None:
    assert rollup_of(replace(WHOLE, **changes)) == found


DAYS = st.dates(date(2023, 1, 1), date(2026, 12, 31))


@settings(deadline=None)
@given(first=DAYS, length=st.integers(0, 800))
def test_spans_cover_each_day_of_a_range_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    covered: list[date] = []
    for grain, start, end in spans(first, last):
        if grain == "m":
            assert start.day == 1
            assert (end + timedelta(days=1)).day == 1
        covered += [start + timedelta(days=n) for n in range((end - start).days + 1)]

    assert covered == [first + timedelta(days=n) for n in range(length + 1)]


@settings(deadline=None)
@given(first=DAYS, length=st.integers(0, 100), period=st.sampled_from(Period))
def test_every_day_is_in_one_period(first: date, length: int, period: Period) -> None:
    last = first + timedelta(days=length)
    found = starts(first, last, period)

    for number in range(length + 1):
        day = first + timedelta(days=number)
        holding = [start for start in found if start <= day <= end_of(start, period)]
        assert holding == [start_of(day, period)]
