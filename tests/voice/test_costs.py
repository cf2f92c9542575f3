"""What calls cost: their seconds by flow, and a ceiling of calls a day that holds."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from channel.outgoing.due import Lane
from common.database import Database
from common.events.sends import Delivery
from sandbox.voice.callees import Callee, PicksUp
from sandbox.voice.calls import Call
from sms_sender.testing import OURS, WORKSPACE, person, until
from tests.voice.running import Line, call_step, calling

MOST, CALLS = 7, 20
LANE = Lane(WORKSPACE, "main", OURS)


async def test_seconds_and_calls_are_told_by_flow(line: Line) -> None:
    await line.call(keys=("4",))
    await line.call(call_step(person(2)), picks_up="busy")

    usage = await line.gateway.usage.read(WORKSPACE, since=None, until=None)

    (flow,) = usage.flows
    assert (flow.flow, flow.asks, flow.reached, flow.seconds) == ("flow", 2, 1, 21)
    assert (usage.today, usage.ceiling) == (2, 1000)


async def test_a_call_is_as_long_as_the_provider_says_however_often(line: Line) -> None:
    asked = await line.call(keys=("4",))
    await line.post(asked, "status", **_ended(line, "34"))
    await line.idle()

    assert (await line.row(asked.id))["seconds"] in (21, 34)
    usage = await line.gateway.usage.read(WORKSPACE, since=None, until=None)
    assert usage.flows[0].seconds == (await line.row(asked.id))["seconds"]


def _ended(line: Line, seconds: str) -> dict[str, str]:
    name = {"twilio": "CallDuration", "plivo": "Duration"}[line.network]
    return {"CallStatus": "completed", name: seconds}


async def test_over_all_replicas_no_more_calls_are_placed_than_may_be(database: Database) -> None:
    async with calling(database, workspace={"call_ceiling": MOST}) as line:
        line.callee(hangs_up_at=0)
        another = replace(line.gateway.worker.claims, relay=line.gateway.relay)
        steps = [call_step(person(number)) for number in range(CALLS)]

        async def claims() -> None:
            for _ in range(CALLS):
                await another.claim(LANE, 3)

        await asyncio.gather(line.publish(*steps), *(claims() for _ in range(4)))
        await until(lambda: _all_are_judged(line))

        rows = await line.fetch("select * from ivr_gateway.sends")
        claimed = [row for row in rows if row["claimed_at"]]
        refused = [row for row in rows if row["state"] == "failed"]
        assert (len(claimed), len(refused)) == (MOST, CALLS - MOST)
        assert {(row["failure"], row["reason"]) for row in refused} == {
            ("throttled", f"the daily ceiling of {MOST} calls is reached")
        }
        told = [d for d in await line.read(Delivery) if d.status == "failed" and d.final]
        assert {d.step_id for d in told} >= {row["id"] for row in refused}
        usage = await line.gateway.usage.read(WORKSPACE, since=None, until=None)
        assert (usage.today, usage.ceiling) == (MOST, MOST)


async def _all_are_judged(line: Line) -> bool:
    rows = await line.fetch("select from ivr_gateway.sends where state <> 'queued'")
    return len(rows) == CALLS


async def test_another_day_has_its_own_ceiling(database: Database) -> None:
    async with calling(database, workspace={"call_ceiling": 1}) as line:
        await line.call(keys=("5",))
        await line.publish(call_step(person(2)))
        await line.idle()
        line.runtime.clock.offset = timedelta(days=1)  # type: ignore[attr-defined]
        tomorrow = line.runtime.clock()
        later = call_step(person(3), expires_at=tomorrow + timedelta(hours=1))
        await line.call(later, keys=("5",))

        assert {request.to for request in line.requests()} == {
            call_step().address, person(3),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Lingers(Callee):
    """Lets it ring until then."""

    until: asyncio.Event

    async def ring(self, call: Call) -> PicksUp:
        await self.until.wait()
        return self.picks_up


async def test_who_answered_elsewhere_while_it_rings_hears_a_goodbye(line: Line) -> None:
    asked, picks_up = call_step(), asyncio.Event()
    line.carrier.switchboard.callees[asked.address] = Lingers(until=picks_up)
    await line.publish(asked)
    await until(lambda: _is(line, asked.id, "sent"))

    await line.cancel(asked, "answered")
    picks_up.set()
    await until(lambda: line.is_over(asked))

    assert line.heard() == ["Sorry, we cannot go on now. Goodbye."]


async def _is(line: Line, found: UUID, state: str) -> bool:
    row = await line.row(found)
    return row is not None and row["state"] == state
