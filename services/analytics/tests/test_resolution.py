"""First-contact resolution equals a count by hand, whatever came when, and outlives the people."""

import csv
import io
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from analytics.domain.cells import Dimension
from analytics.domain.first_contact import RECKONED_AFTER, FirstContact, Resolution
from analytics.domain.selection import Credit, Selection
from analytics.repository import facts, first_contacts
from analytics.service import Intake, Packing, Reports, move_days
from analytics.service.packing import TURN
from analytics.testing import NOW, PEPPER, decision, response, told
from analytics.testing.running import Api, configure, take
from common.config import ConfigReader
from common.database import Database
from common.events.calls import Leg
from common.events.decisions import Decision
from common.events.values import Direction, Ending, Kind
from common.ids import contact_id
from common.process.sight import Sight

DAY = timedelta(days=1)
OLD = NOW - 20 * DAY


def called(
    name: str, at: datetime, who: str | None = "+12025550111", *, revision: int = 1, **where: Any
) -> Decision:
    made = decision(name, ended_at=at, revision=revision, **where)
    contact = None if who is None else contact_id(PEPPER, "acme", who)
    interaction = msgspec.structs.replace(made.interaction, contact_id=contact)
    return msgspec.structs.replace(made, interaction=interaction)


def any_calls(chance: random.Random) -> list[Decision]:
    """Of few people over forty days, some of them at the same moment."""
    return [
        called(
            f"c{number}",
            NOW - timedelta(hours=12 * chance.randrange(80)),
            chance.choice([None, *(f"+1202555{n:04}" for n in range(12))]),
            queue=chance.choice(["", "billing", "sales"]),
            legs=(Leg(agent_id=f"a{chance.randrange(4)}", team=f"t{chance.randrange(2)}"),),
            direction=chance.choice([*[Direction.INBOUND] * 3, None, Direction.OUTBOUND]),
            ending=chance.choice([*[Ending.CONNECTED] * 4, Ending.MISSED]),
            kind=chance.choice([*[Kind.CALL] * 5, Kind.TICKET]),
            test=chance.random() < 0.05,
        )
        for number in range(150)
    ]


def is_called(one: Decision) -> bool:
    call = one.interaction
    into = call.kind is Kind.CALL and call.direction is not Direction.OUTBOUND
    return into and not (one.test or call.test)


def by_hand(
    calls: Sequence[Decision], group: str | None, *, queue: str | None = None
) -> dict[str, Resolution]:
    """Whether somebody called again does not depend on the filter."""
    found: dict[str, Counter[FirstContact]] = {}
    for one in filter(is_called, calls):
        call = one.interaction
        if call.ending is not Ending.CONNECTED or queue not in (None, call.queue or ""):
            continue
        of = {"queue": call.queue or "", "agent": call.legs[-1].agent_id or "", None: ""}[group]
        later = [
            other.interaction.ended_at - call.ended_at
            for other in filter(is_called, calls)
            if other.interaction.contact_id == call.contact_id
            and (other.interaction.ended_at, other.interaction.id) > (call.ended_at, call.id)
        ]
        word = FirstContact.RESOLVED
        if call.contact_id is None:
            word = FirstContact.UNKNOWN
        elif call.ended_at.date() > (NOW - RECKONED_AFTER).date():
            word = FirstContact.PENDING
        elif later and min(later) <= 7 * DAY:
            word = FirstContact.AGAIN
        found.setdefault(of, Counter())[word] += 1
    return {value: Resolution.of(counts) for value, counts in found.items()}


def selection(by: str | None = None, **more: Any) -> Selection:
    first, last = date(2025, 11, 1), date(2026, 3, 1)
    group = None if by is None else Dimension(by)
    return Selection(workspace="acme", first=first, last=last, by=group, **more)


async def by_us(database: Database, asked: Selection) -> dict[str, Resolution]:
    found = await Reports(database, ConfigReader(database), b"").resolution(asked)
    if asked.by is None:
        return {"": found.whole}
    return {value: one for value, one in found.groups.items() if one != Resolution()}


