"""Erased contacts: nothing of them is left, nobody is asked, and what is told again is dropped."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.errors import Problem
from common.events import decode, envelope
from common.events.calls import ERASED
from common.events.consent import ConsentChanged, ConsentState, ErasureDone
from common.events.decisions import Decision, Reason, Verdict
from common.ids import derived, invitation_id
from common.topics import CONSENT, DECISIONS, STEPS_SMS
from orchestrator.service.erasing import deleting
from orchestrator.service.erasing.deleting import Deleting
from orchestrator.service.erasing.erasures import HERE, SERVICES
from orchestrator.testing import CALLER, NOW, address, call, contact_of

NAME, SAID = "Quokkaline", "she asked the agent to stop"
TOLD: dict[str, Any] = {
    "customer_name": NAME,
    "attributes": {"crm": f"{NAME} of {CALLER}"},
    "recording_url": f"https://pbx.example/{CALLER}.wav",
    "linked": ("+12025550102",),
}
LATER = NOW + timedelta(hours=1)


def said(state: ConsentState, minute: int) -> ConsentChanged:
    return ConsentChanged(
        id=derived("test", state, minute),
        contact_id=contact_of(),
        channel="sms",
        state=state,
        occurred_at=NOW + timedelta(minutes=minute),
        source="api",
        evidence=SAID,
    )


async def held(orchestra: Any) -> str:
    """All rows of all tables of the service, as text."""
    tables = await orchestra.rows(
        "select table_name from information_schema.tables where table_schema = 'orchestrator'"
    )
    rows: list[str] = []
    for [table] in tables:
        found = await orchestra.rows(
            f"select encode(convert_to(t::text, 'UTF8'), 'escape') as row"
            f" from orchestrator.{table} t"
        )
        rows += [row["row"] for row in found]
    raw = await orchestra.rows(
        "select convert_from(event, 'UTF8') as e from orchestrator.decisions"
    )
    return "\n".join([*rows, *(row["e"] for row in raw)])


async def test_nothing_of_the_person_is_left_and_what_was_decided_stays(orchestra: Any) -> None:
    await orchestra.take(call(**TOLD), call("c2", ended_at=NOW, queue="support"))
    await orchestra.hear(said(ConsentState.GRANTED, -5))
    before = await held(orchestra)
    orchestra.now = LATER

    await orchestra.erase()
    await orchestra.published(CONSENT)

    after = await held(orchestra)
    for trace in (CALLER, NAME, SAID):
        assert trace in before
        assert trace not in after
    assert await orchestra.rows("select from orchestrator.invitations") == []
    assert await orchestra.rows("select from orchestrator.steps") == []
    rows = await orchestra.rows("select event from orchestrator.decisions")
    decisions = [decode(row["event"], Decision).data for row in rows]
    assert {d.interaction.queue for d in decisions} == {"billing", "support"}
    assert {d.interaction.address_problem for d in decisions} == {ERASED}
    assert str(contact_of()) not in "".join(row["event"].decode() for row in rows)


async def test_calls_of_others_and_later_ones_stay(orchestra: Any) -> None:
    other = call("other", address=address(1))
    await orchestra.take(call(), other)

    await orchestra.erase()
    orchestra.now = LATER
    await orchestra.take(call("later", ended_at=LATER))
    await orchestra.erase(address(2))

    kept = await held(orchestra)
    assert address(1) in kept
    assert CALLER in kept
    [later] = await orchestra.rows(
        "select reason from orchestrator.decisions where interaction_id = $1", call("later").id
    )
    assert later["reason"] is None  # asked: what was asked before is forgotten, too


async def test_what_waits_is_not_asked(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())

    await orchestra.erasures.erase("acme", contact_of(), by="test")
    orchestra.now = LATER
    await orchestra.dispatching.dispatch()

    assert await orchestra.published(STEPS_SMS) == []
    assert await orchestra.status(invitation_id(call().id, "csat-flow")) == ("cancelled", ERASED)


async def test_what_was_handed_over_is_called_back(orchestra: Any) -> None:
    await orchestra.take(call())

    await orchestra.erase()

    told = [event.type for event in await orchestra.published(STEPS_SMS)]
    assert told == ["step.due.v1", "step.cancelled.v1"]


async def test_copies_and_amendments_from_before_change_nothing(orchestra: Any) -> None:
    await orchestra.take(call(), call("missed", ending="missed"))
    orchestra.now = LATER
    await orchestra.erase()
    before = await held(orchestra)

    await orchestra.take(call(**TOLD), call("missed"), call("never told", ended_at=NOW))
    await orchestra.amend(call(**TOLD, queue="support"), revision=3)

    assert await held(orchestra) == before
    decisions = [event.data for event in await orchestra.published(DECISIONS)]
    assert len(decisions) == 2  # as they were published before


async def test_who_decides_while_somebody_is_erased_has_decided_or_sees_it(
    orchestra: Any, replica: Any
) -> None:
    """Strangers have no row that could be locked."""
    for number in range(12):
        one = call(f"race-{number}", address=address(number), ended_at=NOW)
        erasing = orchestra.erasures.erase("acme", one.contact_id, by="test", known=False)
        await asyncio.gather(replica.take(one), erasing)
    while await Deleting(db=orchestra.db).look():
        pass
    await orchestra.published(CONSENT)

    left = await held(orchestra)
    assert [number for number in range(12) if address(number) in left] == []
    assert await orchestra.rows("select from orchestrator.invitations") == []


async def test_a_no_holds_whenever_it_comes_and_its_words_do_not(orchestra: Any) -> None:
    await orchestra.hear(said(ConsentState.WITHDRAWN, -10))
    await orchestra.erase()

    await orchestra.hear(said(ConsentState.WITHDRAWN, -5))
    orchestra.now = LATER
    await orchestra.take(call("later", ended_at=LATER))

    [row] = await orchestra.rows("select reason from orchestrator.decisions")
    assert row["reason"] == Reason.OPTED_OUT
    assert SAID not in await held(orchestra)


async def test_many_calls_are_worked_off_some_at_a_time(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "LIMIT", 3)
    await orchestra.take(*[call(f"c{number}", ended_at=NOW) for number in range(10)])

    await orchestra.erase()

    assert str(contact_of()) not in await _events(orchestra)


async def test_who_is_on_a_list_stays_on_it_without_a_number(orchestra: Any) -> None:
    async with orchestra.db.transaction() as connection:
        await connection.execute(
            "insert into orchestrator.do_not_contact_lists"
            " values ('acme', 'registry', 7, 1, now(), 'test')"
        )
        await connection.execute(
            "insert into orchestrator.do_not_contact values ('acme', 7, $1, $2)",
            contact_of(),
            CALLER,
        )

    await orchestra.erase()

    rows = await orchestra.rows("select contact_id, address from orchestrator.do_not_contact")
    assert [tuple(row) for row in rows] == [(contact_of(), "")]


async def test_what_the_version_before_wrote_is_found(orchestra: Any) -> None:
    await orchestra.take(call())
    async with orchestra.db.connection() as connection:
        await connection.execute("update orchestrator.decisions set contact_id = null")

    await orchestra.erase()

    assert CALLER not in await _events(orchestra)


async def test_an_erasure_is_done_when_every_service_says_so(orchestra: Any) -> None:
    await orchestra.take(call())
    made = await orchestra.erase()
    again = await orchestra.erase()
    first = await orchestra.erasures.find("acme", made.id)
    assert again.contact_id == made.contact_id
    assert [name for name, at in first.services.items() if at] == [HERE]
    assert first.done_at is None

    others = [name for name in SERVICES if name != HERE]
    for name in others * 2:
        await orchestra.erasures.on_done([_done(made, name)])

    assert (await orchestra.erasures.find("acme", made.id)).done_at == NOW
    with pytest.raises(Problem):
        await orchestra.erasures.find("other", made.id)


async def test_an_id_that_nobody_knows_cannot_be_erased(orchestra: Any) -> None:
    with pytest.raises(Problem):
        await orchestra.erasures.erase("acme", contact_of(), by="test")
    await orchestra.take(call(ending="missed"))  # who is not asked has no row

    await orchestra.erasures.erase("acme", contact_of(), by="test")

    [told] = await orchestra.published(CONSENT)
    assert (told.type, told.data.contact_id) == ("contact.erased.v1", contact_of())
    assert told.data.erased_at == NOW


async def _events(orchestra: Any) -> str:
    rows = await orchestra.rows("select event from orchestrator.decisions")
    decided = [decode(row["event"], Decision).data for row in rows]
    assert {one.verdict for one in decided} <= {Verdict.INVITE, Verdict.SKIP}
    return "".join(row["event"].decode() for row in rows)


def _done(made: Any, name: str) -> Any:
    done = ErasureDone(erasure_id=made.id, contact_id=made.contact_id, service=name, done_at=NOW)
    return envelope(
        done,
        aggregate=derived(made.id, name),
        revision=0,
        source=f"/{name}",
        time=NOW,
        workspace="acme",
    )
