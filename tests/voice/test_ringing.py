"""People who ring us, or whom a switch passes on: they are asked once, whichever way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from common.events.sends import Delivery, Step
from sandbox.ledger import CallRequest, only
from sandbox.voice.endpoints import callee_of
from sms_sender.testing import CALLER, OURS, Shifted, person, until
from tests.voice.running import NONE, Line, call_step
from tests.voice.test_calls import ASKED, THANKS
from tests.voice.test_passed_on import tell


async def queued(line: Line, **changes: object) -> None:
    asked = call_step(**changes)  # type: ignore[arg-type]
    await line.publish(asked)

    async def is_queued() -> bool:
        row = await line.row(asked.id)
        return row is not None and row["state"] == "queued"

    await until(is_queued)


async def test_who_comes_by_themselves_is_asked_and_not_called(waiting: Line) -> None:
    await queued(waiting)

    await waiting.carrier.switchboard.call_in(CALLER, OURS, callee_of({"keys": ["", "4"]}))

    assert waiting.heard()[0] == ASKED
    assert waiting.heard()[-1] == THANKS
    await until(waiting.responses)
    (response,) = await waiting.responses()
    assert response.score == 4
    assert only(waiting.carrier.ledger, CallRequest) == []


async def test_one_interaction_is_asked_once(waiting: Line) -> None:
    await queued(waiting)

    for _ in range(2):
        await waiting.carrier.switchboard.call_in(CALLER, OURS, callee_of({"keys": ["5"]}))

    assert waiting.heard() == [ASKED, THANKS, NONE]


async def test_a_caller_who_is_quicker_than_the_step_waits_for_it(waiting: Line) -> None:
    waiting.carrier.switchboard.second = 0.5
    calling = asyncio.create_task(
        waiting.carrier.switchboard.call_in(CALLER, OURS, callee_of({"keys": ["3"]}))
    )
    await until(lambda: waiting.fetch("select from ivr_gateway.inbox where outcome is not null"))
    await waiting.publish(call_step())
    await calling

    assert waiting.heard() == [ASKED, THANKS]


async def test_strangers_and_who_said_no_hear_that_there_is_none(waiting: Line) -> None:
    await queued(waiting)
    await waiting.fetch("update ivr_gateway.contacts set suppressed = true")

    for number in (CALLER, person(7), "anonymous"):
        await waiting.carrier.switchboard.call_in(number, OURS, callee_of({"keys": ["5"]}))

    assert [waiting.heard(n) for n in (CALLER, person(7))] == [[NONE], [NONE]]
    assert await waiting.responses() == []


async def test_who_rang_while_nobody_could_answer_is_still_asked(waiting: Line) -> None:
    asked = call_step()
    await waiting.publish(asked)
    await until(lambda: waiting.row(asked.id))
    told = {"From": CALLER}

    async with locked(waiting, asked):
        answer = await tell(waiting, told, call="CA1")
    await until(lambda: waiting.fetch("select from ivr_gateway.inbox where done_at is not null"))

    assert answer.status == 503
    assert (await waiting.row(asked.id))["state"] == "queued"
    assert "How was your call?" in (await tell(waiting, told, call="CA2")).body.decode()
    assert (await waiting.row(asked.id))["state"] == "claimed"


async def test_whose_answer_was_lost_counts_as_unknown_and_is_not_asked_again(
    waiting: Line,
) -> None:
    """Stored, and the gateway died before it said so: they may have heard the question."""
    asked = call_step()
    await waiting.publish(asked)
    await until(lambda: waiting.row(asked.id))
    assert "How was your call?" in (await tell(waiting, {"From": CALLER}, call="CA1")).body.decode()

    clock = waiting.runtime.clock
    assert isinstance(clock, Shifted)
    clock.offset = timedelta(seconds=61)  # longer than a claim lives

    async def is_unknown() -> bool:
        return (await waiting.row(asked.id))["state"] == "unknown"

    await until(is_unknown)
    assert [d.status for d in await waiting.read(Delivery)] == ["unknown"]
    assert only(waiting.carrier.ledger, CallRequest) == []


async def test_who_says_nothing_to_the_question_has_heard_it(waiting: Line) -> None:
    asked = call_step()
    await waiting.publish(asked)
    await until(lambda: waiting.row(asked.id))

    await waiting.carrier.switchboard.call_in(CALLER, OURS, callee_of({"keys": [""]}))

    assert (await waiting.row(asked.id))["state"] == "delivered"


@asynccontextmanager
async def locked(line: Line, asked: Step) -> AsyncIterator[None]:
    """The database keeps whoever comes about this contact waiting, longer than a caller can."""
    who = "select from ivr_gateway.contacts where contact_id = $1 for update"
    async with line.runtime.db.transaction() as connection:
        await connection.fetch(who, asked.contact_id)
        yield
