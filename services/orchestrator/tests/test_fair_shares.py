"""A workspace that floods waits for itself: others' calls of the same poll are decided first."""

import asyncio
from typing import Any

import pytest

from common.events.calls import Interaction
from common.ids import contact_id
from common.topics import DECISIONS
from orchestrator.domain import shares
from orchestrator.domain.shares import shared
from orchestrator.testing import PEPPER, address, call, viewed


def flood(number: int) -> Interaction:
    """Of a workspace without flows."""
    return call(
        f"flood-{number}",
        workspace="loud",
        address=address(number),
        contact_id=contact_id(PEPPER, "loud", address(number)),
    )


@pytest.fixture(autouse=True)
def _two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SHARE", 2)


def test_of_a_flood_some_are_first_and_all_of_the_others() -> None:
    loud = [viewed(flood(number)) for number in range(4)]
    ours = [viewed(call("one")), viewed(call("two"))]

    assert shared([*loud, *ours]) == ([*loud[:2], *ours], loud[2:])


def test_a_flood_that_nobody_waits_for_is_decided_at_once() -> None:
    loud = [viewed(flood(number)) for number in range(4)]

    assert shared(loud) == (loud, ())


async def test_a_call_is_decided_and_published_while_the_rest_of_a_flood_waits(
    orchestra: Any,
) -> None:
    last = flood(3)
    async with orchestra.db.connection() as connection:
        await connection.execute(
            "insert into orchestrator.contacts (workspace, id) values ('loud', $1)",
            last.contact_id,
        )

    async with orchestra.db.transaction() as somebody:
        await somebody.execute(
            "select from orchestrator.contacts where id = $1 for update", last.contact_id
        )
        batch = asyncio.create_task(
            orchestra.take(*(flood(number) for number in range(3)), last, call("ours"))
        )
        while not (told := await orchestra.published(DECISIONS)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert not batch.done()
        assert call("ours").id in {event.data.interaction.id for event in told}
    await batch

    assert len(await orchestra.published(DECISIONS)) == 5


async def test_when_the_rest_fails_all_comes_again_and_nothing_is_decided_twice(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [*(flood(number) for number in range(4)), call("ours")]
    settled = type(orchestra.deciding)._settled

    async def fails(self: Any, interactions: Any) -> Any:
        if len(interactions) == 2:  # the rest
            raise RuntimeError("broken")
        return await settled(self, interactions)

    monkeypatch.setattr(type(orchestra.deciding), "_settled", fails)
    with pytest.raises(RuntimeError, match="broken"):
        await orchestra.take(*calls)
    monkeypatch.undo()
    await orchestra.take(*calls)

    [row] = await orchestra.rows(
        "select count(*), sum(copies) as copies from orchestrator.decisions"
    )
    assert tuple(row) == (5, 3)  # three were known when all came again
    told = await orchestra.published(DECISIONS)
    assert len({event.id for event in told}) == 5
