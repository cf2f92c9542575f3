"""Packed days tell what the facts tell, and are gone as soon as these change."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics.domain.cells import Dimension
from analytics.domain.figures import Row
from analytics.domain.places import Found
from analytics.domain.selection import Period, Selection, Sort, Trait
from analytics.repository import packed, reading, rows
from analytics.service import Intake, Packing, Reports, move_days
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api, configure
from analytics.testing.various import some_calls
from common.config import ConfigReader
from common.database import Database
from common.events.calls import Leg

WHOLE = Selection(workspace="acme", first=date(2025, 11, 20), last=date(2026, 1, 15))
LATER = NOW + timedelta(days=3)
EARLIER = NOW - timedelta(days=3)


def summed(rows: Sequence[Row]) -> Mapping[Any, tuple[int, ...]]:
    found: dict[Any, tuple[int, ...]] = {}
    for row in rows:
        key = (row.group, row.period, row.instrument)
        known = found.get(key, (0,) * len(row.counts))
        found[key] = tuple(a + b for a, b in zip(known, row.counts, strict=True))
    return {key: counts for key, counts in found.items() if any(counts)}


VALUES: Mapping[Dimension, Sequence[str]] = {
    Dimension.QUEUE: ["", "billing", "sales", "nobody"],
    Dimension.AGENT: ["a0", "a1", "a2"],
    Dimension.TEAM: ["t0", "t1"],
    Dimension.CHANNEL: ["sms", "web", ""],
    Dimension.SITE: ["", "Pune"],
    Dimension.DISPOSITION: ["d0", "d3"],
}
TRAITS: Mapping[Trait, Sequence[str]] = {
    Trait.DIRECTION: ["inbound", "outbound"],
    Trait.TAG: ["vip", "late", ""],
    Trait.LANGUAGE: ["en", "hi", "fr"],
    Trait.STATE: ["finished", "in_progress"],
    Trait.FLOW: ["after-call", ""],
}


def some_of(chance: random.Random, values: Sequence[str]) -> Sequence[str]:
    return chance.sample(list(values), chance.randint(1, 2))


def any_selection(chance: random.Random) -> Selection:
    first = WHOLE.first + timedelta(days=chance.randrange(50))
    last = first + timedelta(days=chance.randrange(57))
    dimensions = chance.sample(list(VALUES), chance.randrange(4))
    traits = chance.sample(list(TRAITS), chance.randrange(3))
    return Selection(
        workspace="acme",
        first=first,
        last=min(last, WHOLE.last),
        filters={one: some_of(chance, VALUES[one]) for one in dimensions},
        traits={one: some_of(chance, TRAITS[one]) for one in traits},
        surveys=chance.choice([None, None, ["nps"]]),
        metrics=chance.choice([None, None, ["csat"]]),
        questions=chance.choice([None, None, ["score"]]),
        scores=chance.choice([None, None, [1, 5]]),
        by=chance.choice([None, *VALUES]),
    )


async def test_packed_days_and_facts_tell_the_same(intake: Intake, database: Database) -> None:
    await some_calls(intake, seed=1)
    days = await Packing(database, ConfigReader(database), lambda: LATER).round()
    chance = random.Random(2)

    async with database.scoped("acme", frozen=True) as connection:
        for _ in range(150):
            selection, period = any_selection(chance), chance.choice([None, *Period])
            read = await packed.read(connection, selection, period, scores=True)
            facts = [
                row
                for lines in (False, True)
                for row in await reading.read(connection, selection, period, lines=lines)
            ]
            assert summed(read.rows) == summed(facts), selection
            assert read.loose == []  # days without calls have nothing to be read, either

    assert days > 20


@pytest.mark.parametrize("by", [None, Dimension.AGENT, Dimension.QUEUE])
async def test_days_before_the_first_call_and_after_the_last_are_as_though_not_asked(
    intake: Intake, database: Database, by: Dimension | None
) -> None:
    await some_calls(intake, seed=5)
    await Packing(database, ConfigReader(database), lambda: NOW).round()
    chance = random.Random(6)
    reports = Reports(database, ConfigReader(database), b"")

    for _ in range(20):
        chosen = replace(any_selection(chance), by=by)
        wide = replace(chosen, first=date(2023, 3, 5), last=date(2028, 9, 9))
        clipped = replace(chosen, first=WHOLE.first, last=NOW.date())
        nothing = replace(wide, last=date(2025, 10, 1))

        assert summed((await reports.figures(wide, scores=True)).rows) == summed(
            (await reports.figures(clipped, scores=True)).rows
        )
        assert (await reports.figures(nothing, scores=True)).rows == []


@pytest.mark.parametrize("sort", list(Sort))
async def test_lists_are_the_same_packed_or_not(
    intake: Intake, database: Database, sort: Sort
) -> None:
    await some_calls(intake, seed=3)
    chance = random.Random(4)
    asked = [(any_selection(chance), chance.random() < 0.5) for _ in range(60)]
    asked += [(replace(one, within={Dimension.TEAM: ["t1"]}), yes) for one, yes in asked[:20]]

    async def lists() -> list[list[Any]]:
        found: list[list[Any]] = []
        async with database.scoped("acme", frozen=True) as connection:
            for selection, answered in asked:
                of_one: list[Any] = []
                after = None
                while page := await rows.page(
                    connection, selection, after=after, size=7, answered=answered, sort=sort
                ):
                    of_one += [entry.found for entry in page]
                    after = page[-1].found
                found.append(of_one)
        return found

    before = await lists()
    await Packing(database, ConfigReader(database), lambda: NOW).round()
    some_packed = await lists()
    await Packing(database, ConfigReader(database), lambda: LATER).round()

    assert before == some_packed == await lists()
    assert sum(map(len, before)) > 100
    assert all(len(set(one)) == len(one) for one in before)
    assert all(one == sorted(one, key=ORDERS[sort]) for one in before)


def backwards(found: Found) -> tuple[int, float, int]:
    ended_at, interaction = found.place
    return -found.day.toordinal(), -ended_at.timestamp(), -interaction.int


ORDERS: Mapping[Sort, Any] = {
    Sort.NEWEST: backwards,
    Sort.OLDEST: lambda found: (found.day, *found.place),
    Sort.LOWEST_SCORE: lambda found: (found.score is None, found.score or 0, backwards(found)),
}


async def test_a_late_answer_counts_at_once(intake: Intake, database: Database, api: Api) -> None:
    old = NOW - timedelta(days=10)
    await intake.on_decisions(told(*(decision(f"c{n}", ended_at=old) for n in range(3))))
    await Packing(database, ConfigReader(database), lambda: LATER).round()
    query = {"queue": "billing", "team": "north"}

    before = await api.get("funnel", **query)
    await intake.on_responses(told(response("c1", 5)))
    after = await api.get("funnel", **query)

    assert (before["funnel"]["calls"], before["funnel"]["answered"]) == (3, 0)
    assert (after["funnel"]["calls"], after["funnel"]["answered"]) == (3, 1)


async def test_days_that_move_to_another_zone_are_not_where_they_were(
    intake: Intake, database: Database
) -> None:
    late = datetime(2026, 1, 3, 23, 30, tzinfo=UTC)
    await intake.on_decisions(told(decision("c1", ended_at=late)))
    await Packing(database, ConfigReader(database), lambda: LATER).round()
    await configure(database, zone="Asia/Kolkata")

    await move_days(database, ConfigReader(database))
    await Packing(database, ConfigReader(database), lambda: LATER).round()

    async with database.scoped("acme", frozen=True) as connection:
        read = await packed.read(connection, WHOLE, Period.DAY, scores=False)
    assert [row.period for row in read.rows] == ["2026-01-04"]


async def test_what_agents_are_called_is_known_whoever_of_a_call_they_are(
    intake: Intake, api: Api
) -> None:
    legs = (
        Leg(agent_id="a1", agent_name="Ana"),
        Leg(agent_id="a2", agent_name="Bo"),
    )
    await intake.on_decisions(told(decision("c1", legs=legs)))
    await intake.on_decisions(told(decision("c2", legs=(Leg(agent_id="a2", agent_name="Bob"),))))

    found = await api.get("funnel", by="agent", credit="first")

    assert {one["value"]: one["name"] for one in found["groups"]} == {"a1": "Ana", "a2": "Bob"}


async def test_a_workspace_of_very_many_words_is_read_as_it_is_and_keeps_no_other_waiting(
    intake: Intake, database: Database
) -> None:
    await some_calls(intake, seed=11, calls=20)
    async with database.connection() as connection:
        last = LATER.date()
        assert await packed.loose(connection, "acme", last, 50)
        await connection.execute(
            "insert into analytics.terms (workspace, name, code, value)"
            " select 'acme', 'tags', n, n::text from generate_series(1, $1::int) n",
            packed.MOST_TERMS + 1,
        )

        assert await packed.loose(connection, "acme", last, 50) == []


async def test_a_day_of_very_many_calls_is_not_packed(intake: Intake, database: Database) -> None:
    await intake.on_decisions(told(decision("one"), decision("other", ended_at=EARLIER)))
    async with database.connection() as connection:
        await connection.execute(
            "update analytics.rollups set counts[1] = $1"
            " where dimension = 'total' and grain = 'd' and question = '' and start = $2",
            packed.MOST_FACTS + 1,
            NOW.date(),
        )

        assert await packed.loose(connection, "acme", LATER.date(), 50) == [EARLIER.date()]
