"""People who answer a text at about the moment when they are asked on another channel."""

import asyncio
from collections.abc import Collection
from datetime import datetime

from orchestrator.testing import SENDER
from sandbox.carrier import Text
from sandbox.ledger import Reply, Webhook, only
from sms_sender.testing import until
from tests.races.conftest import Platform

AT_ONCE = 24
STEP = 1.05
SILENCE = 3.0  # seconds after the text, then they are asked on the other channel
KITS = ("sms_sender", "ivr_gateway", "whatsapp_sender")
PATIENCE = 600.0  # seconds: the machine may do other things, too


async def ask_and_answer(platform: Platform, people: list[str], reached: Collection[str]) -> None:
    """A call of each ends, they are texted, and answer at about the moment of the other channel.

    Which moment that is the pairs themselves find out: whoever was `reached` already makes the next
    ones wait less, whoever was not makes them wait longer.
    """
    carrier, loop = platform.carrier, asyncio.get_running_loop()
    texted = {person: asyncio.Event() for person in people}
    wait = SILENCE  # seconds

    def hear(text: Text) -> None:
        texted[text.person].set()

    room = asyncio.Semaphore(AT_ONCE)

    async def race(person: str) -> None:
        nonlocal wait
        async with room:
            await platform.ends(f"call of {person}", person)
            await texted[person].wait()
            began = loop.time()
            await asyncio.sleep(began + wait - loop.time())
            was_reached = person in reached
            await carrier.receive(person, SENDER, body="5")
            wait *= 1 / STEP if was_reached else STEP

    carrier.listeners.append(hear)
    await asyncio.gather(*map(race, people))


async def quiet(platform: Platform) -> None:
    """Nothing is under way any more."""
    open_rows = [f"(select count(*) from {kit}.inbox where done_at is null)" for kit in KITS]
    open_rows += [f"(select count(*) from {kit}.sends where open)" for kit in KITS]
    open_rows += [f"(select count(*) from {name}.outbox)" for name in (*KITS, "orchestrator")]
    open_rows += ["(select count(*) from orchestrator.invitations where status <> 'answered')"]

    async def rests() -> bool:
        await platform.carrier.settled()
        await platform.meta.settled()
        [row] = await platform.rows(f"select {' + '.join(open_rows)} as waits")
        return bool(row["waits"] == 0)

    await until(rests, seconds=PATIENCE)


def acknowledged(platform: Platform) -> dict[str, datetime]:
    """When each person's answer had been taken."""
    entries = platform.carrier.ledger.entries
    person = {reply.sid: reply.person for reply in only(entries, Reply)}
    return {
        person[webhook.sid]: webhook.at
        for webhook in only(entries, Webhook)
        if webhook.acknowledged and webhook.sid in person
    }
