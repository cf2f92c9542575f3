"""What is too old to be kept goes, kind by kind, some rows at a time; the rest stays."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.config import ConfigReader
from common.database import retention
from common.database.retention import Kind, Retaining
from common.events import decode
from common.events.decisions import Decision
from orchestrator.service.retaining import decisions
from orchestrator.service.retaining.decisions import retaining
from orchestrator.testing import NOW, address, call

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
URL = "https://pbx.example/recording.wav"
Sweep = Callable[[], Awaitable[None]]


@pytest.fixture
def sweep(orchestra: Any, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """A round, as of the time of the orchestra."""
    monkeypatch.setattr(retention, "REST", 0)
    monkeypatch.setattr(decisions, "LIMIT", 3)

    async def sweep() -> None:
        sweeping = retaining(orchestra.db, ConfigReader(orchestra.db), lambda: orchestra.now)
        sweeping.own = lambda: orchestra.now
        await sweeping.round()

    return sweep


async def _live(orchestra: Any, **kept: str) -> None:
    """Seven calls of as many people, ten days apart, the last one now."""
    await orchestra.configure(workspace={"retention": kept})
    for number in range(7):
        orchestra.now = NOW + number * 10 * DAY
        await orchestra.take(
            call(
                f"c{number}",
                address=address(number),
                ended_at=orchestra.now,
                recording_url=URL,
            ),
            call(f"again{number}", address=address(number), ended_at=orchestra.now),
        )


async def _decisions(orchestra: Any) -> list[Decision]:
    rows = await orchestra.rows("select event from orchestrator.decisions order by decided_at")
    return [decode(row["event"], Decision).data for row in rows]


async def test_stretches_grow_over_nothing_and_shrink_where_there_is_much(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "REST", 0)
    much = NOW - 400 * DAY  # from here on an hour goes at once, before that there is nothing
    empty: list[timedelta] = []
    full: list[timedelta] = []

    async def clear(_: Any, __: str, since: datetime, until: datetime) -> datetime:
        (empty if until <= much else full).append(until - since)
        return until if until <= much else min(until, max(since, much) + HOUR)

    async def some(*_: Any) -> bool:
        return True

    async def wanted() -> Any:
        return [("acme", "anything", 398 * DAY)]

    await Retaining(
        db=orchestra.db,
        schema="orchestrator",
        kinds={"anything": Kind(clear, some)},
        wanted=wanted,
        clock=lambda: NOW,
        own=lambda: NOW,
    ).round()

    assert empty == sorted(empty)
    assert len(empty) < 20
    assert len(full) >= 48
    assert full[20] <= 4 * HOUR


async def test_years_of_nothing_are_passed_at_once(orchestra: Any) -> None:
    looked: list[datetime] = []

    async def clear(_: Any, __: str, since: datetime, ___: datetime) -> datetime:
        raise AssertionError(since)

    async def some(_: Any, __: str, ___: datetime, until: datetime) -> bool:
        looked.append(until)
        return False

    async def wanted() -> Any:
        return [("acme", "anything", DAY)]

    retaining = Retaining(
        db=orchestra.db,
        schema="orchestrator",
        kinds={"anything": Kind(clear, some)},
        wanted=wanted,
        clock=lambda: NOW,
        own=lambda: NOW,
    )
    await retaining.round()
    await retaining.round()

    assert looked == [NOW - DAY]


async def test_whose_calls_they_were_goes_after_its_days(orchestra: Any, sweep: Sweep) -> None:
    await _live(orchestra, addresses="35d")
    before = await _decisions(orchestra)

    await sweep()
    await sweep()

    after = await _decisions(orchestra)
    old = _older(before, orchestra.now - 35 * DAY)
    assert 0 < len(old) < len(before)
    for one, other in zip(before, after, strict=True):
        assert (one.verdict, one.reason, one.flow_id) == (
            other.verdict,
            other.reason,
            other.flow_id,
        )
        assert (other.interaction.address is None) is (one.interaction.id in old)
        assert other.interaction.queue == one.interaction.queue
    rows = await orchestra.rows("select address from orchestrator.contacts order by address")
    assert len([row for row in rows if row["address"] is None]) == len(old) / 2


async def test_recordings_go_and_the_rest_of_a_call_stays(orchestra: Any, sweep: Sweep) -> None:
    await _live(orchestra, recordings="20d")

    await sweep()

    found = await _decisions(orchestra)
    with_url = [one.interaction.call_id for one in found if one.interaction.recording_url]
    assert with_url == ["c4", "c5", "c6"]
    assert all(one.interaction.address for one in found)


async def test_a_number_goes_though_its_ask_was_due_later(orchestra: Any, sweep: Sweep) -> None:
    await orchestra.configure(workspace={"retention": {"addresses": "35d"}}, flow={"delay": "3h"})
    await orchestra.take(call("c1", address=address(1)))
    for days in range(33, 37):
        orchestra.now = NOW + days * DAY
        await sweep()

    rows = await orchestra.rows("select address from orchestrator.contacts")
    assert [row["address"] for row in rows] == [None]


async def test_decisions_go_with_their_invitations(orchestra: Any, sweep: Sweep) -> None:
    await _live(orchestra, decisions="90d")
    orchestra.now += 60 * DAY

    await sweep()

    left = {one.interaction.call_id for one in await _decisions(orchestra)}
    assert left == {f"{name}{number}" for name in ("c", "again") for number in range(3, 7)}
    invited = await orchestra.rows("select interaction_id from orchestrator.invitations")
    known = await orchestra.rows("select interaction_id from orchestrator.decisions")
    assert {row[0] for row in invited} <= {row[0] for row in known}
    steps = await orchestra.rows(
        "select from orchestrator.steps s where not exists"
        " (select from orchestrator.invitations i where i.id = s.invitation_id)"
    )
    assert steps == []


async def test_what_is_kept_for_ever_stays(orchestra: Any, sweep: Sweep) -> None:
    await _live(orchestra, **dict.fromkeys(("decisions", "addresses", "recordings")))  # type: ignore[arg-type]
    orchestra.now += 5_000 * DAY
    before = await _decisions(orchestra)

    await sweep()

    assert await _decisions(orchestra) == before


async def test_what_somebody_holds_is_left_to_them(
    orchestra: Any, replica: Any, sweep: Sweep
) -> None:
    await _live(orchestra, addresses="35d")
    await sweep()
    orchestra.now += 60 * DAY
    async with replica.db.transaction() as held:
        await held.execute("select from orchestrator.retention for update")
        await sweep()

    assert any(one.interaction.address for one in await _decisions(orchestra))
    await sweep()
    assert not any(one.interaction.address for one in await _decisions(orchestra))


def _older(found: list[Decision], than: datetime) -> set[Any]:
    return {one.interaction.id for one in found if one.decided_at < than}
