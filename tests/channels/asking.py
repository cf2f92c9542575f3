"""A sender on either of two channels, its network on the other side, and people who answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from msgspec import structs

from channel.sender import ChannelSender
from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.freezing import freeze
from common.config.store import Document, save
from common.database import Database
from common.events.responses import Response
from common.events.sends import Delivery, Step
from common.events.values import Channel
from common.process import web
from common.process.runtime import Runtime, Service
from common.process.service import running
from common.process.settings import CommonSettings
from ivr_gateway.app import IvrGateway
from ivr_gateway.app import service as ivr_gateway
from sandbox.carrier import Carrier
from sandbox.ledger import Heard, Webhook, only
from sandbox.messages import Account
from sandbox.seen import WHATSAPP, Request, Said, seen
from sandbox.server import listen
from sandbox.serving import serve as carrying
from sandbox.voice.callees import Callee
from sandbox.voice.documents import Gather
from sandbox.whatsapp.cloud import Business, Chat
from sandbox.whatsapp.endpoints import serve as chatting
from sms_sender.testing import CALLER, OURS, PEPPER, TOKEN, Shifted, enveloped, step, until
from whatsapp_sender.app import WhatsAppSender
from whatsapp_sender.app import service as whatsapp_sender

WORKSPACE = "acme"
NUMBER_ID, BUSINESS = "106540352242922", "102290129340398"
SID = "AC00000000000000000000000000000001"
SECRET = "AFTERCALL_SECRET_CARRIER_TOKEN"  # of every kind
STOP = "STOP"
F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is different about a channel."""

    channel: Channel
    schema: str
    topic: str
    service: Service
    part: type[ChannelSender]
    account: Mapping[str, Any]


KINDS = {
    "ivr": Kind(
        channel=Channel.IVR,
        schema="ivr_gateway",
        topic=topics.STEPS_IVR,
        service=ivr_gateway,
        part=IvrGateway,
        account={
            "account_sid": SID,
            "auth_token": f"env:{SECRET}",
            "senders": [{"number": OURS, "per_second": 1000}],
        },
    ),
    "whatsapp": Kind(
        channel=Channel.WHATSAPP,
        schema="whatsapp_sender",
        topic=topics.STEPS_WHATSAPP,
        service=whatsapp_sender,
        part=WhatsAppSender,
        account={
            "provider": "meta",
            "business_account_id": BUSINESS,
            **dict.fromkeys(("access_token", "app_secret", "verify_token"), f"env:{SECRET}"),
            "senders": [{"number": OURS, "phone_number_id": NUMBER_ID, "per_second": 1000}],
        },
    ),
}


