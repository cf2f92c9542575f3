"""One workspace with its lines and sources: as values for pure tests, and in a running ingest."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from common import topics
from common.bus import Record
from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.config.store import Document, save
from common.database import Database
from common.events import decode
from common.events.calls import Interaction
from common.process.access import key_hash
from common.process.runtime import Runtime
from sandbox.server import listen
from tests.contracts.conforming import conforming

CONTRACT = {"response": [conforming("ingest")]}
LINE = {"number": "+12025550190", "site": "Washington", "region": "East"}
WORKSPACE = {"id": "acme", "name": "Acme"}
SECRET = "the-secret-of-the-tests"
HOOKS = ["env:AFTERCALL_SECRET_ACME_HOOK", "env:AFTERCALL_SECRET_ACME_NEXT_HOOK"]
HOOK, NEXT_HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "c2VjcmV0" * 4
SOURCES: Sequence[dict[str, Any]] = (
    {"id": "acme-aircall", "vendor": "aircall"},
    {
        "id": "acme-signed",
        "vendor": "aircall",
        "signing_secrets": ["env:AFTERCALL_SECRET_ACME_TOKEN"],
    },
    {"id": "acme-freeswitch", "vendor": "freeswitch"},
    {
        "id": "acme-myoperator",
        "vendor": "myoperator",
        "signing_secrets": ["env:AFTERCALL_SECRET_ACME_TOKEN"],
    },
    {"id": "acme-pbx", "vendor": "mapped-json"},
    {"id": "acme-parts", "vendor": "mapped-json", "settle": "1s"},
    {
        "id": "acme-bus",
        "vendor": "cloudevents",
        "signing_secrets": ["env:AFTERCALL_SECRET_ACME_HOOK"],
    },
    {"id": "acme-hooks", "vendor": "mapped-json", "signing_secrets": HOOKS},
    {"id": "acme-hooked-parts", "vendor": "mapped-json", "settle": "1s", "signing_secrets": HOOKS},
    {
        "id": "acme-zoom",
        "vendor": "mapped-json",
        "handshake": "zoom",
        "signing_secrets": ["env:AFTERCALL_SECRET_ACME_ZOOM"],
    },
    {"id": "acme-ringcentral", "vendor": "mapped-json", "handshake": "ringcentral"},
    {"id": "acme-locked", "vendor": "mapped-json", "secrets": ["env:NOBODY_SET_THIS"]},
)
OTHERS_SOURCES: Sequence[dict[str, Any]] = (
    {"id": "other-parts", "vendor": "mapped-json", "settle": "1s"},
    {"id": "other-hooks", "vendor": "mapped-json", "signing_secrets": HOOKS},
)


@pytest.fixture
def workspace() -> WorkspaceConfig:
    return WorkspaceConfig(
        workspace=parse_document("workspace", WORKSPACE),
        numbers={LINE["number"]: parse_document("number", LINE)},
    )


@pytest.fixture
def migrations() -> Sequence[Any]:
    return ("common.bus", ("config", "common.config"), "ingest")


@dataclass(frozen=True, slots=True)
class Running:
    """A running ingest as its users see it."""

    http: httpx.AsyncClient
    runtime: Runtime

    async def arrived(self, topic: str, count: int) -> list[Record]:
        """The first so many records of a topic; waits for them, some seconds at most."""
        found: list[Record] = []
        async with self.runtime.bus.subscribe("tests", [topic]) as subscription:
            for _ in range(100):
                records = await subscription.poll(max_records=500, timeout=0.1)
                for partition, batch in records.items():
                    found += batch
                    await subscription.commit({partition: batch[-1].offset + 1})
                if len(found) >= count:
                    return found
        raise AssertionError(f"{len(found)} of {count} records arrived on {topic}")


@pytest.fixture
async def ingest(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """The real application on a database of this test, with the workspace above applied."""
    monkeypatch.setenv("AFTERCALL_DATABASE_URL", database_url)
    monkeypatch.setenv("AFTERCALL_CONTACT_PEPPER", "the pepper of the tests")
    monkeypatch.delenv("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_SECRET", SECRET)
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_NEXT_SECRET", f"{SECRET}-next")
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_TOKEN", "made-up-token")
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_ZOOM", "zoomsecrettoken")
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_HOOK", HOOK)
    monkeypatch.setenv("AFTERCALL_SECRET_ACME_NEXT_HOOK", NEXT_HOOK)
    await _configure(database)
    async with running() as started:
        yield started


@dataclass(frozen=True, slots=True)
class Listening:
    """The running ingest on a real socket."""

    url: str
    client: httpx.AsyncClient
    ingest: Running

    async def post(
        self, body: bytes, headers: dict[str, str], query: str = "", *, key: bool = True
    ) -> httpx.Response:
        """To `/v1/events`, by default with the workspace's API key."""
        given = {"authorization": "Bearer ac_acme_the-key"} if key else {}
        url = f"{self.url}/v1/events{query}"
        return await self.client.post(url, content=body, headers=given | headers)

    async def published(self, count: int) -> dict[str, Interaction]:
        """By the source's own name for the call."""
        records = await self.ingest.arrived(topics.INTERACTIONS, count)
        found = [decode(record.value, Interaction).data for record in records]
        return {call.call_id or "": call for call in found}


@pytest.fixture
async def listening(ingest: Running) -> AsyncIterator[Listening]:
    from ingest.app import app

    async with (
        listen(app, "127.0.0.1", 0) as listener,
        httpx.AsyncClient(event_hooks=CONTRACT) as client,
    ):
        yield Listening(listener.base_url, client, ingest)


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    from ingest.app import app  # its settings come from the environment

    async with app.router.lifespan_context(app), _client(app) as client:
        yield Running(client, app.state.runtime)


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://ingest",
        headers={"authorization": "Bearer ac_acme_the-key"},
        event_hooks=CONTRACT,
    )


async def _configure(database: Database) -> None:
    two = {
        "secrets": ["env:AFTERCALL_SECRET_ACME_SECRET", "env:AFTERCALL_SECRET_ACME_NEXT_SECRET"],
        "region": "US",
    }
    bodies = [("acme", "source", two | source) for source in SOURCES]
    bodies += [("other", "source", two | source) for source in OTHERS_SOURCES]
    bodies += [("acme", "workspace", WORKSPACE), ("acme", "number", LINE)]
    bodies += [("other", "workspace", {"id": "other", "name": "Other"})]
    documents = [
        Document(workspace=workspace, kind=kind, id=body.get("id", LINE["number"]), body=body)
        for workspace, kind, body in bodies
    ]
    async with database.transaction() as connection:
        await save(connection, documents, by="tests")
        await connection.executemany(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, $1, $3, $4)",
            [
                ("acme", "acme", key_hash("the-key"), ["events:write"]),
                ("reader", "acme", key_hash("the-key"), ["read"]),
                ("operator", None, key_hash("the-key"), ["admin"]),
            ],
        )
