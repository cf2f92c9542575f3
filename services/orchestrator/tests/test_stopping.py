"""A flow is switched off: at once for what goes out, in stretches for what was planned."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.errors import Retry
from common.topics import STEPS_SMS
from orchestrator.service.schedule import stopping
from orchestrator.testing import NOW, address, call

HOUR = timedelta(hours=1)


async def waiting(orchestra: Any, count: int) -> None:
    """So many asks that are due in an hour."""
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(*(call(f"waits-{n}", address=address(n)) for n in range(count)))


async def switch(orchestra: Any, *, enabled: bool) -> None:
    await orchestra.configuring.switch_flow("acme", "csat-flow", enabled=enabled, by="test")


async def statuses(orchestra: Any) -> set[tuple[str, int]]:
    rows = await orchestra.rows("select status, count(*) from orchestrator.invitations group by 1")
    return {tuple(row) for row in rows}


async def test_switching_off_waits_for_no_invitation_and_changes_none(orchestra: Any) -> None:
    """So it takes as long with thirty million of them as with none."""
    await waiting(orchestra, 3)

    async with orchestra.db.transaction() as somebody:
        await somebody.execute("lock table orchestrator.invitations, orchestrator.steps,"
                               " orchestrator.contacts in access exclusive mode")  # fmt: skip
        await switch(orchestra, enabled=False)

    assert await statuses(orchestra) == {("pending", 3)}


async def test_from_the_switch_on_nothing_is_handed_over_though_not_all_is_cancelled(
    orchestra: Any,
) -> None:
    await waiting(orchestra, 3)
    await switch(orchestra, enabled=False)

    orchestra.now = NOW + HOUR
    await orchestra.dispatching.dispatch()

    assert await orchestra.published(STEPS_SMS) == []


async def test_all_is_cancelled_however_much_and_nothing_of_other_flows(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "LIMIT", 2)
    other = {"id": "other", "survey": "csat", "enabled": True, "delay": "1h", "priority": 9,
             "when": {"queues": ["other"]}, "minimum_talk": "0s"}  # fmt: skip
    await orchestra.configuring.apply("acme", {"flows": [other]}, by="test")
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(
        *(call(f"{n}", address=address(n), ended_at=NOW - timedelta(minutes=n)) for n in range(7)),
        call("spared", address=address(50), queue="other"),
    )

    await orchestra.switch_off()

    assert await statuses(orchestra) == {("cancelled", 7), ("pending", 1)}
    assert await orchestra.rows("select from orchestrator.stopping") == []


async def test_what_a_crash_left_of_the_cancelling_is_cancelled_later(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "LIMIT", 2)
    await waiting(orchestra, 3)
    await switch(orchestra, enabled=False)
    await orchestra.stopping.look()
    assert await statuses(orchestra) == {("cancelled", 2), ("pending", 1)}

    while await orchestra.stopping.look():  # another process
        pass

    assert await statuses(orchestra) == {("cancelled", 3)}


async def test_what_was_planned_before_the_switch_stays_cancelled_when_it_is_on_again(
    orchestra: Any,
) -> None:
    await waiting(orchestra, 3)
    await switch(orchestra, enabled=False)
    await switch(orchestra, enabled=True)

    orchestra.now = NOW + HOUR
    await orchestra.dispatching.dispatch()

    assert await statuses(orchestra) == {("cancelled", 3)}
    assert await orchestra.published(STEPS_SMS) == []


async def test_a_file_that_switches_a_flow_on_again_waits_likewise(orchestra: Any) -> None:
    await waiting(orchestra, 3)
    await orchestra.configuring.apply(
        "acme", {"flows": [{"id": "csat-flow", "survey": "csat", "enabled": False}]}, by="test"
    )

    await orchestra.configure(flow={"delay": "1h"})

    assert await statuses(orchestra) == {("cancelled", 3)}


async def test_switching_on_is_refused_for_now_while_the_cancelling_cannot_end(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting(orchestra, 1)
    await switch(orchestra, enabled=False)

    async with orchestra.db.transaction() as somebody:
        await somebody.execute("select from orchestrator.stopping for update")
        with monkeypatch.context() as impatient:
            impatient.setattr(stopping, "PATIENCE", 0.05)
            with pytest.raises(Retry, match="still being cancelled"):
                await switch(orchestra, enabled=True)

    await switch(orchestra, enabled=True)


async def test_the_running_service_cancels_by_itself(orchestra: Any) -> None:
    await waiting(orchestra, 3)
    running = asyncio.create_task(orchestra.stopping.run())
    await switch(orchestra, enabled=False)

    while await statuses(orchestra) != {("cancelled", 3)}:  # noqa: ASYNC110
        await asyncio.sleep(0.02)

    running.cancel()
    await asyncio.wait([running])
