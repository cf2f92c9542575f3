"""The sender on a database of its own, Meta's Cloud API on the other side, people who tap."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.freezing import freeze
from common.config.store import Document, save
from common.database import Database
from common.events.consent import ConsentChanged
from common.events.responses import Response
from common.events.sends import Delivery, Step
from common.events.values import Channel
from common.process import web
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.testing.databases import Package
from common.testing.ports import free_port
from common.time import utc_now
from sandbox.carrier import Carrier
from sandbox.ledger import CreateRequest, only
from sandbox.messages import Account
from sandbox.server import listen
from sandbox.serving import serve as carrying
from sandbox.whatsapp.cloud import Business, Chat, WhatsApp
from sandbox.whatsapp.endpoints import serve
from sms_sender.testing import CALLER, PEPPER, enveloped, step, until
from whatsapp_sender.app import WhatsAppSender, service

OURS = "+12025550190"
BUSINESS = "102290129340398"
NUMBER_ID = "106540352242922"
SECRETS = {
    "AFTERCALL_SECRET_WA_TOKEN": "token",
    "AFTERCALL_SECRET_WA_SECRET": "secret of the app",
    "AFTERCALL_SECRET_WA_VERIFY": "verify-me",
}
SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10)}


@pytest.fixture
def migrations() -> Sequence[Package]:
    mine = [("whatsapp_sender", package) for package in ("channel", "whatsapp_sender")]
    return ("common.config", "common.bus", *mine)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def documents(base_url: str, *, workspace: str = "acme", **account: Any) -> list[Document]:
    """A survey and a flow for each metric, in English and Spanish."""
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("workspace", {"id": workspace, "name": "Acme"}),
        (
            "account",
            {
                "id": "main",
                "channel": "whatsapp",
                "provider": "meta",
                "base_url": base_url,
                "business_account_id": BUSINESS,
                "access_token": "env:AFTERCALL_SECRET_WA_TOKEN",
                "app_secret": "env:AFTERCALL_SECRET_WA_SECRET",
                "verify_token": "env:AFTERCALL_SECRET_WA_VERIFY",
                "senders": [{"number": OURS, "phone_number_id": NUMBER_ID, "per_second": 1000}],
                "timeout": "2s",
                "in_flight": 100,
                **account,
            },
        ),
    ]
    for metric, scale in SCALES.items():
        bodies.append(("survey", survey(metric, scale)))
        plan = [{"channel": "whatsapp"}]
        flow = {"id": f"{metric}-flow", "survey": metric, "enabled": True, "plan": plan}
        bodies.append(("flow", flow))
    return [Document(workspace=workspace, kind=k, id=b["id"], body=b) for k, b in bodies]


def survey(metric: str, scale: tuple[int, int]) -> dict[str, Any]:
    low, high = scale
    rating = {
        "en": f"Hi {{name}}, how was your call with {{agent}}, {low} to {high}?",
        "es": f"Hola {{name}}, ¿cómo fue la llamada, de {low} a {high}?",
    }
    return {
        "id": metric,
        "metric": metric,
        "questions": [
            {"id": "score", "kind": "rating", "scale": list(scale), "text": rating},
            {"id": "solved", "kind": "rating", "scale": [1, 3], "text": {"en": "Solved? 1 to 3"}},
            {"id": "why", "kind": "comment", "text": {"en": "Why?"}},
        ],
    }


@dataclass(slots=True)
class Shifted:
    """A clock that can be set forward."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset


