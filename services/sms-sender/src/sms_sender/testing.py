"""For tests: a sender over real HTTP, a carrier on the other side, a topic reader behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx

from common import events, http, topics, web
from common.bus import Bus, Message
from common.config import ConfigReader
from common.config.store import Document, save
from common.db import Database
from common.events.responses import Response
from common.events.sends import Delivery, Step, StepCancelled, StepKind
from common.events.values import Channel, Metric
from common.ids import contact_id, derived, invitation_id, step_id
from common.questionnaire import Question, QuestionKind, Questionnaire
from common.service import Runtime, Service, running
from common.settings import CommonSettings
from common.time import utc_now
from sandbox.carrier import Carrier
from sandbox.faults import Faults
from sandbox.ledger import CreateRequest, only
from sandbox.messages import Account
from sandbox.server import listen
from sms_sender.app import service
from sms_sender.service import SmsSender

WORKSPACE = "acme"
PEPPER = "pepper of the tests"
OURS = "+12025550190"
NUMBERS = {WORKSPACE: OURS, "beta": "+12025550191", "gamma": "+12025550192"}
CALLER = "+12025550101"
TOKEN = "12345678901234567890123456789012"  # noqa: S105 - of the simulated carrier
F = TypeVar("F")

SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(
        Question(id="score", kind=QuestionKind.RATING, text="How was it, 1 to 5?", low=1, high=5),
        Question(id="why", kind=QuestionKind.COMMENT, text="Why?"),
    ),
)


def sid(workspace: str = WORKSPACE) -> str:
    """The carrier's name of a workspace's account."""
    return f"AC{derived('account', workspace).hex}"


def person(number: int) -> str:
    """A telephone number that is nobody else's here."""
    return f"+1202{5_551_000 + number}"


def contact_of(number: str = CALLER, *, workspace: str = WORKSPACE) -> UUID:
    return contact_id(PEPPER.encode(), workspace, number)


def step(
    number: str = CALLER, *, workspace: str = WORKSPACE, name: str = "c1", **changes: Any
) -> Step:
    """The first ask of a caller about a call of that name."""
    invitation = invitation_id(derived("interaction", workspace, number, name), "flow")
    return replace(
        Step(
            id=step_id(invitation, changes.get("number", 0)),
            invitation_id=invitation,
            interaction_id=derived("interaction", workspace, number, name),
            contact_id=contact_of(number, workspace=workspace),
            kind=StepKind.ASK,
            number=0,
            channel=Channel.SMS,
            address=number,
            flow_id="flow",
            flow_version=1,
            questionnaire=SURVEY,
            expires_at=utc_now() + timedelta(hours=4),
            answers_until=utc_now() + timedelta(hours=24),
            variables={"brand": "Acme"},
        ),
        **changes,
    )


def documents(
    base_url: str,
    *,
    workspace: str = WORKSPACE,
    account: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
    token: str = "env:CARRIER_TOKEN",  # noqa: S107
) -> list[Document]:
    """A workspace with one account, one sender number and one enabled flow."""
    own = {"number": NUMBERS[workspace], "per_second": 1000, **(sender or {})}
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("workspace", workspace, {"id": workspace, "name": "Acme"}),
        (
            "account",
            "main",
            {
                "id": "main",
                "base_url": base_url,
                "account_sid": sid(workspace),
                "auth_token": token,
                "senders": [own],
                "timeout": "2s",
                "in_flight": 100,
                **(account or {}),
            },
        ),
        ("flow", "flow", {"id": "flow", "survey": "after-call", "enabled": True}),
    ]
    return [
        Document(workspace=workspace, kind=kind, id=name, body=body) for kind, name, body in bodies
    ]


