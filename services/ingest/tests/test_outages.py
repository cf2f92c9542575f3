"""What ingest serves while its database or the log is away, and what it never says."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common import topics
from common.testing.postgres import Server

SECRET = "the-secret-of-the-tests"
PBX = f"/v1/sources/acme-pbx/calls?key={SECRET}"
CALL = {
    "id": "c-1",
    "ending": "connected",
    "address": "+12025550101",
    "ended_at": "2026-01-05T10:14:20Z",
}


async def test_a_vendors_call_is_accepted_only_once_it_is_published(
    ingest: Any, database: Any
) -> None:
    async with database.transaction() as connection:
        await connection.execute("lock table bus.log in access exclusive mode")
        posting = asyncio.create_task(ingest.http.post(PBX, content=json.dumps(CALL).encode()))
        await asyncio.sleep(0.5)
        assert not posting.done()
    assert (await posting).status_code == 202
    await ingest.arrived(topics.INTERACTIONS, 1)


@pytest.fixture
async def server(run_folder: Path) -> AsyncIterator[Server]:
    """A PostgreSQL of its own, which may go away."""
    running = Server(run_folder / uuid4().hex)
    running.start()
    yield running
    running.stop(immediate=True)


async def test_a_process_starts_while_its_database_is_away_and_serves_when_it_is_there(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from common.process.service import serve
    from ingest.app import service

    monkeypatch.setenv("AFTERCALL_DATABASE_URL", server.url())
    monkeypatch.setenv("AFTERCALL_CONTACT_PEPPER", "the pepper of the tests")
    monkeypatch.delenv("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", raising=False)
    server.stop(immediate=True)
    app = serve(service)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client,
    ):
        answer = await client.post(PBX, content=json.dumps(CALL).encode())
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        server.start()
        status = 503
        for _ in range(150):
            if (status := (await client.post(PBX, content=b"{}")).status_code) != 503:
                break
            await asyncio.sleep(0.1)

    assert status == 404  # there is no such source, as it can say by now
