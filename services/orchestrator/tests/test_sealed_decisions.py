"""With keys, decisions stand sealed as they were published, and serve all that reads them."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from common.config import ConfigReader
from common.events import decode, encode
from common.events.decisions import Decision, Reason
from common.events.values import Ending
from common.ids import invitation_id
from common.sealing import MasterKeys, is_sealed, new_key
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.repository.deciding.decisions import EVENT
from orchestrator.service.consent.reading import Contacts
from orchestrator.service.deciding.reading import Decisions
from orchestrator.service.retaining import decisions as retaining
from orchestrator.service.schedule.dispatching import WAIT
from orchestrator.testing import CALLER, NOW, address, call, contact_of

HOUR = timedelta(hours=1)
INVITATION = invitation_id(call().id, "csat-flow")
LATER = {"flow": {"delay": "1h"}}


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


async def events(orchestra: Any, table: str = "decisions") -> list[bytes]:
    rows = await orchestra.rows(f"select event from orchestrator.{table}")
    return [row["event"] for row in rows]


async def spoil(orchestra: Any, interaction: Any) -> None:
    """As by a key that is not here any more."""
    await orchestra.rows(
        "update orchestrator.decisions set event = set_byte(event, 40, 255 - get_byte(event, 40))"
        " where interaction_id = $1",
        interaction,
    )


async def test_a_copy_is_told_as_it_was_published(orchestra: Any) -> None:
    await orchestra.take(call())
    await orchestra.take(call())

    first, second = await orchestra.published(DECISIONS)

    assert first == second
    assert all(map(is_sealed, await events(orchestra)))
    assert CALLER.encode() not in b"".join(await events(orchestra))
    found, told = await Decisions(orchestra.db).find("acme", call().id, sight=None)
    assert (found.interaction.address, told.copies) == (CALLER, 1)


async def test_a_call_that_is_told_as_connected_later_is_decided_again(orchestra: Any) -> None:
    await orchestra.take(call(ending=Ending.MISSED, talk_seconds=None))
    await orchestra.take(call())

    told = [one.data.reason for one in await orchestra.published(DECISIONS)]
    assert (told[0] is not None, told[-1]) == (True, None)
    assert all(map(is_sealed, await events(orchestra)))


async def test_what_waited_goes_out_and_is_amended_before(orchestra: Any) -> None:
    await orchestra.configure(**LATER)
    await orchestra.take(call())
    await orchestra.amend(call(queue="elsewhere"), revision=1)
    orchestra.now += HOUR

    await orchestra.dispatching.dispatch()

    [step] = await orchestra.published(STEPS_SMS)
    assert step.data.address == CALLER
    last = [one.data for one in await orchestra.published(DECISIONS)][-1]
    assert (last.interaction.queue, last.revision) == ("elsewhere", 1)
    assert all(map(is_sealed, await events(orchestra)))


async def test_an_amendment_that_is_early_is_kept_sealed_and_applied(orchestra: Any) -> None:
    await orchestra.amend(call(queue="elsewhere"), revision=1)
    [kept] = await events(orchestra, "early_amendments")
    assert is_sealed(kept)
    await orchestra.take(call())

    await orchestra.amending.look()

    last = [one.data for one in await orchestra.published(DECISIONS)][-1]
    assert last.interaction.queue == "elsewhere"


async def test_what_does_not_open_is_asked_nobody_and_waits(orchestra: Any) -> None:
    await orchestra.configure(**LATER)
    await orchestra.take(call(), call("other", address=address(2)))
    await spoil(orchestra, call().id)
    orchestra.now += HOUR

    await orchestra.dispatching.dispatch()

    [step] = await orchestra.published(STEPS_SMS)
    assert step.data.interaction_id == call("other").id
    assert await orchestra.status(INVITATION) == ("pending", None)
    [row] = await orchestra.rows(
        "select due_at from orchestrator.steps where invitation_id = $1", INVITATION
    )
    assert row["due_at"] == orchestra.now + WAIT


async def test_nobody_is_asked_twice_where_the_decision_does_not_open(orchestra: Any) -> None:
    await orchestra.take(call())
    await spoil(orchestra, call().id)

    await orchestra.take(call(), call("other", address=address(2)))

    assert len(await orchestra.published(STEPS_SMS)) == 2  # of the first time, and the other's
    [row] = await orchestra.rows(
        "select copies from orchestrator.decisions where interaction_id = $1", call().id
    )
    assert row["copies"] == 1


async def test_rows_from_before_are_read_beside_those_that_are_sealed(orchestra: Any) -> None:
    await orchestra.configure(**LATER)
    await orchestra.take(call(), call("other", address=address(2)))
    [told] = [o for o in await orchestra.published(DECISIONS) if o.data.interaction.id == call().id]
    await orchestra.rows(
        "update orchestrator.decisions set event = $1 where interaction_id = $2",
        encode(told),
        call().id,
    )
    orchestra.now += HOUR

    await orchestra.dispatching.dispatch()

    assert len(await orchestra.published(STEPS_SMS)) == 2
    assert sorted(map(is_sealed, await events(orchestra))) == [False, True]


async def test_who_is_forgotten_is_in_no_decision_and_the_decision_stays(orchestra: Any) -> None:
    await orchestra.take(call())
    held = await Contacts(orchestra.db).held("acme", contact_of())
    assert CALLER.encode() in held.tables["decisions"][0]["event"] or CALLER in str(held.tables)

    await orchestra.erase()

    found, _ = await Decisions(orchestra.db).find("acme", call().id, sight=None)
    assert (found.interaction.address, found.interaction.id) == (None, call().id)
    assert all(map(is_sealed, await events(orchestra)))


@pytest.mark.parametrize("kind", ["addresses", "recordings", "decisions"])
async def test_what_is_too_old_goes(orchestra: Any, kind: str) -> None:
    await orchestra.take(call(recording_url="https://pbx.example/1.wav"))
    async with orchestra.db.transaction() as connection:
        await retaining._clear(kind, connection, "acme", NOW - HOUR, NOW + HOUR)

    stored = [("acme", one) for one in await events(orchestra)]
    opened = await orchestra.db.sealing.opened(EVENT, stored)
    left = [decode(event, Decision).data.interaction for event in opened]
    if kind == "decisions":
        assert left == []
    elif kind == "addresses":
        assert [one.address for one in left] == [None]
    else:
        assert [(one.recording_url, one.address) for one in left] == [(None, CALLER)]


async def test_a_reason_is_explained_from_the_sealed_decision(orchestra: Any) -> None:
    await orchestra.take(call("short", talk_seconds=1.0, do_not_survey=True))

    found, _ = await Decisions(orchestra.db).find("acme", call("short").id, sight=None)

    assert found.reason == Reason.DO_NOT_SURVEY


async def test_a_sealed_recording_that_is_told_after_its_day_goes(orchestra: Any) -> None:
    async def wanted() -> Any:
        return [("acme", "recordings", timedelta(days=1))]

    sweeping = retaining.retaining(
        orchestra.db, ConfigReader(orchestra.db), lambda: NOW + 48 * HOUR
    )
    sweeping.wanted = wanted
    await orchestra.take(call())
    await sweeping.round()

    await orchestra.amend(
        structs.replace(call(), recording_url="https://pbx.example/1"), revision=2
    )
    await sweeping.round()

    found, _ = await Decisions(orchestra.db).find("acme", call().id, sight=None)
    assert (found.revision, found.interaction.recording_url) == (2, None)
    assert all(map(is_sealed, await events(orchestra)))
    assert await orchestra.rows("select from orchestrator.retention_late") == []