@dataclass(slots=True)
class Shifted:
    """A clock that can be set forward."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset


@dataclass(slots=True, kw_only=True)
class Stack:
    """One running sender, its database and the simulated carrier."""

    db: Database
    bus: Bus
    carrier: Carrier
    runtime: Runtime
    sender: SmsSender
    clock: Shifted
    public_url: str
    client: httpx.AsyncClient

    async def configure(self, documents: Sequence[Document]) -> None:
        async with self.db.transaction() as connection:
            await save(connection, documents, by="test")
        await self.runtime.config.current()  # the sender sees it, too

    async def publish(self, *facts: Step | StepCancelled, workspace: str = WORKSPACE) -> None:
        await self.bus.publish(
            [
                Message(topics.STEPS_SMS, str(fact.contact_id).encode(), events.encode(event))
                for fact in facts
                for event in [enveloped(fact, workspace=workspace)]
            ]
        )

    async def says(self, text: str, *, number: str = CALLER, to: str = OURS) -> str:
        """A person writes to us; the message's sid when our endpoint has answered."""
        return await self.carrier.receive(number, to, body=text)

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
        """Nothing is queued, claimed, in the inbox or the outbox."""

        async def is_idle() -> bool:
            rows = await self.fetch(
                """
                select (select count(*) from sms_sender.sends where state in ('queued', 'claimed'))
                     + (select count(*) from sms_sender.inbox where done_at is null)
                     + (select count(*) from sms_sender.outbox) as open
                """
            )
            return not self.carrier.tasks.pending and rows[0]["open"] == 0

        await until(is_idle)

    async def waits_for(self, found: UUID, state: str) -> None:
        """Until the send is in this state."""

        async def is_there() -> bool:
            return await self.state(found) == state

        await until(is_there)

    async def read(self, kind: type[F]) -> list[F]:
        """Everything of this kind that was published so far."""
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


def enveloped(fact: Any, *, workspace: str = WORKSPACE) -> events.Envelope[Any]:
    return events.envelope(
        fact,
        aggregate=getattr(fact, "id", None) or fact.step_id,
        revision=1,
        source="/orchestrator",
        time=utc_now(),
        workspace=workspace,
    )


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 15.0) -> None:
    """Returns as soon as it holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what it asks about has no event
            await asyncio.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


@asynccontextmanager
async def sending(
    database_url: str,
    bus: Callable[[Database], Bus],
    *,
    workspaces: Sequence[str] = (WORKSPACE,),
    carrier_account: Mapping[str, Any] | None = None,
    faults: Faults | None = None,
    pace: float = 0.0,
    account: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
    started: Service = service,
) -> AsyncIterator[Stack]:
    """A carrier, and a sender that is configured for it; `CARRIER_TOKEN` must be `TOKEN`."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    accounts = {
        sid(workspace): Account(
            TOKEN,
            numbers=(NUMBERS[workspace],),
            inbound_url=f"{public_url}/v1/sms/callbacks/main/inbound",
            **(carrier_account or {}),
        )
        for workspace in workspaces
    }
    async with AsyncExitStack() as stack:
        db = await Database.connect(database_url, size=12)
        stack.push_async_callback(db.close)
        carrier = await stack.enter_async_context(
            Carrier.serve(accounts=accounts, faults=faults or Faults(), pace=pace, webhook_tries=0)
        )
        async with db.transaction() as connection:
            for workspace in workspaces:
                given = documents(
                    carrier.base_url, workspace=workspace, account=account, sender=sender
                )
                await save(connection, given, by="test")
        clock = Shifted()
        client = await stack.enter_async_context(http.client())
        runtime = Runtime(
            settings=CommonSettings.model_validate(
                {
                    "database_url": database_url,
                    "contact_pepper": PEPPER,
                    "public_url": public_url,
                }
            ),
            db=db,
            bus=bus(db),
            http=client,
            config=ConfigReader(db),
            clock=clock,
        )
        stack.push_async_callback(runtime.bus.close)
        await runtime.bus.create_topics(topics.partitions())
        app = web.application([started], None)
        await stack.enter_async_context(running(app, runtime, [started]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        yield Stack(
            db=db,
            bus=runtime.bus,
            carrier=carrier,
            runtime=runtime,
            sender=app.state.parts[SmsSender],
            clock=clock,
            public_url=public_url,
            client=client,
        )
