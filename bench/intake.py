"""Calls by HTTP, a request each: our ingest beside the least that would do (`bench.minimal`).

Both are one process on the same broker and take turns; the load has a process of its own. A turn
gives requests a second and the CPU that the server used for each. Ours is asked in two ways: a
CloudEvent with a key, and a body of Aircall with the secret of its source.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil

import ingest.app
from aftercall.keys import first_key
from bench.events import LINE, PEPPER, WORKSPACE, configuration, ended, number
from bench.turns import Given, create
from common.bus.kafka import KafkaBus
from common.config.store import Document
from common.database import Database
from common.process.service import upgrade
from common.testing.kafka import Broker
from common.testing.ports import free_port
from common.testing.postgres import Server
from common.topics import partitions

CONNECTIONS = 64  # open at once, a request each at a time
WARM, LASTS = 2.0, 8.0  # seconds
ROUNDS = 5
SECRET = "the secret of the bench"
AIRCALL = Document(
    workspace=WORKSPACE,
    kind="source",
    id="bench-aircall",
    body={
        "id": "bench-aircall",
        "vendor": "aircall",
        "secrets": ["env:AFTERCALL_SECRET_BENCH_SOURCE"],
    },
)
Body = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Where requests go, and what they are. `head`: lines of HTTP, but for the length."""

    name: str
    port: int
    process: psutil.Process
    head: str
    body: Body


async def measure(server: Server, broker: Broker, folder: Path) -> dict[str, Any]:
    """Medians by contender; `*_ratio`: requests a second, and CPU, against the minimal one."""
    url, key = await _prepared(server)
    bus = KafkaBus(broker.servers, namespace="intake.")
    await bus.create_topics(partitions() | {"minimal": 12})
    await bus.close()
    environment = os.environ | {
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": broker.servers,
        "AFTERCALL_KAFKA_NAMESPACE": "intake.",
        "AFTERCALL_DATABASE_URL": url,
        "AFTERCALL_CONTACT_PEPPER": PEPPER.decode(),
        "AFTERCALL_PUBLIC_URL": "http://127.0.0.1:1",
        "AFTERCALL_LOG_LEVEL": "INFO",  # as it is run: a line for each call
        "AFTERCALL_EVENTS_PER_SECOND": "100000",
        "AFTERCALL_SECRET_BENCH_SOURCE": SECRET,
    }
    ports = free_port(), free_port()
    environment["AFTERCALL_INTERNAL_PORT"] = str(free_port())
    ours = ("common.process", "ingest.app:app", "--port", str(ports[0]))
    least = ("bench.minimal", str(ports[1]), broker.servers, "intake.minimal", key)
    with (folder / "intake.log").open("wb") as log:
        started = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", *words, env=environment, stdout=log, stderr=log
            )
            for words in (ours, least)
        ]
        try:
            return await _turns(_contenders(ports, [one.pid for one in started], key))
        finally:
            for one in started:
                if one.returncode is None:
                    one.terminate()
                await one.wait()


async def _prepared(server: Server) -> tuple[str, str]:
    """A database with the workspace in it; its URL, and an operator's key."""
    url = server.url("intake")
    await create(server, "intake", Given(messages=(), documents=[*configuration(), AIRCALL]))
    await upgrade(url, [ingest.app.service])
    db = await Database.connect(url)
    key = await first_key(db)
    await db.close()
    assert key is not None
    return url, key


def _contenders(ports: tuple[int, int], pids: list[int], key: str) -> list[Contender]:
    processes = [psutil.Process(pid) for pid in pids]
    by_key = f"Authorization: Bearer {key}\r\nContent-Type: application/cloudevents+json"
    events = f"POST /v1/events?workspace={WORKSPACE} HTTP/1.1\r\nHost: bench\r\n{by_key}"
    place = f"/v1/sources/{AIRCALL.id}/calls/{SECRET.replace(' ', '%20')}"
    calls = f"POST {place} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json"
    mine: dict[str, Any] = {"port": ports[0], "process": processes[0]}
    return [
        Contender(
            name="minimal", port=ports[1], process=processes[1], head=events, body=_cloudevent
        ),
        Contender(name="cloudevent", head=events, body=_cloudevent, **mine),
        Contender(name="aircall", head=calls, body=_aircall, **mine),
    ]


