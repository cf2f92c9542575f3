"""Three services on one real database, and the network on the other side: two channels at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.store import Document, save
from common.database import Database
from common.process import web
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.testing.databases import Package
from common.testing.ports import free_port
from ivr_gateway.app import service as ivr_gateway
from orchestrator.app import service as orchestrator
from orchestrator.testing import LINE, PEPPER, SENDER, call_now, ended
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.server import listen
from sandbox.serving import serve
from sandbox.whatsapp.cloud import Business, WhatsApp
from sandbox.whatsapp.endpoints import serve as serve_meta
from sms_sender.app import service as sms_sender
from sms_sender.testing import TOKEN, until
from whatsapp_sender.app import service as whatsapp_sender

SID = "AC00000000000000000000000000000001"
BUSINESS, CHATS = "102290129340398", "+13475550188"
WORKSPACE = "acme"
SECOND = {"ivr": ivr_gateway, "whatsapp": whatsapp_sender}
CONNECTIONS = 40  # of services that have a pool each in earnest


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Running, in this process."""

    db: Database
    bus: PgLogBus
    carrier: Carrier
    meta: WhatsApp

    async def ends(self, name: str, number: str) -> None:
        """A call of this person ends, and is told as ingest tells it."""
        value = events.encode(ended(call_now(name, address=number)))
        await self.bus.publish([Message(topics.INTERACTIONS, number.encode(), value)])

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.db.connection() as connection:
            return list(await connection.fetch(query, *values))

    async def _is_approved(self) -> bool:
        rows = await self.rows("select status from whatsapp_sender.templates")
        return {row["status"] for row in rows} == {"approved"}


@pytest.fixture
def migrations() -> Sequence[Package]:
    kits = [(name, "channel") for name in ("sms_sender", "ivr_gateway", "whatsapp_sender")]
    own = ("whatsapp_sender", "whatsapp_sender")
    return ("common.config", "common.bus", "orchestrator", *kits, own)


@pytest.fixture
def plan() -> list[dict[str, Any]]:
    return [{"channel": "sms"}]


@pytest.fixture
async def platform(
    database_url: str, plan: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Platform]:
    monkeypatch.setenv("AFTERCALL_SECRET_CARRIER_TOKEN", TOKEN)
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    there = Account(TOKEN, (SENDER,), inbound_url=f"{public_url}/v1/sms/callbacks/texts/inbound")
    business = Business(
        id=BUSINESS,
        token=TOKEN,
        secret=TOKEN,
        webhook=f"{public_url}/v1/whatsapp/callbacks/chats",
        numbers={BUSINESS: CHATS},
    )
    services = [orchestrator, sms_sender, *(SECOND[one["channel"]] for one in plan[1:])]
    async with AsyncExitStack() as stack:
        database = await Database.connect(database_url, size=CONNECTIONS)
        stack.push_async_callback(database.close)
        carrier = await stack.enter_async_context(
            serve(Carrier, accounts={SID: there}, webhook_tries=0)
        )
        meta = await stack.enter_async_context(serve_meta([business]))
        async with database.transaction() as connection:
            await save(connection, _documents(carrier, meta, plan), by="test")
        bus = PgLogBus(database)
        await bus.create_topics(topics.partitions())
        stack.push_async_callback(bus.close)
        settings = {
            "database_url": "postgresql://given",
            "contact_pepper": PEPPER.decode(),
            "public_url": public_url,
        }
        runtime = Runtime(
            settings=CommonSettings.model_validate(settings),
            db=database,
            bus=bus,
            http=await stack.enter_async_context(http.client()),
            config=ConfigReader(database),
        )
        app = web.application(services, None)
        await stack.enter_async_context(running(app, runtime, services))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        made = Platform(db=database, bus=bus, carrier=carrier, meta=meta)
        if whatsapp_sender in services:
            await until(made._is_approved)
        yield made


def _documents(carrier: Carrier, meta: WhatsApp, plan: list[dict[str, Any]]) -> list[Document]:
    token = "env:AFTERCALL_SECRET_CARRIER_TOKEN"
    at_twilio = {
        "base_url": carrier.base_url,
        "account_sid": SID,
        "auth_token": token,
        "senders": [{"number": SENDER, "per_second": 1000}],
        "in_flight": 200,
    }
    at_meta = {
        "channel": "whatsapp",
        "provider": "meta",
        "base_url": meta.base_url,
        "business_account_id": BUSINESS,
        "access_token": token,
        "app_secret": token,
        "verify_token": token,
        # Slow, so that many wait there when their answer comes.
        "senders": [{"number": CHATS, "phone_number_id": BUSINESS, "per_second": 2}],
    }
    question = {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "1 to 5?"}}
    ceilings = {"prefix_ceiling": 10**6, "call_ceiling": 10**6}
    acme = {"id": WORKSPACE, "name": "Acme", "countries": ["US"], "explicit_consent": []}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("workspace", {**acme, **ceilings}),
        ("number", {"number": LINE}),
        ("account", {"id": "texts", **at_twilio}),
        ("account", {"id": "calls", "channel": "ivr", **at_twilio}),
        ("account", {"id": "chats", **at_meta}),
        ("survey", {"id": "csat", "metric": "csat", "questions": [question]}),
        (
            "flow",
            {
                "id": "asked",
                "survey": "csat",
                "enabled": True,
                "minimum_talk": "0s",
                "call_hours": "00:00-24:00",
                "plan": plan,
            },
        ),
    ]
    return [
        Document(workspace=WORKSPACE, kind=kind, id=body.get("id", LINE), body=body)
        for kind, body in bodies
    ]
