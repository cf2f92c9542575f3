"""A broker that hangs: whoever waits is told within seconds, those who come after it at once."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from common import topics
from common.bus import Message
from common.errors import BadInput, Retry
from ingest.service.promptly import Promptly

SOME = [Message("topic", b"key", b"value")]


class Hanging:
    """A bus that answers when it is let go, or ends with `error`."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        self.asked += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error


def of(bus: Any) -> Promptly:
    return Promptly(bus=bus, patience=0.05)


async def refused(promptly: Promptly) -> str:
    with pytest.raises(Retry) as told:
        await promptly.publish(SOME)
    return told.value.reason


async def test_while_it_is_known_to_hang_nobody_waits_or_adds_to_what_waits() -> None:
    bus = Hanging()
    promptly = of(bus)

    first = await asyncio.gather(*(refused(promptly) for _ in range(3)))
    after = [await refused(promptly) for _ in range(5)]

    assert set(first) == {"the broker is too slow"}
    assert set(after) == {"the broker hangs"}
    assert bus.asked == 3


async def test_it_is_open_again_once_what_hung_is_through() -> None:
    bus = Hanging()
    promptly = of(bus)
    await refused(promptly)

    bus.go.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    await promptly.publish(SOME)


async def test_when_it_failed_one_at_a_time_tries_again() -> None:
    bus = Hanging()
    promptly = of(bus)
    await refused(promptly)
    bus.error = Retry("deadline")
    bus.go.set()
    await asyncio.sleep(0.01)
    bus.go = asyncio.Event()

    tries = await asyncio.gather(*(refused(promptly) for _ in range(3)))
    assert sorted(tries) == ["the broker hangs"] * 2 + ["the broker is too slow"]
    bus.error = None
    bus.go.set()
    await asyncio.sleep(0.01)
    await promptly.publish(SOME)


async def test_what_is_wrong_with_a_message_is_told_as_it_is() -> None:
    bus = Hanging()
    bus.error = BadInput.at("", "too large")
    bus.go.set()

    with pytest.raises(BadInput):
        await of(bus).publish(SOME)


PBX = "/v1/sources/acme-pbx/calls?key=the-secret-of-the-tests"


async def test_a_call_is_answered_503_and_told_once_when_its_sender_comes_again(
    ingest: Any, database: Any
) -> None:
    """However late what was refused is published."""
    call = {
        "id": "c-1",
        "ending": "connected",
        "address": "+12025550101",
        "ended_at": "2026-01-05T10:14:20Z",
    }
    body = json.dumps(call).encode()
    async with database.transaction() as connection:
        await connection.execute("lock table bus.log in access exclusive mode")
        hung = await ingest.http.post(PBX, content=body)
        at_once = await ingest.http.post(PBX, content=b"no json")
        assert (hung.status_code, at_once.status_code) == (503, 503)
        assert "retry-after" in hung.headers
    async with asyncio.timeout(90):
        while (await ingest.http.post(PBX, content=body)).status_code != 202:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    records = await ingest.arrived(topics.INTERACTIONS, 2)
    assert len({record.value for record in records}) == 1