@dataclass(slots=True, kw_only=True)
class Stack:
    """The running sender, its database and the simulated Meta, or who else carries messages."""

    runtime: Runtime
    meta: WhatsApp
    sender: WhatsAppSender
    clock: Shifted

    @property
    def callbacks(self) -> str:
        return f"{self.runtime.settings.public_url}/v1/whatsapp/callbacks/main"

    async def ask(
        self,
        number: str = CALLER,
        *,
        metric: str = "csat",
        language: str = "en",
        name: str = "c1",
        variables: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> Step:
        """A step of the metric's survey, published."""
        asked = await self.step(
            number, metric=metric, language=language, name=name, variables=variables, **changes
        )
        await self.publish(asked)
        return asked

    async def publish(self, *steps: Step) -> None:
        messages = [
            Message(
                topics.STEPS_WHATSAPP, str(one.contact_id).encode(), events.encode(enveloped(one))
            )
            for one in steps
        ]
        await self.runtime.bus.publish(messages)

    async def step(
        self,
        number: str,
        *,
        metric: str = "csat",
        language: str = "en",
        name: str = "c1",
        variables: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> Step:
        config = (await self.runtime.config.current()).workspaces["acme"]
        frozen = freeze(
            config.surveys[metric], workspace=config.workspace, language=language, number=None
        )
        known = {"brand": "Acme", "name": "Noor", "agent": "Asha", "queue": ""}
        now = self.clock()
        return structs.replace(
            step(number, name=name, channel=Channel.WHATSAPP, **changes),
            questionnaire=frozen,
            flow_id=f"{metric}-flow",
            variables=known | dict(variables or {}),
            expires_at=now + timedelta(hours=4),
            answers_until=now + timedelta(hours=24),
        )

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self.runtime.db.connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *values)
            return rows

    async def row(self, found: UUID) -> Any:
        rows = await self.fetch("select * from whatsapp_sender.sends where id = $1", found)
        return rows[0] if rows else None

    async def waits_for(self, found: UUID, state: str) -> Any:
        async def is_there() -> bool:
            row = await self.row(found)
            return row is not None and row["state"] == state

        await until(is_there)
        return await self.row(found)

    async def chats(self, count: int, number: str = CALLER) -> list[Chat]:
        """What arrived on this person's phone, when there are so many."""

        async def arrived() -> bool:
            return len(self.meta.chats_of(number)) >= count

        await until(arrived)
        return self.meta.chats_of(number)

    async def templates(self) -> dict[tuple[str, str], str]:
        rows = await self.fetch("select * from whatsapp_sender.templates")
        return {(row["name"], row["language"]): row["status"] for row in rows}

    async def configure(self, workspace: str = "acme", **account: Any) -> None:
        """A workspace with the documents of the tests."""
        async with self.runtime.db.transaction() as connection:
            made = documents(self.meta.base_url, workspace=workspace, **account)
            await save(connection, made, by="test")
        await self.runtime.config.current()

    def changed(self, **value: Any) -> dict[str, Any]:
        """A request of Meta's about our number, with that."""
        value["metadata"] = {"display_phone_number": OURS[1:]}
        change = {"field": "messages", "value": value}
        return {"entry": [{"id": BUSINESS, "changes": [change]}]}

    async def tell(self, **value: Any) -> int | None:
        """Such a request, signed."""
        (business,) = self.meta.businesses.values()
        return await self.meta.posting.send(business, json.dumps(self.changed(**value)).encode())

    async def worked_off(self) -> None:
        async def is_empty() -> bool:
            return not await self.fetch(
                "select 1 from whatsapp_sender.inbox where done_at is null limit 1"
            )

        await until(is_empty)

    async def reviewed(self, status: str = "approved") -> None:
        """Until every template of ours is in this state here."""

        async def all_are() -> bool:
            found = await self.templates()
            return bool(found) and set(found.values()) == {status}

        await until(all_are)

    def requests(self) -> list[CreateRequest]:
        return only(self.meta.ledger, CreateRequest)

    async def read(self, kind: type[Any]) -> list[Any]:
        """Everything of this kind that was committed so far, once it is published."""

        async def all_are_published() -> bool:
            return not await self.fetch("select from whatsapp_sender.outbox limit 1")

        await until(all_are_published)
        name = events.NAMES[kind]
        topic = next(topic.name for topic in topics.TOPICS if name in topic.types)
        rows = await self.fetch(
            'select value from bus.log where topic = $1 order by partition, "offset"', topic
        )
        values = [row["value"] for row in rows]
        return [events.decode(v, kind).data for v in values if events.type_of(v) == name]

    async def responses(self, count: int = 1) -> list[Response]:
        """By revision, when there are so many."""

        async def told() -> bool:
            return len(await self.read(Response)) >= count

        await until(told)
        return sorted(await self.read(Response), key=lambda one: one.revision)

    async def deliveries(self, found: UUID) -> list[Delivery]:
        return [one for one in await self.read(Delivery) if one.step_id == found]

    async def consents(self) -> list[ConsentChanged]:
        return list(await self.read(ConsentChanged))


@pytest.fixture
def reviews() -> bool:
    """Whether what is submitted is approved at once."""
    return True


@pytest.fixture
def account() -> dict[str, Any]:
    """What is different about the account."""
    return {}


@pytest.fixture
async def stack(database_url: str, reviews: bool, account: dict[str, Any]) -> AsyncIterator[Stack]:
    port = free_port()
    business = Business(
        id=BUSINESS,
        token=SECRETS["AFTERCALL_SECRET_WA_TOKEN"],
        secret=SECRETS["AFTERCALL_SECRET_WA_SECRET"],
        webhook=f"http://127.0.0.1:{port}/v1/whatsapp/callbacks/main",
        numbers={NUMBER_ID: OURS},
        reviews=reviews,
    )
    async with serve([business]) as meta:
        made = documents(meta.base_url, **account)
        async with sending(database_url, port, made, meta) as running_stack:
            yield running_stack


@pytest.fixture
async def twilio(database_url: str, reviews: bool) -> AsyncIterator[Stack]:
    """The same with Twilio on the other side."""
    port, sid = free_port(), "AC00000000000000000000000000000001"
    inbound = f"http://127.0.0.1:{port}/v1/whatsapp/callbacks/main/inbound"
    there = Account(SECRETS["AFTERCALL_SECRET_WA_TOKEN"], (OURS,), inbound_url=inbound)
    async with carrying(Carrier, accounts={sid: there}) as carrier:
        carrier.contents.reviews = reviews
        made = documents(carrier.base_url)
        body = next(one.body for one in made if one.kind == "account")
        for name in ("business_account_id", "access_token", "app_secret", "verify_token"):
            del body[name]
        body |= {"provider": "twilio", "account_sid": sid}
        body |= {"auth_token": "env:AFTERCALL_SECRET_WA_TOKEN"}
        body |= {"senders": [{"number": OURS, "per_second": 1000}]}
        async with sending(database_url, port, made, carrier) as running_stack:
            yield running_stack


@asynccontextmanager
async def sending(
    database_url: str, port: int, made: Sequence[Document], network: Any
) -> AsyncIterator[Stack]:
    """The sender, with whoever carries its messages."""
    public_url = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        db = await Database.connect(database_url, size=10)
        stack.push_async_callback(db.close)
        async with db.transaction() as connection:
            await save(connection, made, by="test")
        bus = PgLogBus(db)
        await bus.create_topics(topics.partitions())
        stack.push_async_callback(bus.close)
        settings = {
            "database_url": "postgresql://given",
            "contact_pepper": PEPPER,
            "public_url": public_url,
        }
        clock = Shifted()
        network.clock = clock
        runtime = Runtime(
            settings=CommonSettings.model_validate(settings),
            db=db,
            bus=bus,
            http=await stack.enter_async_context(http.client()),
            config=ConfigReader(db),
            clock=clock,
        )
        app = web.application([service], None)
        await stack.enter_async_context(running(app, runtime, [service]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        yield Stack(
            runtime=runtime, meta=network, sender=app.state.parts[WhatsAppSender], clock=clock
        )
