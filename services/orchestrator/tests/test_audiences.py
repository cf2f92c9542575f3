"""People of an audience are asked like callers: through all guards, once, at a pace."""

from datetime import timedelta
from typing import Any

import pytest

from common.errors import Problem
from common.events import decode
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Decision, Reason
from common.events.values import Kind
from common.ids import derived
from common.topics import STEPS_SMS
from orchestrator.schemas.audiences import AudiencePerson
from orchestrator.service.audiences.bringing import Audiences
from orchestrator.service.audiences.taking import UNTOUCHED, Taking
from orchestrator.service.retaining import decisions
from orchestrator.testing import NOW, PEPPER, address, call, contact_of

FLOW = {"when": {"kinds": ["audience"], "all": [{"field": "attributes.audience", "is": "spring"}]}}
FAST = 100_000  # people an hour: all of a test at once
CAP = {"caps": [{"asks": 1, "per": "30d"}]}


class Board:
    """The audience `spring` of acme."""

    def __init__(self, orchestra: Any) -> None:
        self.orchestra = orchestra
        self.audiences = Audiences(db=orchestra.db, pepper=PEPPER, clock=lambda: orchestra.now)
        self.taking = Taking(
            db=orchestra.db, deciding=orchestra.deciding, clock=lambda: orchestra.now
        )

    async def bring(self, *numbers: str, region: str | None = None, **facts: Any) -> Any:
        told = [AudiencePerson(address=number, **facts) for number in numbers]
        return await self.audiences.bring("acme", "spring", told, region, by="test")

    async def set(self, state: str | None = None, per_hour: int | None = None) -> Any:
        return await self.audiences.change("acme", "spring", state=state, per_hour=per_hour)

    async def run(self) -> None:
        while await self.taking.look():
            pass

    async def decisions(self) -> list[Decision]:
        rows = await self.orchestra.rows("select event from orchestrator.decisions")
        return [decode(row["event"], Decision).data for row in rows]

    async def shown(self) -> Any:
        return await self.audiences.find("acme", "spring")


@pytest.fixture
async def board(orchestra: Any) -> Board:
    await orchestra.configure(flow=FLOW, workspace=CAP)
    return Board(orchestra)


async def test_people_are_asked_once_it_is_started(board: Board) -> None:
    stored, read = await board.bring(address(1), "(202) 555-1002", address(1), "12", region="US")
    assert (stored, read.twice, list(read.errors)) == (2, 1, [3])
    await board.run()
    assert await board.decisions() == []

    await board.set("running", FAST)
    await board.run()

    made = await board.decisions()
    assert {one.interaction.kind for one in made} == {Kind.AUDIENCE}
    assert {one.interaction.address for one in made} == {address(1), address(2)}
    assert {one.reason for one in made} == {None}
    told = await board.orchestra.published(STEPS_SMS)
    assert {one.data.address for one in told} == {address(1), address(2)}
    board.orchestra.now += timedelta(minutes=1)
    await board.run()
    shown = await board.shown()
    assert (shown["state"], shown["people"], shown["waiting"], shown["asked"]) == ("done", 2, 0, 2)


async def test_every_guard_holds_for_them(board: Board) -> None:
    await board.orchestra.configure(workspace=CAP, flow={})
    await board.orchestra.take(call("asked", address=address(1)))
    no = ConsentChanged(
        id=derived("no"),
        contact_id=contact_of(address(2)),
        channel="sms",
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="api",
    )
    await board.orchestra.hear(no)
    await board.orchestra.configure(flow=FLOW, workspace=CAP)
    await board.bring(address(1), address(2), "+442079460000", address(3))
    await board.set("running", FAST)

    await board.run()

    shown = await board.shown()
    assert shown["asked"] == 1
    assert shown["not_asked"] == {
        Reason.FREQUENCY_CAP: 1,
        Reason.OPTED_OUT: 1,
        Reason.COUNTRY_NOT_ALLOWED: 1,
    }


async def test_who_is_told_again_is_not_asked_again_whatever_caps_say(board: Board) -> None:
    await board.orchestra.configure(flow=FLOW, workspace={"caps": []})
    await board.bring(address(1))
    await board.set("running", FAST)
    await board.run()

    stored, _ = await board.bring(address(1), address(2))
    board.orchestra.now += timedelta(days=1)
    await board.run()

    assert stored == 1
    assert len(await board.decisions()) == 2
    rows = await board.orchestra.rows("select person from orchestrator.audience_people")
    assert {row["person"] for row in rows} == {None}


async def test_it_keeps_its_pace_and_stands_still_while_it_is_paused(board: Board) -> None:
    await board.bring(*(address(number) for number in range(40)))
    await board.set("running", per_hour=3_600)
    await board.run()
    assert len(await board.decisions()) == 2  # one a second, two seconds' worth

    board.orchestra.now += timedelta(seconds=2)
    await board.run()
    assert len(await board.decisions()) == 4

    await board.set("paused")
    board.orchestra.now += timedelta(hours=1)
    await board.run()
    assert len(await board.decisions()) == 4

    await board.set("running")
    await board.run()
    assert len(await board.decisions()) == 6


async def test_who_was_taken_by_somebody_who_died_is_decided_about_once(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.bring(address(1))
    await board.set("running", FAST)

    async def die(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(Taking, "_decide", die)
        with pytest.raises(ConnectionError):
            await board.taking.look()
    board.orchestra.now += timedelta(minutes=5)
    await board.run()

    [made] = await board.decisions()
    assert made.interaction.ended_at == NOW


async def test_who_is_erased_is_in_no_audience_and_who_waits_too_long_is_forgotten(
    board: Board,
) -> None:
    await board.bring(address(1), address(2))
    await board.orchestra.erase(address(1))
    assert (await board.shown())["people"] == 1

    board.orchestra.now += UNTOUCHED + timedelta(minutes=1)
    assert not await board.taking.look()

    shown = await board.shown()
    assert (shown["state"], shown["waiting"]) == ("ended", 0)
    rows = await board.orchestra.rows("select person from orchestrator.audience_people")
    assert [row["person"] for row in rows] == [None]


async def test_that_somebody_was_in_it_ends_with_their_decision(board: Board) -> None:
    await board.bring(address(1), address(2))
    await board.set("running", FAST)
    await board.run()
    rows = await board.orchestra.rows(
        "select interaction_id, decided_at, event, contact_id from orchestrator.decisions limit 1"
    )

    async with board.orchestra.db.transaction() as connection:
        await decisions._delete(connection, "acme", rows)

    left = await board.orchestra.rows("select contact_id from orchestrator.audience_people")
    assert [row["contact_id"] for row in left] != [rows[0]["contact_id"]]
    assert len(left) == 1


async def test_a_dropped_one_is_gone_and_another_workspace_has_none(board: Board) -> None:
    await board.bring(address(1))
    with pytest.raises(Problem):
        await board.audiences.find("other", "spring")

    await board.audiences.drop("acme", "spring")

    with pytest.raises(Problem):
        await board.audiences.drop("acme", "spring")
    assert await board.orchestra.rows("select from orchestrator.audience_people") == []
