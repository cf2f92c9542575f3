"""How long a workspace's calls wait for their verdict, alone and beside one at full speed.

The whole platform as it is deployed, a process for each service, on a real Kafka and a real
PostgreSQL. Calls of the one workspace are told one by one at an even rate; the time is from telling
to the published decision. The neighbour (`bench.neighbour`) is another tenant with keys of its own,
in a process that is nicer than ours: it has the same two processors here, as it would not have.
A workspace may tell what these two processors can bear beside others, as an operator would set it.
Alone and each neighbour take turns, and the calls of all turns of one are put together: what else
this machine does then falls upon all of them alike.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench import usage
from bench.events import ended, number
from bench.neighbour import KINDS, SECRET
from bench.neighbour import LINE as THEIR_LINE
from bench.running import WORKSPACE, Platform, configure, running
from bench.whole import HERE
from common.bus.kafka import KafkaBus
from common.events import decode
from common.events.decisions import Decision
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import DECISIONS

THEY = "loud"
ALONE = "alone"
TURNS = 4
THEIR_SENDERS = ("+13125550150",)
RATE = 40  # calls a second
SETTINGS = {"AFTERCALL_EVENTS_PER_SECOND": "50"}
WARM = 3.0  # seconds of each turn that do not count
PATIENCE = 60.0  # seconds for the last decision
_OURS = f'"workspace":"{WORKSPACE}"'.encode()


async def measure(
    server: Server, broker: Broker, folder: Path, *, lasts: float, code: Path = HERE
) -> dict[str, Any]:
    """p50 and p99 in milliseconds, alone and beside each neighbour, and their ratios to alone."""
    async with running(server, broker, folder, code, settings=SETTINGS) as platform:
        await configure(platform, THEY, THEIR_LINE, THEIR_SENDERS, source=THEY)
        ours, theirs = [await _key(platform, name) for name in (WORKSPACE, THEY)]
        bus = KafkaBus(broker.servers, namespace=platform.namespace)
        decided: dict[str, float] = {}
        reading = asyncio.create_task(_read(bus, decided))
        await asyncio.sleep(2.0)  # ingest looks once a second
        await _waits(platform, ours, decided, lasts=30.0)  # the broker compiles its code in it
        turns: dict[str, list[Turn]] = {name: [] for name in (ALONE, *KINDS)}
        for _ in range(TURNS):
            for kind, mine in turns.items():
                async with _neighbour(platform, kind, theirs) as said:
                    turn = await _waits(platform, ours, decided, lasts=lasts / TURNS)
                mine.append(replace(turn, said=said))
                await asyncio.sleep(3.0)  # what it left behind
        reading.cancel()
        await asyncio.wait([reading])
        await bus.close()
    figures = {name: _figures(name, mine) for name, mine in turns.items()}
    for name in KINDS:
        of_kind = figures[name]
        for cut in ("p50", "p99"):
            of_kind[f"{cut}_ratio"] = round(of_kind[f"{cut}_ms"] / figures[ALONE][f"{cut}_ms"], 2)
        print(f"  {name:>12}: p50 {of_kind['p50_ratio']}, p99 {of_kind['p99_ratio']} times alone")
    return figures


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds from telling to decision of each call, percents of a processor that each part used,

    and what the neighbour was answered a second, by status.
    """

    took: list[float]
    cpu: dict[str, int]
    said: dict[str, int] = field(default_factory=dict)


def _figures(name: str, turns: Sequence[Turn]) -> dict[str, Any]:
    took = [seconds for turn in turns for seconds in turn.took]
    cuts = quantiles(took, n=100)
    figures = {
        "p50_ms": round(cuts[49] * 1e3, 1),
        "p99_ms": round(cuts[98] * 1e3, 1),
        "p99_ms_of_each_turn": [round(quantiles(t.took, n=100)[98] * 1e3, 1) for t in turns],
        "calls": len(took),
        "cpu_percent_by_part": _mean([turn.cpu for turn in turns]),
        "neighbour_was_answered_a_second": _mean([turn.said for turn in turns]),
    }
    print(f"  {name:>12}: p50 {figures['p50_ms']:7} ms, p99 {figures['p99_ms']:7} ms of"
          f" {len(took)} calls, turns {figures['p99_ms_of_each_turn']};"
          f" CPU {figures['cpu_percent_by_part']};"
          f" answered {figures['neighbour_was_answered_a_second']}")  # fmt: skip
    return figures


def _mean(turns: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = sorted({name for turn in turns for name in turn})
    return {name: round(sum(turn.get(name, 0) for turn in turns) / len(turns)) for name in names}


async def _waits(platform: Platform, key: str, decided: dict[str, float], *, lasts: float) -> Turn:
    told: dict[str, float] = {}
    began = time.perf_counter()
    before = usage.cpu(platform.parts)
    async with asyncio.TaskGroup() as group:
        for index in range(int(RATE * (lasts + WARM))):
            wait = began + index / RATE - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            platform.callers += 1
            caller = number(platform.callers)
            told[caller] = time.perf_counter()
            group.create_task(_tell(platform, key, caller))
    seconds = time.perf_counter() - began
    used = usage.percents(before, usage.cpu(platform.parts), seconds)
    until = time.monotonic() + PATIENCE
    while missing := told.keys() - decided.keys():
        if time.monotonic() > until:
            raise RuntimeError(f"{len(missing)} of {len(told)} calls were not decided")
        await asyncio.sleep(0.1)
    took = [decided[caller] - at for caller, at in told.items() if at - began >= WARM]
    return Turn(took, used)


async def _tell(platform: Platform, key: str, caller: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{platform.ingest}/v1/events"
    async with platform.http.post(url, json=ended(caller), headers=headers) as answer:
        if answer.status != 202:
            raise RuntimeError(f"ingest says {answer.status}: {await answer.text()}")


async def _read(bus: KafkaBus, decided: dict[str, float]) -> None:
    async with bus.subscribe("bench-neighbours", [DECISIONS]) as subscription:
        while True:
            polled: Any = await subscription.poll(max_records=5_000, timeout=1.0)
            now = time.perf_counter()
            for records in polled.values():
                for record in records:
                    if _OURS in record.value:
                        made = decode(record.value, Decision).data.interaction
                        decided.setdefault(made.address or "", now)


async def _key(platform: Platform, workspace: str) -> str:
    url = f"{platform.orchestrator}/v1/keys?workspace={workspace}"
    body = {"name": "bench", "scopes": ["events:write"]}
    headers = {"Authorization": f"Bearer {platform.key}"}
    async with platform.http.post(url, json=body, headers=headers) as answer:
        if answer.status != 201:
            raise RuntimeError(f"no key: {await answer.text()}")
        made: str = (await answer.json())["key"]
        return made


@asynccontextmanager
async def _neighbour(platform: Platform, kind: str, key: str) -> AsyncIterator[dict[str, int]]:
    """Gives what it was answered a second, once it has ended. `kind` ALONE: there is none."""
    said: dict[str, int] = {}
    if kind == ALONE:
        yield said
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.neighbour", kind, platform.ingest, THEY, key),
        env={**os.environ, SECRET: platform.token},
        stdout=asyncio.subprocess.PIPE,
    )
    platform.parts["neighbour"] = process.pid
    try:
        await asyncio.sleep(1.0)
        yield said
    finally:
        del platform.parts["neighbour"]
        process.terminate()
        with suppress(TimeoutError):
            told, _ = await asyncio.wait_for(process.communicate(), 30.0)
            said |= json.loads(told.decode().splitlines()[-1])
