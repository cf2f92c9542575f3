"""The toy channel running over real PostgreSQL and HTTP, and somebody who posts about its files."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader, accounts
from common.config.store import Document, save
from common.database import Database
from common.events.sends import Step
from common.events.values import Channel
from common.process import web
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.testing.databases import Package
from common.testing.ports import free_port
from sandbox.server import listen
from sms_sender.testing import CALLER, PEPPER, enveloped, step
from tests.toy_channel.app import ToySender, service
from tests.toy_channel.provider import signature

SECRET = "secret of the app"
LINES = {"acme": "line-a", "beta": "line-b", "gamma": "line-g"}  # gamma's is of another app
NUMBERS = {"acme": "+12025550190", "beta": "+12025550191", "gamma": "+12025550192"}


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.config", "common.bus", ("toy_sender", "channel"))


@pytest.fixture(autouse=True)
def _known_here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of account that the toy registers, and its secrets, end with the test."""
    monkeypatch.setattr(accounts, "_ADAPTERS", dict(accounts._ADAPTERS))
    monkeypatch.setenv("AFTERCALL_SECRET_APP_SECRET", SECRET)
    monkeypatch.setenv("AFTERCALL_SECRET_OTHER_SECRET", "secret of another app")


def documents(folder: Path) -> list[Document]:
    return [
        Document(workspace=workspace, kind=kind, id=body["id"], body=body)
        for workspace, line in LINES.items()
        for kind, body in _bodies(workspace, line, folder).items()
    ]


def _bodies(workspace: str, line: str, folder: Path) -> Mapping[str, dict[str, Any]]:
    return {
        "workspace": {"id": workspace, "name": "Acme"},
        "account": {
            "id": "main",
            "channel": "ivr",
            "provider": "folder",
            "folder": str(folder),
            "line": line,
            "app_secret": "env:AFTERCALL_SECRET_OTHER_SECRET"
            if workspace == "gamma"
            else "env:AFTERCALL_SECRET_APP_SECRET",
            "senders": [{"number": NUMBERS[workspace], "per_second": 1000}],
            "answers_stop": False,
        },
        "flow": {
            "id": "flow",
            "survey": "after-call",
            "enabled": True,
            "call_hours": "00:00-24:00",
        },
    }


def ask(number: str = CALLER, *, workspace: str = "acme", name: str = "c1") -> Step:
    return step(number, workspace=workspace, name=name, channel=Channel.IVR)


def status(found: Step, what: str, *, workspace: str = "acme") -> dict[str, Any]:
    about = {"about": f"F-{found.id}", "status": what}
    return about | {"ours": NUMBERS[workspace], "theirs": found.address}


def said(words: str, name: str, *, number: str = CALLER) -> dict[str, Any]:
    return {"about": name, "said": words, "ours": NUMBERS["acme"], "theirs": number}


def body(lines: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    told = [{"line": line, "events": list(events)} for line, events in lines.items()]
    return json.dumps({"lines": told}).encode()


@dataclass(slots=True)
class Toy:
    """The running channel, its folder, and the provider's side of HTTP."""

    runtime: Runtime
    sender: ToySender
    folder: Path

    async def publish(self, *steps: Step, workspace: str = "acme") -> None:
        await self.runtime.bus.publish(
            [
                Message(topics.STEPS_IVR, str(one.contact_id).encode(), events.encode(event))
                for one in steps
                for event in [enveloped(one, workspace=workspace)]
            ]
        )

    async def tells(
        self,
        lines: Mapping[str, Sequence[Mapping[str, Any]]],
        path: str = "",
        *,
        secret: str = SECRET,
    ) -> httpx.Response:
        """Posts to the callbacks of the account `main`."""
        given = body(lines)
        url = f"{self.runtime.settings.public_url}/v1/ivr/callbacks/main{path}"
        headers = {"x-signature": signature(secret, given)}
        return await self.runtime.http.post(url, content=given, headers=headers)

    def prompts(self, number: str = CALLER) -> list[str]:
        """What was written to this person, in order."""
        told = [json.loads(file.read_text()) for file in self.folder.glob("*.txt")]
        mine = sorted((one for one in told if one["to"] == number), key=lambda one: one["at"])
        return [one["content"]["text"] for one in mine]

    async def key(self, workspace: str) -> dict[str, str]:
        """Headers of somebody who may read this workspace."""
        async with self.runtime.db.transaction() as connection:
            await connection.execute(
                "insert into config.api_keys (id, workspace, name, hash, scopes)"
                " values ($1, $1, 'test', $2, '{read}')",
                workspace,
                key_hash("secret"),
            )
        return {"Authorization": f"Bearer ac_{workspace}_secret"}

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self.runtime.db.connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *values)
            return rows

    async def state(self, found: UUID) -> str | None:
        rows = await self.fetch("select state from toy_sender.sends where id = $1", found)
        return rows[0]["state"] if rows else None


@pytest.fixture
async def toy(database: Database, tmp_path: Path) -> AsyncIterator[Toy]:
    folder = tmp_path / "messages"
    folder.mkdir()
    async with database.transaction() as connection:
        await save(connection, documents(folder), by="test")
    port = free_port()
    settings = {
        "database_url": "postgresql://given",
        "contact_pepper": PEPPER,
        "public_url": f"http://127.0.0.1:{port}",
    }
    bus = PgLogBus(database)
    await bus.create_topics(topics.partitions())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        runtime = Runtime(
            settings=CommonSettings.model_validate(settings),
            db=database,
            bus=bus,
            http=await stack.enter_async_context(http.client()),
            config=ConfigReader(database),
        )
        app = web.application([service], None)
        await stack.enter_async_context(running(app, runtime, [service]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        yield Toy(runtime, app.state.parts[ToySender], folder)