def _cloudevent(index: int) -> bytes:
    return json.dumps(ended(number(index))).encode()


def _aircall(index: int) -> bytes:
    now = int(datetime.now(UTC).timestamp())
    data = {
        "id": index,
        "direction": "inbound",
        "status": "done",
        "missed_call_reason": None,
        "started_at": now - 120,
        "answered_at": now - 110,
        "ended_at": now,
        "duration": 120,
        "raw_digits": number(index),
        "number": {"id": 1, "name": "billing", "digits": LINE, "country": "US"},
        "user": {"id": 7, "name": "Ada Example", "email": "ada@example.com"},
        "teams": [{"id": 3, "name": "billing"}],
        "tags": [],
        "comments": [],
    }
    told = {"resource": "call", "event": "call.ended", "timestamp": now, "token": "", "data": data}
    return json.dumps(told).encode()


async def _turns(contenders: list[Contender]) -> dict[str, Any]:
    rates: dict[str, list[float]] = {one.name: [] for one in contenders}
    costs: dict[str, list[float]] = {one.name: [] for one in contenders}
    callers = count(1)
    for one in contenders:
        await _answers(one, callers)
    for turn in range(1 + ROUNDS):
        for one in contenders:
            rate, cost = await _turn(one, callers)
            print(
                f"  {one.name:>10} {rate:8,.0f} requests/s  {cost:6.0f} us of CPU each", flush=True
            )
            if turn:  # the first warms the broker
                rates[one.name].append(rate)
                costs[one.name].append(cost)
    told: dict[str, Any] = {f"{name}_per_second": round(median(r)) for name, r in rates.items()}
    told |= {f"{name}_cpu_us": round(median(cost)) for name, cost in costs.items()}
    for name in ("cloudevent", "aircall"):
        by_rate = (a / b for a, b in zip(rates[name], rates["minimal"], strict=True))
        by_cost = (b / a for a, b in zip(costs[name], costs["minimal"], strict=True))
        told[f"{name}_ratio"] = round(median(by_rate), 3)
        told[f"{name}_cpu_ratio"] = round(median(by_cost), 3)
    return told


async def _answers(one: Contender, callers: "count[int]") -> None:
    """Once it does: it has started, and knows its configuration."""
    until = time.monotonic() + 60
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            status = await _ask(reader, writer, one, next(callers))
            writer.close()
            if status == 202:
                return
        except OSError:
            status = 0
        if time.monotonic() > until:
            raise RuntimeError(f"{one.name} answers {status}")
        await asyncio.sleep(0.2)


async def _turn(one: Contender, callers: "count[int]") -> tuple[float, float]:
    """Requests a second, and microseconds of the server's CPU for each."""
    await _load(one, callers, WARM)
    used = sum(one.process.cpu_times()[:2])
    began = time.perf_counter()
    done = await _load(one, callers, LASTS)
    passed = time.perf_counter() - began
    return done / passed, 1e6 * (sum(one.process.cpu_times()[:2]) - used) / done


async def _load(one: Contender, callers: "count[int]", lasts: float) -> int:
    """How many were taken."""
    until = time.perf_counter() + lasts

    async def caller() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        done = 0
        while time.perf_counter() < until:
            if (status := await _ask(reader, writer, one, next(callers))) != 202:
                raise RuntimeError(f"{one.name} answers {status}")
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(caller() for _ in range(CONNECTIONS))))


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one: Contender, index: int
) -> int:
    """The status of one request on a connection that stays open."""
    body = one.body(index)
    writer.write(f"{one.head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r")[0] or 0)
    await reader.readexactly(length)
    return int(head[9:12])
