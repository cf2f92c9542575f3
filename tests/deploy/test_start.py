"""The whole platform from the table, as separate processes: from an empty database to a score."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common import http
from common.testing.ports import free_port
from deploy import table
from deploy.__main__ import ROOT
from tests.e2e.commands import aftercall
from tests.e2e.stack import Stack, installed, stack
from tests.e2e.world import event, new_database, serving, until

TOKEN = "the-token-of-the-sandbox-here"
WORKSPACE = "try"  # of deploy/sandbox.yaml
CALLS = 8

pytestmark = pytest.mark.e2e


async def test_from_an_empty_database_to_a_score(
    kafka_servers: str, postgres_url: str, tmp_path: Path
) -> None:
    async with (
        stack(
            tmp_path,
            kafka=kafka_servers,
            namespace=f"s{uuid4().hex[:12]}.",
            database=await new_database(postgres_url),
            secrets={table.SANDBOX_TOKEN.name: TOKEN},
        ) as running,
        _sandbox(running) as carrier,
        http.client(timeout=30.0, answer=2**26) as client,
    ):
        await asyncio.gather(*(running.start(service.name) for service in table.SERVICES))
        await _are_healthy(running, client)
        key = await _configured(running, carrier, tmp_path)
        asking = {"Authorization": f"Bearer {key}"}

        for number in range(CALLS):
            answer = await client.post(
                _url(running, "/v1/events"),
                params={"workspace": WORKSPACE},
                json=event(f"call-{number}", f"+1202555010{number}"),
                headers=asking,
            )
            assert answer.status_code == 202, answer.text

        truth = await until(lambda: _truth(client, carrier))
        assert truth

        async def scored() -> Any:
            found = await client.get(
                _url(running, "/v1/scores"), params={"workspace": WORKSPACE}, headers=asking
            )
            (csat,) = (s for s in found.json()["scores"] if s["metric"] == "csat")
            return csat if csat["n"] == len(truth["scores"]["csat"]) else None

        csat = await until(scored)
        happy = sum(score >= 4 for score in truth["scores"]["csat"])
        assert csat["value"] == pytest.approx(100 * happy / csat["n"])


def _url(running: Stack, path: str) -> str:
    """As the gateway and the ingress find it."""
    return running.url(serving(path)) + path


async def _are_healthy(running: Stack, client: httpx.AsyncClient) -> None:
    for process in running.all():
        for path in (table.LIVE, table.READY, table.METRICS, table.OPENAPI):
            answer = await client.get(process.internal_url + path)
            assert answer.status_code == 200, process.service
            assert (await client.get(process.url + path)).status_code == 404, process.service


async def _configured(running: Stack, carrier: str, folder: Path) -> str:
    """By the operator's commands; the first key."""
    file = folder / "sandbox.yaml"
    known = (ROOT / "deploy" / "sandbox.yaml").read_text("utf-8")
    file.write_text(known.replace(f"http://{table.SANDBOX}:{table.PORT}", carrier))
    made = await aftercall(
        *("keys", "create", "first", "--scope", "admin"), environment=running.environment
    )
    key = made.text.strip().splitlines()[-1]
    environment = {
        **running.environment,
        "AFTERCALL_KEY": key,
        "AFTERCALL_URL": running.url(serving("/v1/config")),
    }
    applied = await aftercall("apply", str(file), environment=environment)
    assert applied.status == 0, applied.text
    return key


async def _truth(client: httpx.AsyncClient, carrier: str) -> Mapping[str, Any] | None:
    """What the carrier knows, once somebody has answered every ask that is ever answered."""
    ledger = (await client.get(f"{carrier}/control/ledger?entry=Reply")).json()
    truth: Mapping[str, Any] = (await client.get(f"{carrier}/control/truth")).json()
    done = truth["asked"] == CALLS and truth["answered"] and not ledger["pending"]
    return truth if done else None


@asynccontextmanager
async def _sandbox(running: Stack) -> AsyncIterator[str]:
    """A process as in docker-compose; its address."""
    command = table.sandbox(
        host="127.0.0.1",
        port=free_port(),
        token=TOKEN,
        public_url=running.environment["AFTERCALL_PUBLIC_URL"],
    )
    process = await asyncio.create_subprocess_exec(
        *installed(command), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.communicate()