async def round_at(database: Database, now: datetime) -> None:
    await Packing(database, ConfigReader(database), lambda: now).round()


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_order_and_number_it_equals_a_count_by_hand(
    intake: Intake, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    calls = any_calls(chance)
    events = [*calls, *chance.sample(calls, 60)]
    chance.shuffle(events)
    while events:
        await intake.on_decisions(told(*events[:45]))
        events = events[45:]
        await round_at(database, NOW - chance.randrange(3) * DAY)
    await round_at(database, NOW)
    asked = [one.interaction.call_id or "" for one in calls if one.reason is None]
    await intake.on_responses(told(*(response(name, 4) for name in chance.sample(asked, 20))))

    for _ in range(2):  # of some days the facts are read, then all are packed
        for by in (None, "queue", "agent"):
            assert await by_us(database, selection(by)) == by_hand(calls, by)
            narrow = selection(by, filters={Dimension.QUEUE: ["billing"]})
            assert await by_us(database, narrow) == by_hand(calls, by, queue="billing")
        of_first = selection("agent", credit=Credit.FIRST)  # each has one leg
        assert await by_us(database, of_first) == by_hand(calls, "agent")
        await round_at(database, NOW)


async def share(database: Database) -> Resolution:
    return (await by_us(database, selection()))[""]


async def test_a_call_that_is_told_late_is_known_again_after_the_next_round(
    intake: Intake, database: Database
) -> None:
    await take(intake, called("first", OLD))
    await round_at(database, NOW)
    before = await share(database)

    await take(intake, called("again", OLD + 3 * DAY))
    meanwhile = await share(database)
    await round_at(database, NOW)

    assert before == Resolution(resolved=1)
    assert meanwhile == Resolution(pending=2)
    assert await share(database) == Resolution(again=1, resolved=1)


@pytest.mark.parametrize(
    ("after", "enough"), [(7 * DAY, False), (7 * DAY + timedelta(seconds=1), True)]
)
async def test_seven_days_are_to_the_second(
    intake: Intake, database: Database, after: timedelta, enough: bool
) -> None:
    await take(intake, called("first", OLD), called("again", OLD + after))
    await round_at(database, NOW + 10 * DAY)

    assert await share(database) == Resolution(resolved=1 + enough, again=1 - enough)


async def test_what_an_amendment_says_holds(intake: Intake, database: Database) -> None:
    again = OLD + DAY
    await take(intake, called("first", OLD), called("again", again))
    await round_at(database, NOW)

    await take(intake, called("again", again, revision=2, direction=Direction.OUTBOUND))
    await round_at(database, NOW)

    assert await share(database) == Resolution(resolved=1)


async def test_calls_of_the_last_days_change_nothing_that_is_reckoned(
    intake: Intake, database: Database
) -> None:
    old = [called(f"c{n}", NOW - n * DAY, f"+1202555{n:04}") for n in range(10, 20)]
    await intake.on_decisions(told(*old))
    await round_at(database, NOW)
    before = await share(database)

    await take(intake, called("now", NOW, "+12025550015"), called("late", NOW - DAY, None))

    assert await share(database) == replace(before, pending=1, unknown=1)


async def forget(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        interaction = decision(name).interaction.id
        await facts.forget_contact(connection, "acme", [interaction])


async def test_what_is_known_stays_when_the_person_is_forgotten(
    intake: Intake, database: Database
) -> None:
    await take(intake, called("first", OLD), called("again", OLD + DAY), called("new", NOW - DAY))
    await round_at(database, NOW)
    before = await share(database)
    for name in ("first", "again", "new"):
        await forget(database, name)
    await take(intake, called("other", OLD + 2 * DAY, "+12025550999"))
    await round_at(database, NOW)

    assert before == Resolution(again=1, resolved=1, pending=1)
    assert await share(database) == Resolution(again=1, resolved=2, unknown=1)


async def test_it_holds_in_the_days_of_another_zone(intake: Intake, database: Database) -> None:
    await take(intake, called("first", OLD), called("again", OLD + 7 * DAY))
    await round_at(database, NOW)
    await configure(database, zone="Pacific/Kiritimati")

    await move_days(database, ConfigReader(database))
    assert await share(database) == Resolution(pending=2)
    await round_at(database, NOW)

    assert await share(database) == Resolution(again=1, resolved=1)


async def test_days_that_an_earlier_version_packed_are_read_and_packed_again(
    intake: Intake, database: Database
) -> None:
    await take(intake, called("first", OLD), called("again", OLD + DAY))
    await round_at(database, NOW)
    before = await share(database)
    async with database.connection() as connection:
        await connection.execute("update analytics.packed set contact = null")
        assert await share(database) == before

        await round_at(database, NOW)

        assert not await connection.fetchval(
            "select exists (select from analytics.packed where contact is null)"
        )
    assert await share(database) == before


async def test_the_api_and_its_file_tell_it_by_group(
    intake: Intake, database: Database, api: Api
) -> None:
    await take(
        intake,
        called("first", OLD, legs=(Leg(agent_id="a2", team="south", queue="sales"),)),
        called("again", OLD + DAY),
        called("nobody", OLD, None),
        called("new", NOW - DAY, "+12025550999"),
    )
    await round_at(database, NOW)

    found = await api.get("resolution", key="reader", by="queue", range="28d")
    file = await api.ask("export/resolution", key="reader", by="queue", range="28d")

    whole: Mapping[str, Any] = found["resolution"]
    assert (whole["value"], whole["n"]) == (50.0, 2)
    assert (whole["resolved"], whole["called_again"]) == (1, 1)
    assert (whole["pending"], whole["unknown_callers"]) == (1, 1)
    assert whole["low"] < 10 < 90 < whole["high"]
    assert {one["value"]: one["resolution"]["value"] for one in found["groups"]} == {
        "billing": 100.0,
        "sales": 0.0,
    }
    assert file.headers["content-disposition"] == 'attachment; filename="resolution.csv"'
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(row["group"], row["n"], row["pending"]) for row in rows] == [
        ("(total)", "2", "1"),
        ("billing", "1", "1"),
        ("sales", "1", "0"),
    ]
    south = api.person(Sight(teams=("south",)))
    of_south = (await api.get("resolution", key=south, range="28d"))["resolution"]
    assert (of_south["called_again"], of_south["n"], of_south["pending"]) == (1, 1, 0)


async def test_days_among_very_many_calls_stay_pending(
    intake: Intake, database: Database, logged: io.StringIO
) -> None:
    days = [OLD + n * DAY for n in (2, 1, 0, -9, -10)]
    await take(intake, *(called(f"c{n}", at, f"+1202555000{n}") for n, at in enumerate(days)))
    async with database.connection() as connection:
        await connection.execute(
            "update analytics.rollups set counts[1] = $1"
            " where dimension = 'total' and grain = 'd' and question = '' and start = $2",
            first_contacts.MOST_CALLS,
            OLD.date(),
        )
        due = await first_contacts.due(connection, "acme", (NOW - RECKONED_AFTER).date(), 50)
    packing = Packing(database, ConfigReader(database), lambda: NOW)
    for _ in range(2):
        await packing.round()

    later, after, very_many, nine_before, earlier = (day.date() for day in days)
    assert due.days == [later, earlier]
    assert due.too_large == [after, very_many, nine_before]
    assert await share(database) == Resolution(resolved=2, pending=3)
    assert logged.getvalue().count("days_too_large_to_reckon") == 1


async def test_a_workspace_of_many_days_waits_for_the_others(
    intake: Intake, database: Database
) -> None:
    ends = [OLD - n * DAY for n in range(TURN + 1)]
    for workspace in ("acme", "other"):
        names = [f"c{n}" for n in range(len(ends))]
        await intake.on_decisions(
            told(*(called(n, at, workspace=workspace) for n, at in zip(names, ends, strict=True)))
        )
    await round_at(database, NOW)
    async with database.connection() as connection:
        rows = await connection.fetch("select workspace from analytics.reckoned order by ctid")

    order = [row["workspace"] for row in rows]
    assert len(order) == 2 * (TURN + 1)
    first = order[0]
    assert order[:TURN] == [first] * TURN
    assert first not in order[TURN : 2 * TURN]


async def test_another_workspace_is_another_matter(intake: Intake, database: Database) -> None:
    await take(intake, called("first", OLD))
    other = called("again", OLD + DAY, workspace="other")
    await intake.on_decisions(told(other))
    await round_at(database, NOW)

    async with database.connection() as connection:
        due = await first_contacts.due(connection, "acme", NOW.date(), 50)
    assert due == ([], [])
    assert await share(database) == Resolution(resolved=1)
    assert isinstance(other.interaction.contact_id, UUID)
