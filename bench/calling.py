"""How soon a caller hears the next words when very many are on the line at once.

The whole platform as it is deployed, one ivr-gateway process, on a real Kafka and a real
PostgreSQL; this process is the telephone network: it places the calls, and each person thinks for a
while before pressing a key, so that all of them are in progress together. The time is that of a
request for a document, from posting it to having it all, as the provider would see it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil

from bench.events import ended, number
from bench.running import SID, UNLIMITED, WORKSPACE, Platform, put, running, tell
from bench.whole import HERE
from common.testing.kafka import Broker
from common.testing.postgres import Server
from sandbox.carrier import Carrier
from sandbox.serving import serve
from sandbox.voice.callees import Callee
from sandbox.voice.calls import Call
from sandbox.voice.documents import Gather
from sandbox.webhooks import Answer, Event

SENDER = "+16465550170"
LINE = "+12025550170"
PLACED = 60  # calls a second
THINKS = 30.0  # seconds before a key
PATIENCE = 240.0  # seconds for all of it
DOCUMENTS = ("prompt", "key")


@dataclass(slots=True)
class Seen:
    """`took`: seconds of each document; `open` calls now, and the `most` at a time."""

    took: list[float] = field(default_factory=list)
    statuses: list[int | None] = field(default_factory=list)
    open: int = 0
    most: int = 0
    over: int = 0
    by_provider: int = 0


class Network(Carrier):
    """Times every document, and has people who think."""

    seen: Seen

    async def post(self, event: Event) -> Answer:
        began = time.perf_counter()
        answer = await super().post(event)
        if event.name in DOCUMENTS:
            self.seen.took.append(time.perf_counter() - began)
            self.seen.statuses.append(answer.status)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinker(Callee):
    seen: Seen

    async def press(self, gather: Gather, turn: int) -> str | None:
        if turn == 0:
            self.seen.open += 1
            self.seen.most = max(self.seen.most, self.seen.open)
        await asyncio.sleep(THINKS)
        return "9"

    def over(self, call: Call) -> None:
        self.seen.open -= 1
        self.seen.over += 1


async def measure(
    server: Server, broker: Broker, folder: Path, *, calls: int, code: Path = HERE
) -> dict[str, Any]:
    """Milliseconds of a document, calls at a time, megabytes of the gateway."""
    seen = Seen()
    async with running(
        server, broker, folder, code, public="ivr-gateway", settings=UNLIMITED
    ) as platform:
        accounts = {SID: platform.token}
        async with serve(Network, accounts=accounts, webhook_timeout=30.0) as network:
            network.seen = seen
            await put(platform, WORKSPACE, _configuration(network.base_url))
            people = [number(10**6 + index) for index in range(calls)]
            network.switchboard.callees |= {one: Thinker(seen=seen) for one in people}
            gateway = psutil.Process(platform.parts["ivr-gateway"])
            before = gateway.memory_info().rss
            largest = await _call(platform, people, seen, gateway)
            heard = [entry for entry in network.ledger if getattr(entry, "by_provider", False)]
    cuts = quantiles(seen.took, n=100)
    figures = {
        "calls": calls,
        "at_a_time": seen.most,
        "documents": len(seen.took),
        "p50_ms": round(cuts[49] * 1e3, 1),
        "p99_ms": round(cuts[98] * 1e3, 1),
        "most_ms": round(max(seen.took) * 1e3, 1),
        "not_answered_200": sum(status != 200 for status in seen.statuses),
        "provider_s_own_voice": len(heard),
        "gateway_mb_before": round(before / 1e6),
        "gateway_mb_most": round(largest / 1e6),
    }
    print("  " + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
    return figures


async def _call(platform: Platform, people: list[str], seen: Seen, gateway: psutil.Process) -> int:
    """Tells of a call of each, waits until all of ours are over; the gateway's most bytes."""
    largest, began = 0, time.monotonic()
    for start in range(0, len(people), 50):
        events = [ended(one, line=LINE, queue="voice") for one in people[start : start + 50]]
        await tell(platform, WORKSPACE, events)
    while seen.over < len(people):
        if time.monotonic() - began > PATIENCE:
            raise RuntimeError(f"{seen.over} of {len(people)} calls were over, {seen.open} open")
        largest = max(largest, gateway.memory_info().rss)
        await asyncio.sleep(0.2)
    return largest


def _configuration(base_url: str) -> dict[str, Any]:
    return {
        "numbers": [{"number": LINE}],
        "accounts": [{
            "id": "bench-voice", "channel": "ivr", "provider": "twilio", "account_sid": SID,
            "auth_token": "env:AFTERCALL_SECRET_BENCH_TOKEN", "base_url": base_url,
            "in_flight": 100, "senders": [{"number": SENDER, "per_second": PLACED}],
        }],
        "flows": [{
            "id": "by-voice", "survey": "nps", "enabled": True, "priority": 10,
            "call_hours": "00:00-24:00", "when": {"queues": ["voice"]},
            "plan": [{"channel": "ivr"}],
        }],
    }  # fmt: skip
