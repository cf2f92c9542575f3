"""What is amended after its time to be kept, or beside the sweep, goes all the same."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from importlib import resources
from typing import Any

import pytest
from msgspec import structs

from common.config import ConfigReader
from common.database import retention
from common.events import decode
from common.events.decisions import Decision
from orchestrator.service import events as outgoing
from orchestrator.service.retaining.decisions import retaining
from orchestrator.testing import NOW, address, call

DAY = timedelta(days=1)
URL = "https://pbx.example/recording.wav"
Sweep = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def sweep(orchestra: Any, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """A round, as of the time of the orchestra."""
    monkeypatch.setattr(retention, "REST", 0)

    async def sweep() -> None:
        sweeping = retaining(orchestra.db, ConfigReader(orchestra.db), lambda: orchestra.now)
        sweeping.own = lambda: orchestra.now
        await sweeping.round()

    return sweep


async def _only(orchestra: Any) -> Decision:
    [row] = await orchestra.rows("select event from orchestrator.decisions")
    found: Decision = decode(row["event"], Decision).data
    return found


async def _noted(orchestra: Any) -> list[Any]:
    rows = await orchestra.rows("select kind, at from orchestrator.retention_late")
    return [tuple(row) for row in rows]


async def test_a_recording_that_is_told_after_its_day_goes(orchestra: Any, sweep: Sweep) -> None:
    await orchestra.configure(workspace={"retention": {"recordings": "1d"}})
    told = call("c1", address=address(1))
    await orchestra.take(told)
    orchestra.now = NOW + 2 * DAY
    await sweep()

    await orchestra.amend(structs.replace(told, recording_url=URL, queue="late"), revision=2)
    assert (await _only(orchestra)).interaction.recording_url == URL
    await sweep()

    after = (await _only(orchestra)).interaction
    assert (after.recording_url, after.queue) == (None, "late")
    assert await _noted(orchestra) == []


async def test_amendments_without_a_recording_are_not_noted(orchestra: Any) -> None:
    await orchestra.configure()
    told = call("c1", address=address(1))
    await orchestra.take(told)

    await orchestra.amend(structs.replace(told, queue="late"), revision=2)

    assert await _noted(orchestra) == []


@pytest.mark.parametrize("kind", ["recordings", "addresses"])
async def test_what_is_amended_while_the_sweep_waits_goes_and_the_amendment_stays(
    orchestra: Any, replica: Any, sweep: Sweep, kind: str
) -> None:
    await orchestra.configure(workspace={"retention": {kind: "1d"}})
    await orchestra.take(call("c1", address=address(1), recording_url=URL))
    orchestra.now = NOW + 2 * DAY

    async with replica.db.transaction() as held:
        [row] = await held.fetch("select event from orchestrator.decisions for update")
        known = decode(row["event"], Decision)
        interaction = structs.replace(known.data.interaction, queue="other")
        amended = structs.replace(known.data, revision=2, interaction=interaction)
        sweeping = asyncio.create_task(sweep())
        await orchestra.until_waiting(1)
        await held.execute(
            "update orchestrator.decisions set event = $1",
            outgoing.decided(amended, known.traceparent).value,
        )
    await sweeping

    after = await _only(orchestra)
    assert (after.revision, after.interaction.queue) == (2, "other")
    assert after.interaction.recording_url is None
    assert (after.interaction.address is None) is (kind == "addresses")


async def test_recordings_that_came_late_before_it_was_noted_go(
    orchestra: Any, sweep: Sweep
) -> None:
    await orchestra.configure(workspace={"retention": {"recordings": "1d"}})
    told = call("c1", address=address(1))
    await orchestra.take(told)
    orchestra.now = NOW + 2 * DAY
    await sweep()
    await orchestra.amend(structs.replace(told, recording_url=URL), revision=2)
    async with orchestra.db.transaction() as connection:
        await connection.execute("delete from orchestrator.retention_late")
        file = resources.files("orchestrator") / "migrations" / "0348_retention_late_before.sql"
        await connection.execute(file.read_text())

    await sweep()

    assert (await _only(orchestra)).interaction.recording_url is None
