"""People of a drill, on every channel: they wait with what they say until many say it at once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.carrier import Carrier, Text
from sandbox.reading import scale_in
from sandbox.voice.callees import PicksUp
from sandbox.voice.calls import Call
from sandbox.voice.documents import Gather
from sandbox.voice.truth import stop_key
from sandbox.whatsapp.cloud import Chat, WhatsApp
from tests.drills.gate import Gate

# What becomes of a call, and what somebody who picked up does at a prompt, in percent.
PICKS_UP = {
    PicksUp.HUMAN: 84,
    PicksUp.BUSY: 5,
    PicksUp.NO_ANSWER: 5,
    PicksUp.MACHINE: 4,
    PicksUp.FAILED: 2,
}
DOES = {"answers": 78, "is wrong": 8, "is silent": 5, "opts out": 5, "hangs up": 4}
LONGEST_RING = 1.0  # seconds


class Texting(Carrier):
    """Texts of people pass a gate."""

    def __init__(self, *, gate: Gate, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._gate = gate

    async def receive(self, person: str, to: str, **arguments: Any) -> str:
        await self._gate.wait()
        return await self.receive_now(person, to, **arguments)

    async def receive_now(self, person: str, to: str, **arguments: Any) -> str:
        """Of somebody who waits for nobody."""
        self._gate.written += 1
        return await super().receive(person, to, **arguments)


class Chatting:
    """Brings chats to people who read and write, and taps a button where one says their words."""

    def __init__(self, meta: WhatsApp, gate: Gate) -> None:
        self.listeners: list[Callable[[Text], None]] = []
        self.tasks = meta.tasks
        self._meta, self._gate = meta, gate
        self._newest: dict[tuple[str, str], Chat] = {}
        meta.listeners.append(self._arrive)

    def _arrive(self, chat: Chat) -> None:
        self._newest[chat.person, chat.sender] = chat
        for listener in self.listeners:
            listener(Text(chat.business, chat.person, chat.sender, chat.body))

    async def receive(self, person: str, to: str, *, body: str, **_: Any) -> str:
        await self._gate.wait()
        return await self.receive_now(person, to, body=body)

    async def receive_now(self, person: str, to: str, *, body: str) -> str:
        self._gate.written += 1
        chat, title = self._newest.get((person, to)), body.strip()
        if chat is not None and title in chat.choices:
            return await self._meta.taps(chat, title)
        return await self._meta.writes(person, to, body)


@dataclass(slots=True)
class Called:
    """Somebody who is called, now and then to no avail."""

    gate: Gate
    draw: Random
    does: Mapping[str, int]
    sip: str = "486"
    _stop: str = ""

    async def ring(self, call: Call) -> PicksUp:
        await asyncio.sleep(self.draw.uniform(0, LONGEST_RING))
        return self._drawn(PICKS_UP)

    async def hear(self, said: str) -> bool:
        return True

    async def press(self, gather: Gather, turn: int) -> str | None:
        self._stop = stop_key(gather.text) or self._stop
        await self.gate.wait()
        scale, does = scale_in(gather.text), self._drawn(self.does)
        if scale is None or does == "hangs up":
            return None
        keys = {
            "answers": f"{self.draw.randint(scale.low, scale.high)}{'#' * (gather.digits != 1)}",
            "is wrong": "8" if scale.high < 8 else "55",
            "is silent": "",
            "opts out": self._stop,
        }[does]
        self.gate.written += bool(keys) or gather.silence_counts
        return keys

    def over(self, call: Call) -> None: ...

    def _drawn(self, weights: Mapping[Any, int]) -> Any:
        return self.draw.choices(list(weights), list(weights.values()))[0]
