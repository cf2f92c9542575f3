"""Do-not-contact lists take effect as a whole and at once, and leave nothing behind."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.errors import Problem
from common.events.decisions import Reason
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.repository.configuration import lock
from orchestrator.service.consent.do_not_contact import ABANDONED, MOST_LOADS, DoNotContact
from orchestrator.testing import NOW, PEPPER, address, call, contact_of

ANN, BEN, CEM = address(1), address(2), address(3)


@pytest.fixture
def lists(orchestra: Any) -> DoNotContact:
    return DoNotContact(orchestra.db, PEPPER, lambda: orchestra.now)


async def load(lists: DoNotContact, *people: str, name: str = "dnd") -> int:
    number = await lists.begin("acme", name)
    await lists.fill("acme", name, number, people, None)
    return await lists.finish("acme", name, number, by="test")


async def reasons(orchestra: Any) -> dict[str | None, str | None]:
    return {
        event.data.interaction.call_id: event.data.reason
        for event in await orchestra.published(DECISIONS)
    }


async def ask(orchestra: Any, round_: str) -> dict[str, str | None]:
    """Ann, Ben and Cem call; who was not asked, and why."""
    people = {"ann": ANN, "ben": BEN, "cem": CEM}
    await orchestra.take(*(call(f"{round_}{n}", address=who) for n, who in people.items()))
    told = await reasons(orchestra)
    return {name: told[f"{round_}{name}"] for name in people if told[f"{round_}{name}"]}


async def test_a_list_holds_from_its_end_on_and_is_replaced_as_a_whole(
    orchestra: Any, lists: DoNotContact
) -> None:
    number = await lists.begin("acme", "dnd")
    await lists.fill("acme", "dnd", number, [ANN], None)
    assert await ask(orchestra, "before ") == {}

    assert await lists.finish("acme", "dnd", number, by="test") == 1
    assert await ask(orchestra, "first ") == {"ann": Reason.DO_NOT_CONTACT}

    assert await load(lists, BEN, CEM) == 2
    both = {"ben": Reason.DO_NOT_CONTACT, "cem": Reason.DO_NOT_CONTACT}
    assert await ask(orchestra, "second ") == both
    assert await lists.finish("acme", "dnd", number + 1, by="test") == 2  # said once more

    await lists.drop("acme", "dnd")
    assert await ask(orchestra, "third ") == {}
    left = await orchestra.rows("select * from orchestrator.do_not_contact")
    assert left == await orchestra.rows("select * from orchestrator.do_not_contact_loads") == []


async def test_a_few_are_added_and_taken_off(orchestra: Any, lists: DoNotContact) -> None:
    added = await lists.add("acme", "complaints", [ANN, "nobody", ANN], None, by="test")
    await lists.add("acme", "complaints", [BEN], None, by="test")
    assert (added.stored, list(added.errors)) == (1, [1])

    assert set(await ask(orchestra, "first ")) == {"ann", "ben"}
    assert (await lists.remove("acme", "complaints", [ANN, CEM], None)).stored == 1
    assert set(await ask(orchestra, "second ")) == {"ben"}
    [row] = await lists.lists("acme")
    assert (row["id"], row["entries"], row["loaded_by"]) == ("complaints", 1, "test")


async def test_what_was_planned_or_handed_over_is_cancelled(
    orchestra: Any, lists: DoNotContact
) -> None:
    await orchestra.configure(flow={"delay": "2h"})
    await orchestra.take(call("waits", address=ANN), call("also", address=BEN))
    await orchestra.configure()
    await orchestra.take(call("out", address=CEM))

    await lists.add("acme", "complaints", [ANN, CEM], None, by="test")

    rows = await orchestra.rows(
        "select contact_id, stopped from orchestrator.invitations where stopped is not null"
    )
    assert {row["contact_id"] for row in rows} == {contact_of(ANN), contact_of(CEM)}
    assert {row["stopped"] for row in rows} == {Reason.DO_NOT_CONTACT}
    kinds = [event.type for event in await orchestra.published(STEPS_SMS)]
    assert sorted(kinds) == ["step.cancelled.v1", "step.due.v1"]


async def test_what_a_crash_left_waiting_is_not_handed_over(
    orchestra: Any, lists: DoNotContact
) -> None:
    """The list took effect, and whoever loaded it died before cancelling."""
    await orchestra.configure(flow={"delay": "2h"})
    await orchestra.take(call("waits", address=ANN))
    number = await lists.begin("acme", "dnd")
    await lists.fill("acme", "dnd", number, [ANN], None)
    async with orchestra.db.transaction() as connection:
        await connection.execute(
            "insert into orchestrator.do_not_contact_lists values ('acme', 'dnd', $1, 1, $2, 't')",
            number,
            NOW,
        )
        await connection.execute("update config.version set version = version + 1")

    orchestra.now += timedelta(hours=3)
    await orchestra.dispatching.dispatch()

    [row] = await orchestra.rows("select status, reason from orchestrator.invitations")
    assert tuple(row) == ("cancelled", Reason.DO_NOT_CONTACT)


async def test_whoever_is_told_that_a_list_holds_sees_nobody_on_it_asked_after(
    orchestra: Any, lists: DoNotContact
) -> None:
    """It waits for who decides at that moment, and cancels what they planned."""
    async with orchestra.db.transaction() as deciding:
        await lock.share(deciding)
        adding = asyncio.create_task(lists.add("acme", "dnd", [ANN], None, by="test"))
        await orchestra.until_waiting(1)
        assert not adding.done()
        taking = asyncio.create_task(orchestra.take(call("meanwhile", address=ANN)))
        await orchestra.until_waiting(2)
    await asyncio.gather(adding, taking)

    rows = await orchestra.rows("select stopped from orchestrator.invitations")
    assert {row["stopped"] for row in rows} <= {Reason.DO_NOT_CONTACT}


async def test_loads_that_nobody_finishes_are_cleared_away(
    orchestra: Any, lists: DoNotContact
) -> None:
    for _ in range(MOST_LOADS):
        number = await lists.begin("acme", "dnd")
        await lists.fill("acme", "dnd", number, [ANN], None)
    with pytest.raises(Problem, match="brought at a time"):
        await lists.begin("acme", "dnd")

    orchestra.now += ABANDONED + timedelta(minutes=1)
    await lists.begin("acme", "dnd")

    [row] = await orchestra.rows("select count(*) from orchestrator.do_not_contact")
    assert row["count"] == 0
    with pytest.raises(Problem, match="finished, or was never begun"):
        await lists.fill("acme", "dnd", number, [BEN], None)


async def test_parts_that_come_at_once_and_twice_are_counted_once(
    orchestra: Any, lists: DoNotContact
) -> None:
    number = await lists.begin("acme", "dnd")
    parts = [[address(n) for n in range(start, start + 40)] for start in range(0, 120, 20)]

    await asyncio.gather(
        *(lists.fill("acme", "dnd", number, part, None) for part in [*parts, *parts[::-1]])
    )

    assert await lists.finish("acme", "dnd", number, by="test") == 140
    [row] = await orchestra.rows("select count(*) from orchestrator.do_not_contact")
    assert row["count"] == 140


async def test_another_workspace_s_list_is_nobody_s_here(
    orchestra: Any, lists: DoNotContact
) -> None:
    await lists.add("other", "dnd", [ANN], None, by="test")
    await load(lists, BEN)

    assert await ask(orchestra, "") == {"ben": Reason.DO_NOT_CONTACT}
    with pytest.raises(Problem, match="No such list"):
        await lists.page("acme", "other", after=None, limit=10)
