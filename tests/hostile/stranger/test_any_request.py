"""Schemathesis against every operation of every document, at processes as they are deployed.

Whatever the request and whoever the caller, the answer is one that the document has, and no 5xx but
a 503. Afterwards the platform still asks.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from common import http
from common.database import Database
from orchestrator.service.configuration.keys import create_key
from sandbox.carrier import Carrier
from sandbox.serving import serve
from tests.contracts.written import CONTRACTS, DOCUMENTS
from tests.e2e.stack import stack
from tests.e2e.world import SECRETS, SOURCE_SECRET, Tenant, World, new_database

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PROGRAM = str(Path(sys.executable).with_name("st"))
WORKSPACE = "fuzzed"
ERRORS = {str(status) for status in range(500, 600)} - {"503"}
AT_ONCE = 2  # as many as CI has cores
# Whose key, and how much is tried. Coverage is every bound of every parameter, one by one: with the
# key that comes furthest.
TRIES = {
    "workspace": ("examples,coverage,fuzzing", 5),
    "operator": ("examples,fuzzing", 5),
    "nobody": ("fuzzing", 2),
}

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("any_request"),
]


@dataclass(frozen=True)
class Fuzzed:
    """The platform, a workspace with calls and asks, and the keys by whose they are."""

    world: World
    tenant: Tenant
    keys: Mapping[str, str | None]
    known: Mapping[str, str]

    async def schemathesis(self, service: str, caller: str) -> str:
        """What it printed, when it found anything; else nothing."""
        phases, examples = TRIES[caller]
        key = self.keys[caller]
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "--config-file", str(CONFIGURATION), "run"),
            str(CONTRACTS / f"openapi/{service}.json"),
            *("--url", self.world.stack.url(service), "--no-color"),
            *("--phases", phases, "--max-examples", str(examples)),
            *(("--header", f"Authorization: Bearer {key}") if key else ()),
            cwd=self.world.stack.folder,  # where it keeps what it remembers
            env={**os.environ, **self.known},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        text = out.decode(errors="replace")
        assert process.returncode in (0, 1), text  # else it could not run
        return f"{service}:\n{text}" if process.returncode else ""

    async def failures(self) -> dict[str, float]:
        """Requests that were answered 5xx, but not 503, by service, route and status."""
        found = {}
        for process in self.world.stack.all():
            answer = await self.world.http.get(f"{process.internal_url}/metrics")
            for family in text_string_to_metric_families(answer.text):
                for sample in family.samples:
                    status = sample.labels.get("status", "")
                    if sample.name == "aftercall_http_request_seconds_count" and status in ERRORS:
                        found[f"{process.service} {sample.labels['route']} {status}"] = sample.value
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fuzzed(
    kafka_servers: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fuzzed]:
    database, namespace = await new_database(postgres_url), f"f{uuid4().hex[:12]}."
    async with (
        stack(
            tmp_path_factory.mktemp("fuzzed"),
            kafka=kafka_servers,
            namespace=namespace,
            database=database,
            secrets=SECRETS,
            more={"AFTERCALL_REQUESTS_PER_SECOND": "100000"},
        ) as running,
        serve(Carrier, accounts={}, webhook_tries=5) as carrier,
        http.client(timeout=30.0, answer=2**26) as client,
    ):
        await asyncio.gather(*(running.start(service) for service in DOCUMENTS))
        db = await Database.connect(database, size=2)
        keys: dict[str, str | None] = {"nobody": None}
        async with db.transaction() as connection:
            for name, workspace in (("operator", None), ("workspace", WORKSPACE)):
                keys[name] = await create_key(
                    connection, name=name, scopes=["admin"], workspace=workspace
                )
        key = str(keys["operator"])
        world = World(running, carrier, db, client, key, kafka_servers, namespace)
        tenant = await world.tenant(WORKSPACE)
        await tenant.ends("call-1", "+12025550101")
        await tenant.quiet(calls=1)
        yield Fuzzed(world, tenant, keys, await _known(tenant))
        await db.close()


async def _known(tenant: Tenant) -> dict[str, str]:
    """What schemathesis.toml names."""
    (ask,) = await tenant.rows(
        "select id, interaction_id, contact_id from orchestrator.invitations where workspace = $1"
    )
    (send,) = await tenant.rows("select id from sms_sender.sends where workspace = $1")
    return {
        "FUZZ_WORKSPACE": tenant.name,
        "FUZZ_SECRET": SOURCE_SECRET,
        "FUZZ_INTERACTION": str(ask["interaction_id"]),
        "FUZZ_INVITATION": str(ask["id"]),
        "FUZZ_CONTACT": str(ask["contact_id"]),
        "FUZZ_SEND": str(send["id"]),
    }


@pytest.mark.parametrize("caller", TRIES)
async def test_no_request_is_answered_but_as_the_documents_say(fuzzed: Fuzzed, caller: str) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def run(service: str) -> str:
        async with room:
            return await fuzzed.schemathesis(service, caller)

    found = "\n".join(await asyncio.gather(*(run(service) for service in DOCUMENTS))).strip()

    assert not found, found
    assert await fuzzed.failures() == {}
    await _still_asks(fuzzed)


async def _still_asks(fuzzed: Fuzzed) -> None:
    """Another workspace, whose configuration nobody tried to change."""
    assert all(process.running for process in fuzzed.world.stack.all())
    other = await fuzzed.world.tenant(f"other-{uuid4().hex[:8]}")
    await other.ends("call-1", "+12025550102")
    funnel = await other.quiet(calls=1)
    assert funnel["asked"] == 1
