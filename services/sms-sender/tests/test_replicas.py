"""Several replicas of the sender on one database share the work and repeat none of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from random import Random

from channel.sender import ChannelSender
from common.config import ConfigReader
from common.process.runtime import Runtime, Tasks
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import Stack, enveloped, person, step, until

PEOPLE = 100
ENDS, AT_ONCE = 25, 4


def replica_of(sender: ChannelSender, runtime: Runtime) -> ChannelSender:
    return ChannelSender(
        runtime=runtime,
        name=sender.name,
        channel=sender.channel,
        providers=sender.providers,
        renderer=sender.renderer,
    )


@asynccontextmanager
async def replicas(stack: Stack, count: int) -> AsyncIterator[Sequence[ChannelSender]]:
    """It and so many more, each with its own view of the configuration.

    Without consumers, for the embedded log has one member per group.
    """
    first = stack.sender
    running: list[ChannelSender] = [first]
    async with AsyncExitStack() as others:
        for number in range(count):
            runtime = replace(first.runtime, config=ConfigReader(stack.db))
            other = replica_of(first, runtime)
            tasks = Tasks(f"replica {number}")
            others.push_async_callback(tasks.stop)
            loops = (other.worker, other.reader, other.sweeps, other.consent_known)
            for work in (loop.run() for loop in loops):
                tasks.spawn("work", work)
            running.append(other)
        yield running


async def test_three_replicas_text_everybody_once_and_count_every_answer_once(
    stack: Stack,
) -> None:
    stack.carrier.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=2),))
    steps = [step(person(number)) for number in range(PEOPLE)]
    async with replicas(stack, 2) as senders:
        await asyncio.gather(
            *(one.intake.on_steps([enveloped(ask) for ask in steps]) for one in senders)
        )
        await until(lambda: _delivered(stack))
        for number in range(PEOPLE):
            stack.carrier.tasks.spawn(stack.says("5", number=person(number)))
        await stack.idle()

    asked = [request for request in stack.requests() if request.body.startswith("Acme:")]
    assert len(asked) == len({request.to for request in asked}) == PEOPLE
    responses = await stack.responses()
    assert sorted(r.contact_id for r in responses) == sorted(ask.contact_id for ask in steps)


async def test_a_replica_that_is_told_to_end_leaves_no_claim_behind(stack: Stack) -> None:
    draw = Random(5)
    sender = stack.sender
    for turn in range(ENDS):
        asks = [step(person(turn * AT_ONCE + number)) for number in range(AT_ONCE)]
        other = replica_of(sender, sender.runtime)
        await other.consent_known.look()
        working = asyncio.create_task(other.worker.run())
        await sender.intake.on_steps([enveloped(ask) for ask in asks])
        other.worker.wake()
        await asyncio.sleep(draw.uniform(0.0, 0.03))  # any moment of a claim
        working.cancel()
        ended, _ = await asyncio.wait([working], timeout=20)
        assert ended
    await stack.idle()  # a claim without a record would stay for a minute

    states = await stack.fetch("select distinct state from sms_sender.sends where kind = 'step'")
    assert [row["state"] for row in states] == ["delivered"]


async def _delivered(stack: Stack) -> bool:
    rows = await stack.fetch(
        "select count(*) from sms_sender.sends where kind = 'step' and state = 'delivered'"
    )
    return bool(rows[0]["count"] == PEOPLE)