def documents(kind: Kind, base_url: str, **account: Any) -> list[Document]:
    """A workspace that asks two questions, on this channel alone."""
    score = {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "How was it, 1-5?"}}
    solved = {"id": "solved", "kind": "rating", "scale": [1, 3], "text": {"en": "Solved? 1 to 3"}}
    at_network = {"id": "main", "channel": kind.channel.value, "base_url": base_url}
    flow = {"id": "flow", "survey": "csat", "enabled": True, "call_hours": "00:00-24:00"}
    bodies = {
        "workspace": {"id": WORKSPACE, "name": "Acme", "countries": ["US"]},
        "account": at_network | {"timeout": "2s", "in_flight": 100} | kind.account | account,
        "survey": {"id": "csat", "metric": "csat", "questions": [score, solved]},
        "flow": flow | {"plan": [{"channel": kind.channel.value}]},
    }
    return [
        Document(workspace=WORKSPACE, kind=name, id=body["id"], body=body)
        for name, body in bodies.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient(Callee):
    """Waits with the keys until somebody lets them go on."""

    asked: asyncio.Event
    may_answer: asyncio.Event

    async def press(self, gather: Gather, turn: int) -> str | None:
        self.asked.set()
        await self.may_answer.wait()
        # Not `super()`: a class with slots is made twice.
        return await Callee.press(self, gather, turn)


@dataclass(slots=True)
class Network:
    """Whoever carries it, and people who give what they were told to give, one by one."""

    kind: Kind
    side: Any  # a Carrier, or WhatsApp
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # somebody has been
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.may_answer.set()

    @property
    def requests(self) -> Sequence[Request]:
        return self._seen.requests

    @property
    def said(self) -> Sequence[Said]:
        return self._seen.said

    @property
    def _seen(self) -> Any:
        return seen(self.side.ledger, written=WHATSAPP)

    @property
    def webhooks(self) -> Sequence[Webhook]:
        return only(self.side.ledger, Webhook)

    @property
    def by_provider(self) -> bool:
        """Somebody heard the provider's own voice, for there was nothing to play."""
        return any(heard.by_provider for heard in only(self.side.ledger, Heard))

    def answers(self, person: str, *given: str) -> None:
        """At each question in turn; who is called hangs up then. `STOP`: they want no more."""
        if self.kind.channel is Channel.IVR:
            keys = tuple("9" if one == STOP else one for one in given)
            self.side.switchboard.callees[person] = Patient(
                keys=keys, hangs_up_at=len(keys), asked=self.asked, may_answer=self.may_answer
            )
            return
        self._answers[person] = list(given)
        if self._tap not in self.side.listeners:
            self.side.listeners.append(self._tap)

    def _tap(self, chat: Chat) -> None:
        left = self._answers.get(chat.person)
        if not left:
            return
        self.asked.set()
        self.side.tasks.spawn(self._say(chat, left.pop(0)))

    async def _say(self, chat: Chat, given: str) -> None:
        await self.may_answer.wait()
        if given in chat.choices:
            await self.side.taps(chat, given)
        else:
            await self.side.writes(chat.person, OURS, given)


@asynccontextmanager
async def network_of(kind: Kind, public_url: str, *, tries: int = 0) -> AsyncIterator[Network]:
    """Over HTTP; it tells again until it is acknowledged, or so often."""
    if kind.channel is Channel.IVR:
        async with carrying(
            Carrier, accounts={SID: Account(TOKEN, (OURS,))}, webhook_tries=tries
        ) as carrier:
            yield Network(kind, carrier)
        return
    business = Business(
        id=BUSINESS,
        token=TOKEN,
        secret=TOKEN,
        webhook=f"{public_url}/v1/whatsapp/callbacks/main",
        numbers={NUMBER_ID: OURS},
    )
    async with chatting([business], tries=tries) as meta:
        yield Network(kind, meta)


async def step_of(kind: Kind, config: ConfigReader, number: str, name: str) -> Step:
    """The first ask of somebody about a call of that name."""
    known = (await config.current()).workspaces[WORKSPACE]
    frozen = freeze(known.surveys["csat"], workspace=known.workspace, language="en", number=None)
    return structs.replace(
        step(number, name=name, channel=kind.channel),
        questionnaire=frozen,
        variables={"brand": "Acme"},
    )


@dataclass(slots=True, kw_only=True)
class Asking:
    """The running sender."""

    kind: Kind
    runtime: Runtime
    sender: ChannelSender
    network: Network
    log: Database  # where the topics are

    @property
    def clock(self) -> Shifted:
        assert isinstance(self.runtime.clock, Shifted)
        return self.runtime.clock

    async def ask(self, number: str = CALLER, *, name: str = "c1") -> Step:
        """Published as a step of theirs."""
        asked = await step_of(self.kind, self.runtime.config, number, name)
        await self.publish(asked)
        return asked

    async def publish(self, asked: Step) -> None:
        value = events.encode(enveloped(asked))
        await self.runtime.bus.publish([Message(self.kind.topic, asked.contact_id.bytes, value)])

    async def configure(self, base_url: str | None = None, **account: Any) -> None:
        made = documents(self.kind, base_url or self.network.side.base_url, **account)
        async with self.runtime.db.transaction() as connection:
            await save(connection, made, by="test")
        await self.runtime.config.current()

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """`{schema}` is the sender's."""
        async with self.runtime.db.connection() as connection:
            found = statement.replace("{schema}", self.kind.schema)
            return list(await connection.fetch(found, *values))

    async def row(self, found: UUID) -> Any:
        rows = await self.fetch("select * from {schema}.sends where id = $1", found)
        return rows[0] if rows else None

    async def waits_for(self, asked: Step, state: str) -> Any:
        async def is_there() -> bool:
            row = await self.row(asked.id)
            return row is not None and row["state"] == state

        await until(is_there)
        return await self.row(asked.id)

    async def idle(self) -> None:
        """Nothing is under way, here or outside."""

        async def is_idle() -> bool:
            (row,) = await self.fetch(
                "select (select count(*) from {schema}.sends where state in ('queued', 'claimed'))"
                " + (select count(*) from {schema}.inbox where done_at is null)"
                " + (select count(*) from {schema}.outbox) as open"
            )
            return not self.network.side.tasks.pending and row["open"] == 0

        await until(is_idle)

    async def read(self, kind: type[F]) -> list[F]:
        """Everything of this kind that was published, by revision."""
        name = events.NAMES[kind]
        topic = next(topic.name for topic in topics.TOPICS if name in topic.types)
        async with self.log.connection() as connection:
            rows = await connection.fetch("select value from bus.log where topic = $1", topic)
        values = [row["value"] for row in rows]
        found: Any = [events.decode(v, kind).data for v in values if events.type_of(v) == name]
        return sorted(found, key=lambda one: one.revision)

    async def deliveries(self, asked: Step) -> list[Delivery]:
        return [one for one in await self.read(Delivery) if one.step_id == asked.id]

    async def responses(self) -> list[Response]:
        return await self.read(Response)


@asynccontextmanager
async def asking(
    kind: Kind,
    database_url: str,
    network: Network,
    port: int,
    *,
    log: Database | None = None,
) -> AsyncIterator[Asking]:
    """A sender set up for its network, templates approved; `SECRET` must be `TOKEN`.

    `log`: another database for the topics than the sender's own.
    """
    async with AsyncExitStack() as stack:
        db = await Database.connect(database_url, size=12)
        stack.push_async_callback(db.close)
        async with db.transaction() as connection:
            await save(connection, documents(kind, network.side.base_url), by="test")
        bus = PgLogBus(log or db)
        stack.push_async_callback(bus.close)
        await bus.create_topics(topics.partitions())
        settings = {
            "database_url": "postgresql://given",
            "contact_pepper": PEPPER,
            "public_url": f"http://127.0.0.1:{port}",
        }
        network.side.clock = clock = Shifted(timedelta(0))
        runtime = Runtime(
            settings=CommonSettings.model_validate(settings),
            db=db,
            bus=bus,
            http=await stack.enter_async_context(http.client()),
            config=ConfigReader(db),
            clock=clock,
        )
        app = web.application([kind.service], None)
        await stack.enter_async_context(running(app, runtime, [kind.service]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        made_of = app.state.parts[kind.part]
        here = Asking(kind=kind, runtime=runtime, sender=made_of, network=network, log=log or db)
        await until(lambda: is_approved(here.kind, db), seconds=120)
        yield here


async def is_approved(kind: Kind, db: Database) -> bool:
    """Where templates are needed, they are."""
    if kind.channel is not Channel.WHATSAPP:
        return True
    async with db.connection() as connection:
        rows = await connection.fetch("select status from whatsapp_sender.templates")
    return bool(rows) and {row["status"] for row in rows} == {"approved"}
