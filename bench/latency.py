"""From event to published decision, at a given load: the time a call waits for its verdict.

Load and reading are in this process, the orchestrator is in its own; one clock for both ends.
"""

import asyncio
import sys
import time
from statistics import quantiles
from typing import Any

from bench.events import interactions
from common.bus import Message
from common.bus.kafka import KafkaBus
from common.events import decode
from common.events.calls import Interaction
from common.events.decisions import Decision
from common.topics import DECISIONS

SLICE = 0.02  # seconds between two sends: as a few busy ingests write together
WARM = 3.0  # seconds that do not count


async def measure(
    servers: str, url: str, namespace: str, *, rate: float, lasts: float
) -> dict[str, float]:
    """p50 and p99 in milliseconds of `rate` events a second over `lasts` seconds."""
    messages = list(interactions(int(rate * (lasts + WARM)), seed=99))
    names = [str(decode(m.value or b"", Interaction).data.id) for m in messages]
    ours = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.ours", servers, url, namespace, str(len(messages))),
        stdout=asyncio.subprocess.DEVNULL,
    )
    bus = KafkaBus(servers, namespace=namespace)
    try:
        seen: dict[str, float] = {}
        reading = asyncio.create_task(_read(bus, len(messages), seen))
        await bus.publish(messages[:1])
        while not seen:  # noqa: ASYNC110 - until the orchestrator is up
            await asyncio.sleep(0.05)
        sent = await _send(bus, messages[1:], names[1:], rate=rate)
        await asyncio.wait_for(reading, 60)
    finally:
        await ours.wait()
        await bus.close()
    began = min(sent.values())
    took = [seen[name] - at for name, at in sent.items() if at - began > WARM]
    cuts = quantiles(took, n=100)
    return {"p50_ms": round(cuts[49] * 1e3, 1), "p99_ms": round(cuts[98] * 1e3, 1)}


async def _send(
    bus: KafkaBus, messages: list[Message], names: list[str], *, rate: float
) -> dict[str, float]:
    sent: dict[str, float] = {}
    began = time.perf_counter()
    while len(sent) < len(messages):
        now = time.perf_counter()
        due = min(len(messages), int((now - began) * rate) + 1)
        part = slice(len(sent), due)
        sent |= dict.fromkeys(names[part], now)
        await bus.publish(messages[part])
        await asyncio.sleep(SLICE)
    return sent


async def _read(bus: KafkaBus, count: int, seen: dict[str, float]) -> None:
    async with bus.subscribe("bench", [DECISIONS]) as subscription:
        while len(seen) < count:
            polled: Any = await subscription.poll(max_records=5_000, timeout=1.0)
            now = time.perf_counter()
            for records in polled.values():
                for record in records:
                    seen[str(decode(record.value, Decision).data.interaction.id)] = now
