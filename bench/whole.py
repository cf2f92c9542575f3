"""From call end to the provider's request, through the whole platform as it is deployed.

Each service is a process of its own, with the commands and environment of `deploy/table.py`, on a
real Kafka and a real PostgreSQL; the sandbox is the provider. All share the machine. Calls come one
by one at an even rate, each of another caller, and every one of them is to be asked.
"""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp
import asyncpg

from bench import usage
from common.testing.kafka import Broker
from common.testing.ports import free_port
from common.testing.postgres import Server
from deploy import table
from tests.e2e.stack import Process, installed

WORKSPACE = "bench"
SID = "ACbe000000000000000000000000000000"
SENDERS = tuple(f"+1646555{number:04}" for number in range(150, 154))
LINE = "+12025550190"
PEPPER = "the pepper of the bench"
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


@dataclass(slots=True, kw_only=True)
class Platform:
    """What runs. `parts`: process ids, by name."""

    ingest: str
    key: str
    provider: str
    parts: dict[str, int]
    database: str
    http: aiohttp.ClientSession
    callers: int = 0  # numbers used up
    read: int = 0  # of the provider's ledger
    asked: dict[str, float] = field(default_factory=dict)  # number -> UNIX time of its first ask


async def measure(
    server: Server, broker: Broker, folder: Path, load: Load, *, code: Path = HERE
) -> dict[str, Any]:
    """Figures by rate. `code`: the checkout whose services run, with their own environment."""
    async with _running(server, broker, folder, load, code) as platform:
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
    figures = {
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
            number = f"+1{212 + platform.callers // 10_000}555{platform.callers % 10_000:04}"
            told[number] = time.time()
            group.create_task(_tell(platform, number))
    return told


async def _tell(platform: Platform, number: str) -> None:
    event = {
        "specversion": "1.0",
        "id": f"ended-{number}",
        "source": "/pbx/bench",
        "type": "interaction.ended.v1",
        "data": {
            "id": number,
            "kind": "call",
            "ending": "connected",
            "address": number,
            "ended_at": datetime.now(UTC).isoformat(),
            "direction": "inbound",
            "our_number": LINE,
            "queue": "billing",
            "talk_seconds": 60,
        },
    }
    url = f"{platform.ingest}/v1/events?workspace={WORKSPACE}"
    headers = {"Authorization": f"Bearer {platform.key}"}
    async with platform.http.post(url, json=event, headers=headers) as answer:
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


@asynccontextmanager
async def _running(
    server: Server, broker: Broker, folder: Path, load: Load, code: Path
) -> AsyncIterator[Platform]:
    """Everything started and configured, and a first ask gone out."""
    name = f"whole_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(server.url())
    await admin.execute(f"create database {name}")
    await admin.close()
    ports = {service.name: free_port() for service in table.SERVICES}
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")},
        "PYTHONDONTWRITEBYTECODE": "",  # whatever the shell says: else each start compiles all
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": broker.servers,
        "AFTERCALL_KAFKA_NAMESPACE": f"{name}.",
        "AFTERCALL_DATABASE_URL": server.url(name),
        "AFTERCALL_CONTACT_PEPPER": PEPPER,
        "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{ports['sms-sender']}",
        "AFTERCALL_LOG_LEVEL": "WARNING",
        "AFTERCALL_SECRET_BENCH_TOKEN": secrets.token_hex(16),
    }
    programs = code / ".venv" / "bin"
    async with AsyncExitStack() as end:
        for job in table.JOBS:
            await _run(installed(job.command, programs=programs), environment, cwd=code)
        made = await _run(
            installed(("aftercall", "keys", "create", "bench", "--scope", "admin"),
                      programs=programs), environment, cwd=code)  # fmt: skip
        provider = await _provider(end, environment, ports["sms-sender"], replies=load.replies)
        processes = _started(end, folder, environment, ports, programs)
        await asyncio.gather(*(process.ready() for process in processes.values()))
        http = await end.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        parts = {name: one.popen.pid for name, one in processes.items() if one.popen}
        assert broker.pid is not None
        assert server.pid is not None
        platform = Platform(
            ingest=processes["ingest"].url,
            key=_key_in(made),
            provider=provider.url,
            parts=parts | {"kafka": broker.pid, "postgres": server.pid,
                           "provider": provider.pid, usage.LOAD: os.getpid()},
            database=server.url(name),
            http=http,
        )  # fmt: skip
        await _configure(platform, processes["orchestrator"].url)
        await _warm(platform)
        yield platform


@dataclass(frozen=True, slots=True)
class _Provider:
    url: str
    pid: int


async def _provider(
    end: AsyncExitStack, environment: Mapping[str, str], port: int, *, replies: bool
) -> _Provider:
    """The sandbox of this checkout, whatever the services' is."""
    command = [
        *(
            sys.executable,
            "-m",
            "sandbox",
            "--account",
            f"{SID}:{environment['AFTERCALL_SECRET_BENCH_TOKEN']}",
        ),
        "--inbound-url",
        f"http://127.0.0.1:{port}/v1/sms/callbacks/bench-carrier/inbound",
        *(() if replies else ("--no-callers",)),
    ]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    end.push_async_callback(process.wait)
    end.callback(process.terminate)
    assert process.stdout is not None
    return _Provider((await process.stdout.readline()).decode().strip(), process.pid)


def _started(
    end: AsyncExitStack,
    folder: Path,
    environment: Mapping[str, str],
    ports: Mapping[str, int],
    programs: Path,
) -> dict[str, Process]:
    found = {}
    for name, port in ports.items():
        process = Process(name, port, folder / f"{name}.log", environment, programs=programs)
        process.start()
        end.push_async_callback(process.stop)
        found[name] = process
    return found


async def _run(command: list[str], environment: Mapping[str, str], *, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{said.decode()}")
    return said.decode()


def _key_in(said: str) -> str:
    return max(said.split(), key=len)


async def _configure(platform: Platform, orchestrator: str) -> None:
    question = {
        "id": "score",
        "kind": "rating",
        "scale": [0, 10],
        "text": {"en": "{brand}: how likely are you to recommend us? Reply 0 to 10."},
    }
    body = {
        "workspaces": [{"id": WORKSPACE, "name": "Bench", "daily_ceiling": 10**9}],
        "numbers": [{"number": LINE}],
        "accounts": [{
            "id": "bench-carrier", "account_sid": SID,
            "auth_token": "env:AFTERCALL_SECRET_BENCH_TOKEN",
            "base_url": platform.provider, "in_flight": 500,
            "senders": [{"number": number, "per_second": 500} for number in SENDERS],
        }],
        "surveys": [{"id": "nps", "metric": "nps", "questions": [question]}],
        "flows": [{"id": "nps", "survey": "nps", "enabled": True, "when": {"queues": ["billing"]}}],
    }  # fmt: skip
    url = f"{orchestrator}/v1/config?workspace={WORKSPACE}"
    headers = {"Authorization": f"Bearer {platform.key}"}
    async with platform.http.put(url, json=body, headers=headers) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"the configuration is refused: {await answer.text()}")
    await asyncio.sleep(2.0)  # ingest looks once a second


async def _warm(platform: Platform) -> None:
    """A first ask, however long consumers take to join their groups; then the broker's compiler.

    A broker that has just started needs half a core for compiling its own code, for half a minute.
    """
    await _asked(platform, await _feed(platform, 1, 1.0))
    await _asked(platform, await _feed(platform, *BROKER_WARM))
