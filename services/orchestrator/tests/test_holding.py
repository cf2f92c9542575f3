"""A lock that somebody holds on one contact's row: what is about others goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from common.errors import HeldRecords, Retry
from common.ids import person_id
from common.streams.holding import Beside
from common.topics import STEPS_SMS
from orchestrator.service.holding import waiting_alone
from orchestrator.testing import NOW, PEPPER, address, call, contact_of, viewed

OURS, THEIRS = address(1), address(2)


@asynccontextmanager
async def locked(orchestra: Any, number: str) -> AsyncIterator[None]:
    """Somebody has begun a transaction, and gone for a coffee."""
    async with orchestra.db.transaction() as somebody:
        found = await somebody.execute(
            "select from orchestrator.contacts where id = $1 for update", contact_of(number)
        )
        assert found == "SELECT 1"
        yield


@pytest.fixture
async def known(orchestra: Any) -> Any:
    """Both were asked before."""
    await orchestra.configure(workspace={"caps": [{"asks": 1, "per": "30d"}]})
    await orchestra.take(call("a", address=OURS), call("b", address=THEIRS))
    return orchestra


async def decide(orchestra: Any, beside: Beside[Any], *calls: Any) -> list[int]:
    """Places of those that have to come again."""
    try:
        finish = await beside.handle(
            orchestra.deciding.on_interactions,
            [viewed(one) for one in calls],
            lambda one: (one.workspace, one.contact_id) if one.contact_id else None,
        )
    except HeldRecords as held:
        if held.finish is not None:
            await held.finish()
        return list(held.places)
    assert finish is not None
    await finish()
    return []


async def test_only_who_is_locked_waits_and_is_decided_when_they_are_free(known: Any) -> None:
    beside = waiting_alone(known.db)
    again = [call("c", address=OURS), call("d", address=THEIRS), call("e", address=OURS)]
    nobody = call("f", address=None)

    async with locked(known, OURS):
        assert await decide(known, beside, *again, nobody) == [0, 2]
        began = asyncio.get_running_loop().time()
        assert await decide(known, beside, *again, nobody) == [0, 2]  # nobody is waited for twice
        assert asyncio.get_running_loop().time() - began < 2.0
        rows = await known.rows("select event from orchestrator.decisions")
        assert len(rows) == 4
    assert await decide(known, beside, *again, nobody) == []

    rows = await known.rows("select reason from orchestrator.decisions")
    assert len(rows) == 6
    asks = await known.rows("select contact_id from orchestrator.invitations")
    assert len(asks) == 2  # the cap held throughout


async def test_who_is_linked_to_somebody_locked_waits_and_nobody_else(known: Any) -> None:
    await known.configure(workspace={"link_customers": True})
    ann = person_id(PEPPER, "acme", "ann")
    elsewhere = address(3)
    await known.take(call("g", address=OURS, person_id=ann, ended_at=NOW))
    await known.take(call("h", address=elsewhere, person_id=ann, ended_at=NOW))
    told = [call("i", address=elsewhere, person_id=ann), call("j", address=THEIRS)]

    async with locked(known, OURS):
        assert await decide(known, waiting_alone(known.db), *told) == [0]
    assert await decide(known, waiting_alone(known.db), *told) == []


async def test_what_is_due_for_others_is_handed_over(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "10m"})
    await orchestra.take(call("a", address=OURS), call("b", address=THEIRS))
    orchestra.now = NOW + timedelta(minutes=11)

    async with locked(orchestra, OURS):
        await orchestra.dispatching.dispatch()
        steps = await orchestra.published(STEPS_SMS)
    assert [one.data.address for one in steps] == [THEIRS]
    await orchestra.dispatching.dispatch()

    steps = await orchestra.published(STEPS_SMS)
    assert [one.data.address for one in steps] == [THEIRS, OURS]


async def test_other_trouble_keeps_all_of_a_batch(known: Any) -> None:
    async def away(_: Any) -> None:
        raise Retry("the broker is away")

    with pytest.raises(Retry):
        await waiting_alone(known.db).handle(away, [1, 2], lambda _: ("acme", contact_of(OURS)))
