"""Who asks whether a process is worth keeping, is told when one of its consumers hangs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from common.bus import Bus, Message
from common.events import Envelope, encode, envelope
from common.events.consent import ConsentChanged, ConsentState
from common.ids import derived
from common.process import runtime
from common.process.health import health
from common.process.runtime import Tasks
from common.streams.consumer import Consumer
from common.time import utc_now
from common.topics import CONSENT, partitions


@dataclass
class Stuck:
    """A handler that does not come back before `go` is set."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    handled: int = 0

    async def handle(self, events: Sequence[Envelope[Any]]) -> None:
        await self.go.wait()
        self.handled += len(events)


def no() -> Message:
    identity = derived("test", "contact")
    change = ConsentChanged(
        id=derived("test", "no"),
        contact_id=identity,
        channel="sms",
        state=ConsentState.WITHDRAWN,
        occurred_at=utc_now(),
        source="reply",
    )
    event = envelope(
        change, aggregate=identity, revision=0, source="/test", time=utc_now(), workspace="acme"
    )
    return Message(CONSENT, identity.bytes, encode(event))


async def test_a_consumer_that_hangs_is_named_until_it_moves_again(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "HANGS", 2.5)  # more than an idle one takes between two polls
    await bus.create_topics(partitions())
    stuck, tasks, app = Stuck(), Tasks("test"), FastAPI()
    app.include_router(health)
    app.state.tasks = [tasks]
    consumer = Consumer(bus, "test", {ConsentChanged: stuck.handle}, service="test")
    tasks.consume("counting", consumer)
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        try:
            await _until(client, 200)
            await bus.publish([no()])
            assert await _until(client, 500) == "hangs: counting\n"
            stuck.go.set()
            assert await _until(client, 200) == "ok\n"
            async with asyncio.timeout(90):
                while not stuck.handled:  # noqa: ASYNC110 - a broker may be slow to balance a group
                    await asyncio.sleep(0.05)
        finally:
            await tasks.stop()


async def _until(client: httpx.AsyncClient, status: int) -> str:
    async with asyncio.timeout(90):
        while (answer := await client.get("/livez")).status_code != status:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return answer.text
