"""The outside world of a drill: a slow carrier, Meta, and people on every channel of theirs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random

from sandbox.callers import Callers
from sandbox.faults import Faults
from sandbox.pbx.numbers import CUSTOMERS, customer
from sandbox.personas import Habit
from sandbox.seen import WHATSAPP, Seen, seen
from sandbox.serving import serve as carrying
from sandbox.whatsapp.cloud import WhatsApp
from sandbox.whatsapp.endpoints import serve as chatting
from tests.drills import world
from tests.drills.gate import Gate
from tests.drills.people import DOES, Called, Chatting, Texting

STOPS = 37  # one caller in so many says STOP while the call is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """`callers`: who read and write, by text and by chat."""

    gate: Gate
    carrier: Texting
    meta: WhatsApp
    chats: Chatting
    callers: list[Callers] = field(default_factory=list)

    @property
    def busy(self) -> int:
        """Messages, callbacks and calls that are under way."""
        return self.carrier.tasks.pending + self.meta.tasks.pending

    def seen(self) -> Seen:
        """By everybody outside."""
        return seen(self.carrier.ledger) + seen(self.meta.ledger, written=WHATSAPP)

    def fails_by(self, faults: Faults) -> None:
        """From now on, also of calls."""
        self.carrier.faults = faults
        self.meta.faults = faults

    def answer(
        self, *, seed: int, habits: Mapping[Habit, float], does: Mapping[str, int] = DOES
    ) -> None:
        """People have habits, and do something when they are called.

        Who says STOP by themselves says nothing else in writing.
        """
        everybody = list(map(customer, range(CUSTOMERS)))
        silent = {number: Habit.IGNORES for number in everybody if says_stop(number)}
        self.callers.extend(
            Callers(network, seed=seed, habits=habits, fixed=silent, delays=(0.0, 0.1))
            for network in (self.carrier, self.chats)
        )
        for number in everybody:
            draw = Random(f"{seed}/{number}")
            self.carrier.switchboard.callees[number] = Called(self.gate, draw, does)
        self.meta.strangers.update(everybody[:: world.NO_WHATSAPP])

    def had_call(self, number: str, quality: float) -> None:
        for callers in self.callers:
            callers.had_call(number, quality)

    async def stop(self, number: str) -> None:
        """They say it on one of the channels on which one writes."""
        place = int(number[-2:])
        if place % 2:
            senders = list(world.CHATTERS.values())
            await self.chats.receive_now(number, senders[place % len(senders)], body="STOP")
        else:
            sender = world.SENDERS[place % len(world.SENDERS)]
            await self.carrier.receive_now(number, sender, body="STOP")


def says_stop(number: str) -> bool:
    return int(number[1:]) % STOPS == 0


@asynccontextmanager
async def outside(
    *, texts_url: str, chats_url: str, faults: Faults = Faults(), tries: int | None = None
) -> AsyncIterator[Outside]:
    """Over HTTP. The URLs are where replies go; `tries`: see `Webhooks`."""
    gate = Gate()
    texting = partial(Texting, gate=gate)
    async with (
        carrying(texting, accounts=world.accounts(texts_url), webhook_tries=tries) as carrier,
        chatting([world.business(chats_url)]) as meta,
    ):
        made = Outside(gate=gate, carrier=carrier, meta=meta, chats=Chatting(meta, gate))
        made.fails_by(faults)
        yield made
