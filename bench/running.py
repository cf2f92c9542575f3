"""The whole platform, each service a process of its own, and the sandbox as its provider."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
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
TOKEN = "env:AFTERCALL_SECRET_BENCH_TOKEN"
UNLIMITED = {"AFTERCALL_EVENTS_PER_SECOND": "100000"}
PEPPER = "the pepper of the bench"


@dataclass(slots=True, kw_only=True)
class Platform:
    """What runs. `parts`: process ids, by name."""

    urls: Mapping[str, str]  # by service
    namespace: str  # of topics
    key: str  # an operator's
    provider: str
    token: str  # the one secret that documents name
    parts: dict[str, int]
    database: str
    http: aiohttp.ClientSession
    callers: int = 0  # numbers used up
    read: int = 0  # of the provider's ledger
    asked: dict[str, float] = field(default_factory=dict)  # number -> UNIX time of its first ask

    @property
    def ingest(self) -> str:
        return self.urls["ingest"]

    @property
    def orchestrator(self) -> str:
        return self.urls["orchestrator"]


@asynccontextmanager
async def running(
    server: Server,
    broker: Broker,
    folder: Path,
    code: Path,
    *,
    replies: bool = False,
    public: str = "sms-sender",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Platform]:
    """Everything started and configured. `replies`: people answer what they are asked.

    `public`: the sender that providers reach; `settings`: further ones of every service.
    """
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
        "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{ports[public]}",
        "AFTERCALL_LOG_LEVEL": "WARNING",
        "AFTERCALL_SECRET_BENCH_TOKEN": secrets.token_hex(16),
        **settings,
    }
    programs = code / ".venv" / "bin"
    async with AsyncExitStack() as end:
        for job in table.JOBS:
            await _run(installed(job.command, programs=programs), environment, cwd=code)
        made = await _run(
            installed(("aftercall", "keys", "create", "bench", "--scope", "admin"),
                      programs=programs), environment, cwd=code)  # fmt: skip
        provider = await _provider(end, environment, ports["sms-sender"], replies=replies)
        processes = _started(end, folder, environment, ports, programs)
        await asyncio.gather(*(process.ready() for process in processes.values()))
        http = await end.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        parts = {name: one.popen.pid for name, one in processes.items() if one.popen}
        assert broker.pid is not None
        assert server.pid is not None
        platform = Platform(
            urls={name: one.url for name, one in processes.items()},
            namespace=f"{name}.",
            key=_key_in(made),
            provider=provider.url,
            token=environment["AFTERCALL_SECRET_BENCH_TOKEN"],
            parts=parts | {"kafka": broker.pid, "postgres": server.pid,
                           "provider": provider.pid, usage.LOAD: os.getpid()},
            database=server.url(name),
            http=http,
        )  # fmt: skip
        await configure(platform, WORKSPACE, LINE, SENDERS)
        await asyncio.sleep(2.0)  # ingest looks once a second
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


async def configure(
    platform: Platform,
    workspace: str,
    line: str,
    senders: Sequence[str],
    *,
    source: str | None = None,
) -> None:
    """A workspace whose callers are all to be asked by NPS. `source`: a vendor's, if any."""
    question = {
        "id": "score",
        "kind": "rating",
        "scale": [0, 10],
        "text": {"en": "{brand}: how likely are you to recommend us? Reply 0 to 10."},
    }
    body = {
        "workspaces": [{"id": workspace, "name": "Bench", "daily_ceiling": 10**9}],
        "numbers": [{"number": line}],
        "sources": [{"id": source, "vendor": "aircall", "secrets": [TOKEN]}] if source else [],
        "accounts": [{
            "id": f"{workspace}-carrier", "account_sid": SID,
            "auth_token": TOKEN,
            "base_url": platform.provider, "in_flight": 500,
            "senders": [{"number": number, "per_second": 500} for number in senders],
        }],
        "surveys": [{"id": "nps", "metric": "nps", "questions": [question]}],
        "flows": [{"id": "nps", "survey": "nps", "enabled": True, "when": {"queues": ["billing"]}}],
    }  # fmt: skip
    await put(platform, workspace, body)


async def put(platform: Platform, workspace: str, body: Mapping[str, Any]) -> None:
    """Adds documents to the workspace's configuration, or changes them."""
    url = f"{platform.orchestrator}/v1/config?workspace={workspace}"
    headers = {"Authorization": f"Bearer {platform.key}"}
    async with platform.http.put(url, json=body, headers=headers) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"the configuration is refused: {await answer.text()}")


async def tell(platform: Platform, workspace: str, events: Sequence[Mapping[str, Any]]) -> None:
    """Of calls that ended, in one request."""
    url = f"{platform.ingest}/v1/events?workspace={workspace}"
    headers = {
        "Authorization": f"Bearer {platform.key}",
        "Content-Type": "application/cloudevents-batch+json",
    }
    async with platform.http.post(url, data=json.dumps(events), headers=headers) as answer:
        if answer.status != 202:
            raise RuntimeError(f"ingest says {answer.status}: {await answer.text()}")
