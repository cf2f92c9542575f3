"""One running sender as a test sees it: what it published, stored, and had carried."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, TypeVar
from uuid import UUID

import httpx

from common import events, topics
from common.bus import Message
from common.config.store import Document, save
from common.database import Database
from common.events.responses import Response
from common.events.sends import Delivery, Step, StepCancelled
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.time import utc_now
from sandbox.carrier import Carrier
from sandbox.ledger import CreateRequest, only
from sms_sender.app import SmsSender
from sms_sender.testing.facts import CALLER, OURS, WORKSPACE, enveloped

F = TypeVar("F")


@dataclass(slots=True)
class Shifted:
    """A clock that can be set forward."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset


@dataclass(slots=True, kw_only=True)
class Stack:
    """One running sender, its database and the simulated carrier."""

    runtime: Runtime
    carrier: Carrier
    sender: SmsSender

    @property
    def db(self) -> Database:
        return self.runtime.db

    @property
    def client(self) -> httpx.AsyncClient:
        return self.runtime.http

    @property
    def public_url(self) -> str:
        return self.runtime.settings.public_url

    @property
    def clock(self) -> Shifted:
        assert isinstance(self.runtime.clock, Shifted)
        return self.runtime.clock

    async def configure(self, documents: Sequence[Document]) -> None:
        async with self.db.transaction() as connection:
            await save(connection, documents, by="test")
        await self.runtime.config.current()  # the sender sees it, too

    async def publish(self, *facts: Step | StepCancelled, workspace: str = WORKSPACE) -> None:
        await self.runtime.bus.publish(
            [
                Message(topics.STEPS_SMS, str(fact.contact_id).encode(), events.encode(event))
                for fact in facts
                for event in [enveloped(fact, workspace=workspace)]
            ]
        )

    async def says(self, text: str, *, number: str = CALLER, to: str = OURS) -> str:
        """A person writes to us; the message's sid when our endpoint has answered."""
        return await self.carrier.receive(number, to, body=text)

    async def key(self, workspace: str | None, *scopes: str) -> dict[str, str]:
        """The headers of a request with a new API key."""
        return await key_for(self.db, workspace, *scopes)

    def texts(self, number: str = CALLER) -> list[str]:
        """What was accepted for this person, in order."""
        return [r.body for r in self.requests() if r.accepted and r.to == number]

    def requests(self) -> list[CreateRequest]:
        return only(self.carrier.ledger, CreateRequest)

    async def row(self, found: UUID) -> Any:
        async with self.db.connection() as connection:
            return await connection.fetchrow("select * from sms_sender.sends where id = $1", found)

    async def state(self, found: UUID) -> str | None:
        row = await self.row(found)
        return row["state"] if row else None

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self.db.connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *values)
            return rows

    async def idle(self) -> None:
        """Nothing is in the topic, queued, claimed, in the inbox or the outbox."""

        async def is_idle() -> bool:
            rows = await self.fetch(
                """
                select (select count(*) from bus.log_heads h left join bus.group_offsets g
                        on (g.topic, g.partition, g."group") = (h.topic, h.partition, $2)
                        where h.topic = $1 and h.next > coalesce(g.next, 0))
                     + (select count(*) from sms_sender.sends where state in ('queued', 'claimed'))
                     + (select count(*) from sms_sender.inbox where done_at is null)
                     + (select count(*) from sms_sender.outbox) as open
                """,
                topics.STEPS_SMS,
                f"{self.sender.group}.steps",
            )
            return not self.carrier.tasks.pending and rows[0]["open"] == 0

        await until(is_idle)

    async def waits_for(self, found: UUID, state: str) -> None:
        """Until the send is in this state."""

        async def is_there() -> bool:
            return await self.state(found) == state

        await until(is_there)

    async def read(self, kind: type[F]) -> list[F]:
        """Everything of this kind that was committed so far, once it is published."""

        async def all_are_published() -> bool:
            return not await self.fetch("select from sms_sender.outbox limit 1")

        await until(all_are_published)
        name = events.NAMES[kind]
        topic = next(topic.name for topic in topics.TOPICS if name in topic.types)
        rows = await self.fetch(
            'select value from bus.log where topic = $1 order by partition, "offset"', topic
        )
        values = [row["value"] for row in rows]
        return [events.decode(v, kind).data for v in values if events.type_of(v) == name]

    async def deliveries(self, found: UUID) -> list[Delivery]:
        """Of one step, by revision."""
        all_of_them = [d for d in await self.read(Delivery) if d.step_id == found]
        return sorted(all_of_them, key=lambda delivery: delivery.revision)

    async def responses(self) -> list[Response]:
        return sorted(await self.read(Response), key=lambda response: response.revision)


async def key_for(db: Database, workspace: str | None, *scopes: str) -> dict[str, str]:
    """The headers of a request with a new API key."""
    name, secret = token_hex(4), token_hex(16)
    async with db.transaction() as connection:
        await connection.execute(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, 'test', $3, $4)",
            name,
            workspace,
            key_hash(secret),
            list(scopes),
        )
    return {"Authorization": f"Bearer ac_{name}_{secret}"}


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 120.0) -> None:
    """Returns as soon as it holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what it asks about has no event
            await asyncio.sleep(0.01)
