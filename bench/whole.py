"""From call end to the provider's request, through the whole platform as it is deployed.

Each service is a process of its own, with the commands and environment of `deploy/table.py`, on a
real Kafka and a real PostgreSQL; the sandbox is the provider. All share the machine. Calls come one
by one at an even rate, each of another caller, and every one of them is to be asked.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg

from bench import usage
from bench.events import ended, number
from bench.running import WORKSPACE, Platform, running
from common.testing.kafka import Broker
from common.testing.postgres import Server

HERE = Path(__file__).parent.parent
BROKER_WARM = (80, 30.0)  # calls a second, seconds
PATIENCE = 60.0  # seconds for the last asks of a rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`rates`: calls a second, one after the other; `warm` seconds of each do not count."""

    rates: tuple[int, ...] = (50, 100, 200)
    warm: float = 5.0
    lasts: float = 20.0
    replies: bool = False


async def measure(
    server: Server, broker: Broker, folder: Path, load: Load, *, code: Path = HERE
) -> dict[str, Any]:
    """Figures by rate. `code`: the checkout whose services run, with their own environment."""
    async with running(server, broker, folder, code, replies=load.replies) as platform:
        await _warm(platform)
        return {str(rate): await _at(platform, rate, load) for rate in load.rates}


async def _at(platform: Platform, rate: int, load: Load) -> dict[str, Any]:
    connection = await asyncpg.connect(platform.database)
    warm = await _feed(platform, rate, load.warm)
    before = await usage.look(platform.parts, connection, at=time.perf_counter())
    told = await _feed(platform, rate, load.lasts)
    after = await usage.look(platform.parts, connection, at=time.perf_counter())
    await connection.close()
    await _asked(platform, warm | told)
    took = [platform.asked[number] - at for number, at in told.items()]
    return _figures(rate, took, usage.between(before, after))


def _figures(rate: int, took: list[float], used: usage.Used) -> dict[str, Any]:
    cuts = quantiles(took, n=100)
    figures: dict[str, Any] = {
        "p50_ms": round(cuts[49] * 1e3, 1),
        "p99_ms": round(cuts[98] * 1e3, 1),
        "cpu_percent": round(used.percent),
        "cpu_ms_per_call": round(10 * used.percent / rate, 2),
        "transactions_per_call": round(used.transactions / rate, 1),
        "wal_kb_per_call": round(used.wal_bytes / rate / 1e3, 1),
        "cpu_percent_by_part": {name: round(100 * part) for name, part in used.cpu.items()},
    }
    parts = ", ".join(f"{name} {percent}" for name, percent in
                      figures["cpu_percent_by_part"].items())  # fmt: skip
    print(f"  {rate:4}/s  p50 {figures['p50_ms']:7,.1f} ms  p99 {figures['p99_ms']:7,.1f} ms")
    print(
        f"         CPU {figures['cpu_percent']} % of one core, without load and provider; a call:"
        f" {figures['cpu_ms_per_call']} ms, {figures['transactions_per_call']} transactions,"
        f" {figures['wal_kb_per_call']} kB of WAL"
    )
    print(f"         {parts}", flush=True)
    return figures


async def _feed(platform: Platform, rate: int, lasts: float) -> dict[str, float]:
    """Tells of calls for so many seconds; number -> UNIX time when it was told."""
    told: dict[str, float] = {}
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for index in range(int(rate * lasts)):
            wait = began + index / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            platform.callers += 1
            caller = number(platform.callers)
            told[caller] = time.time()
            group.create_task(_tell(platform, caller))
    return told


async def _tell(platform: Platform, caller: str) -> None:
    url = f"{platform.ingest}/v1/events?workspace={WORKSPACE}"
    headers = {"Authorization": f"Bearer {platform.key}"}
    async with platform.http.post(url, json=ended(caller), headers=headers) as answer:
        if answer.status != 202:
            raise RuntimeError(f"ingest says {answer.status}: {await answer.text()}")


async def _asked(platform: Platform, told: Mapping[str, float]) -> None:
    """Waits until the provider has been asked about everybody."""
    until = time.monotonic() + PATIENCE
    while missing := told.keys() - platform.asked.keys():
        if time.monotonic() > until:
            raise RuntimeError(f"{len(missing)} of {len(told)} calls were not asked about")
        url = f"{platform.provider}/control/ledger?entry=CreateRequest&since={platform.read}"
        async with platform.http.get(url) as answer:
            ledger = await answer.json()
        platform.read = ledger["next"]
        for entry in ledger["entries"]:
            at = datetime.fromisoformat(entry["at"]).timestamp()
            platform.asked.setdefault(entry["to"], at)
        await asyncio.sleep(0.2)


async def _warm(platform: Platform) -> None:
    """A first ask, however long consumers take to join their groups; then the broker's compiler.

    A broker that has just started needs half a core for compiling its own code, for half a minute.
    """
    await _asked(platform, await _feed(platform, 1, 1.0))
    await _asked(platform, await _feed(platform, *BROKER_WARM))
