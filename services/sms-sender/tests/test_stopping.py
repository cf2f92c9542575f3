"""What is called back, switched off or stopped is not sent; each account's trouble is its own."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from channel.outgoing.claims import Claimed
from common.bus.pglog import PgLogBus
from common.config.store import Document
from common.events.sends import DeliveryStatus, Step, StepCancelled
from common.events.values import Channel
from common.time import utc_now
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import (
    OURS,
    Stack,
    enveloped,
    person,
    sending,
    sid,
    step,
    until,
)


@pytest.fixture
async def limited(database_url: str) -> AsyncIterator[Stack]:
    """One text in ten minutes."""
    async with sending(database_url, PgLogBus, sender={"per_second": 1 / 600}) as running:
        yield running


@pytest.fixture
async def unblocking(database_url: str) -> AsyncIterator[Stack]:
    """The carrier leaves STOP to us, so that only our own suppression holds anything back."""
    async with sending(database_url, PgLogBus, carrier_account={"handles_stop": False}) as running:
        yield running


def cancellation(ask: Step, *, reason: str) -> StepCancelled:
    return StepCancelled(
        step_id=ask.id,
        invitation_id=ask.invitation_id,
        contact_id=ask.contact_id,
        channel=Channel.SMS,
        reason=reason,
        cancelled_at=utc_now(),
    )


async def count(stack: Stack, state: str) -> int:
    rows = await stack.fetch("select count(*) from sms_sender.sends where state = $1", state)
    found: int = rows[0]["count"]
    return found


async def test_fifty_asks_queued_at_a_limited_number_are_called_back(limited: Stack) -> None:
    first, *rest = [step(person(number)) for number in range(51)]
    await limited.publish(first)
    await limited.waits_for(first.id, "delivered")
    await limited.publish(*rest)
    await until(lambda: _is(limited, "queued", 50))
    await limited.publish(*(cancellation(ask, reason="flow_disabled") for ask in rest))
    await until(lambda: _is(limited, "cancelled", 50))
    await limited.idle()

    assert len(limited.requests()) == 1
    for ask in rest:
        (delivery,) = await limited.deliveries(ask.id)
        assert (delivery.status, delivery.reason) == (DeliveryStatus.CANCELLED, "flow_disabled")


async def test_asks_of_a_flow_that_is_off_cost_nothing_of_the_rate(limited: Stack) -> None:
    off = {"id": "flow", "survey": "after-call", "enabled": False}
    await limited.configure([Document(workspace="acme", kind="flow", id="flow", body=off)])
    await limited.publish(*(step(person(number)) for number in range(50)))
    await until(lambda: _is(limited, "cancelled", 50))

    rows = await limited.fetch("select distinct reason from sms_sender.sends")
    assert [row["reason"] for row in rows] == ["flow_disabled"]
    assert limited.requests() == []


async def test_a_cancellation_that_comes_first_holds(stack: Stack) -> None:
    ask = step()
    intake = stack.sender.intake
    await intake.on_cancelled([enveloped(cancellation(ask, reason="newer_call"))])
    for _ in range(2):
        await intake.on_steps([enveloped(ask)])
    await stack.idle()

    assert stack.requests() == []
    (delivery,) = await stack.deliveries(ask.id)
    assert (delivery.status, delivery.reason, delivery.interaction_id) == (
        DeliveryStatus.CANCELLED,
        "newer_call",
        ask.interaction_id,
    )


async def test_what_is_sent_cannot_be_called_back(stack: Stack) -> None:
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.publish(cancellation(ask, reason="newer_call"))
    await stack.idle()

    assert await stack.state(ask.id) == "delivered"


async def test_a_step_that_comes_many_times_is_one_text(stack: Stack) -> None:
    ask = step()
    await stack.publish(*[ask] * 5)
    await stack.waits_for(ask.id, "delivered")
    await stack.publish(*[ask] * 5)
    await stack.idle()

    assert len(stack.requests()) == 1


async def test_no_claim_commits_after_a_stop(unblocking: Stack) -> None:
    pairs = 150
    seed = random.randrange(1 << 30)
    draw = random.Random(seed)

    async def pair(number: int) -> None:
        ask = step(person(number))
        await asyncio.gather(
            _after(draw.random() * 0.2, unblocking.publish(ask)),
            _after(draw.random() * 0.2, unblocking.says("STOP", number=person(number), to=OURS)),
        )

    await asyncio.gather(*(pair(number) for number in range(pairs)))
    await unblocking.idle()

    rows = await unblocking.fetch(
        "select s.state, s.reason, s.claimed_at, c.suppressed_at, c.suppressed"
        " from sms_sender.sends s join sms_sender.contacts c using (workspace, contact_id)"
        " where s.kind = 'step'"
    )
    assert len(rows) == pairs
    assert all(row["suppressed"] for row in rows)
    claimed = [row for row in rows if row["claimed_at"]]
    assert [r for r in claimed if r["claimed_at"] > r["suppressed_at"]] == [], f"seed {seed}"
    refused = [row for row in rows if not row["claimed_at"]]
    assert {(row["state"], row["reason"]) for row in refused} <= {("cancelled", "opted_out")}
    assert len(unblocking.requests()) == len(claimed)


async def test_one_accounts_trouble_is_not_anothers(database_url: str) -> None:
    faults = Faults(
        (
            Fault(trouble=Trouble.UNAUTHORIZED, account=sid("beta")),
            Fault(trouble=Trouble.THROTTLED, account=sid("gamma"), retry_after=600),
        )
    )
    async with sending(
        database_url, PgLogBus, workspaces=("acme", "beta", "gamma"), faults=faults
    ) as stack:
        for workspace in ("beta", "gamma", "acme"):
            asks = [step(person(number), workspace=workspace) for number in range(40)]
            await stack.publish(*asks, workspace=workspace)
        await until(lambda: _is(stack, "delivered", 40))

        rows = await stack.fetch(
            "select workspace, state, count(*) from sms_sender.sends group by 1, 2 order by 1"
        )
        assert [tuple(row) for row in rows] == [
            ("acme", "delivered", 40),
            ("beta", "queued", 40),
            ("gamma", "queued", 40),
        ]
        assert stack.sender.capacity.paused() == {"refused": 1, "throttled": 1}


async def _is(stack: Stack, state: str, wanted: int) -> bool:
    return await count(stack, state) == wanted


async def _after(seconds: float, work: object) -> None:
    await asyncio.sleep(seconds)
    await work  # type: ignore[misc]


async def claimed(stack: Stack) -> tuple[Step, Claimed]:
    """An ask that is claimed and has not left: its number may send nothing for ten minutes."""
    first, ask = step(person(0)), step(person(1))
    await stack.publish(first)
    await stack.waits_for(first.id, "delivered")
    await stack.publish(ask)
    await until(lambda: _is(stack, "queued", 1))
    [place] = stack.sender.worker._places(await stack.sender.runtime.config.current())
    taken = await stack.sender.worker.claims.claim(place.lane, 1)
    [one] = taken.claimed
    return ask, one


async def test_what_is_claimed_when_a_stop_comes_is_held_back_before_it_is_acknowledged(
    limited: Stack,
) -> None:
    ask, one = await claimed(limited)
    worker = limited.sender.worker
    [place] = worker._places(await limited.sender.runtime.config.current())
    stopping = asyncio.create_task(limited.says("STOP", number=person(1)))
    await until(lambda: _is_suppressed(limited, ask))
    await asyncio.sleep(0.2)
    assert not stopping.done()  # the acknowledgement waits for what may still leave

    worker.capacity.started(place.lane, place.sender, 1)
    await worker._deliver(place, one, stale_at=float("inf"))
    await stopping

    assert [request for request in limited.requests() if request.to == person(1)] == []
    assert (await worker.claims.claim(place.lane, 1, (1,))).refused == 1
    row = await limited.row(ask.id)
    assert (row["state"], row["reason"]) == ("cancelled", "opted_out")


async def test_a_claim_that_nobody_records_holds_up_a_stop_for_a_while_only(
    limited: Stack,
) -> None:
    limited.sender.leaving.longest = 0.3
    ask, _ = await claimed(limited)

    await limited.says("STOP", number=person(1))

    assert await _is_suppressed(limited, ask)
    assert await limited.state(ask.id) == "claimed"


async def _is_suppressed(stack: Stack, ask: Step) -> bool:
    rows = await stack.fetch(
        "select suppressed from sms_sender.contacts where contact_id = $1", ask.contact_id
    )
    return bool(rows and rows[0]["suppressed"])
