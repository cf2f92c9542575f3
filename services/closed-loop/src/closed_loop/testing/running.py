"""For tests that ask the running service."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from closed_loop.service.parts import Parts
from common.bus import Message
from common.config.store import Document, save
from common.database import Database
from common.events import Envelope, encode
from common.events.decisions import Decision
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.time import utc_now
from common.topics import DECISIONS, RESPONSES

KEYS = (
    ("admin", "acme", ["admin"]),
    ("configurer", "acme", ["config:write", "read"]),
    ("reader", "acme", ["read"]),
    ("other", "other", ["admin"]),
    ("operator", None, ["admin"]),
)


@dataclass(slots=True)
class MovedClock:
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass(slots=True)
class Loop:
    """The running service, as holders of keys call it and as topics tell it."""

    http: httpx.AsyncClient
    runtime: Runtime
    clock: MovedClock
    parts: Parts

    async def ask(self, method: str, path: str, *, key: str = "admin", **more: Any) -> Any:
        headers = {"authorization": f"Bearer ac_{key}_secret"}
        return await self.http.request(method, f"/v1/{path}", headers=headers, **more)

    async def call(self, method: str, path: str, *, key: str = "admin", **more: Any) -> Any:
        """The body of an answer that must be a success."""
        answer = await self.ask(method, path, key=key, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def webhook(self, url: str, *, key: str = "admin", **more: Any) -> Any:
        """A new one, as it was answered, with its secret."""
        body = {"url": url, "events": ["response.created", "response.finished"], **more}
        return await self.call("POST", "webhooks", key=key, json=body)

    async def tell(self, *events: Envelope[Any]) -> None:
        """On their topics."""
        await self.runtime.bus.publish(
            [
                Message(
                    DECISIONS if isinstance(event.data, Decision) else RESPONSES,
                    b"key",
                    encode(event),
                )
                for event in events
            ]
        )

    async def recorded(self) -> None:
        """Nothing is in flight: a lease that ends while the clock is moved would be a crash."""
        await until(self._all_recorded)

    async def _all_recorded(self) -> bool:
        async with self.runtime.db.connection() as connection:
            left = await connection.fetchval(
                "select (select count(*) from closed_loop.mails where state = 'waiting')"
                " + (select count(*) from closed_loop.deliveries where state = 'waiting')"
            )
        return bool(left == 0)

    def later(self, **ahead: float) -> None:
        """So much time passes."""
        self.clock.ahead += timedelta(**ahead)
        self.parts.webhooks.committed()


async def until(condition: Callable[[], Any], *, timeout: float = 60.0) -> Any:
    """What the condition gives, awaited if need be, once that is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert loop.time() < deadline, f"still {found!r}"
        await asyncio.sleep(0.02)


async def configure(database: Database) -> None:
    documents = [
        Document(
            workspace=name,
            kind="workspace",
            id=name,
            body={"id": name, "name": name.title(), "zone": "Europe/Berlin"},
        )
        for name in ("acme", "other")
    ]
    async with database.transaction() as connection:
        await save(connection, documents, by="tests")
        await connection.executemany(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, $1, $3, $4)",
            [(name, workspace, key_hash("secret"), scopes) for name, workspace, scopes in KEYS],
        )
