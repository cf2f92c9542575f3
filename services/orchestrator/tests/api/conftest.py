"""A running orchestrator, a client per key, and a workspace configured over the API."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from common.bus import Message
from common.config.store import Document, save
from common.database import Database
from common.events import encode, envelope
from common.events.calls import Interaction
from common.events.sends import Delivery
from common.process import web
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.topics import DELIVERIES, INTERACTIONS
from orchestrator.testing import PEPPER, documents
from tests.contracts.conforming import conforming

MASTER_KEYS = f"1:{b64encode(bytes(32)).decode()}"
KEYS: dict[str, tuple[str | None, list[str]]] = {
    "operator": (None, ["admin"]),
    "admin": ("acme", ["admin"]),
    "reader": ("acme", ["read"]),
    "consenter": ("acme", ["consent:write"]),
    "privacy": ("acme", ["privacy"]),
    "configurer": ("acme", ["config:write", "read"]),
    "stranger": ("other", ["admin"]),
}


@dataclass(frozen=True, slots=True)
class Running:
    """The application with its consumers, a client per key, and one of its internal port."""

    runtime: Runtime
    client: httpx.AsyncClient
    internal: httpx.AsyncClient

    async def ask(self, key: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer ac_{key}_secret", **request.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **request)

    async def ended(self, *interactions: Interaction) -> None:
        """Ingest says so."""
        await self.runtime.bus.publish(
            [
                Message(INTERACTIONS, str(one.contact_id).encode(), encode(_event(one)))
                for one in interactions
            ]
        )

    async def told(self, *deliveries: Delivery) -> None:
        """A sender says so."""
        await self.runtime.bus.publish(
            [
                Message(DELIVERIES, str(one.contact_id).encode(), encode(_told(one)))
                for one in deliveries
            ]
        )


def _told(one: Delivery) -> Any:
    return envelope(
        one,
        aggregate=one.step_id,
        revision=one.revision,
        source="/sms-sender",
        time=one.at,
        workspace="acme",
    )


def _event(one: Interaction) -> Any:
    return envelope(
        one,
        aggregate=one.id,
        revision=0,
        source="/ingest",
        time=one.ended_at,
        workspace=one.workspace,
    )


@pytest.fixture
async def api(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    monkeypatch.setenv("AFTERCALL_DATABASE_URL", database_url)
    monkeypatch.setenv("AFTERCALL_CONTACT_PEPPER", PEPPER.decode())
    monkeypatch.setenv("AFTERCALL_MASTER_KEYS", MASTER_KEYS)
    monkeypatch.delenv("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", raising=False)
    async with database.transaction() as connection:
        await connection.executemany(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, $1, $3, $4)",
            [(key, of, key_hash("secret"), scopes) for key, (of, scopes) in KEYS.items()],
        )
        other = {"id": "other", "name": "Other"}
        await save(
            connection,
            [Document(workspace="other", kind="workspace", id="other", body=other)],
            by="tests",
        )
    async with running() as started:
        yield started


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    from orchestrator.app import app  # its settings come from the environment

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport,
            base_url="http://orchestrator",
            event_hooks={"response": [conforming("orchestrator")]},
        ) as client,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(web.internal(app)), base_url="http://internal"
        ) as internal,
    ):
        yield Running(app.state.runtime, client, internal)


@pytest.fixture
async def acme(api: Running) -> Running:
    """Configured over the API."""
    applied = await api.ask("configurer", "PUT", "/v1/config", json=documents())
    assert applied.status_code == 200
    return api
