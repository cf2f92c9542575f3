"""A channel sender on a database of its own; nothing of it runs by itself."""

from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from channel.content import Content, Text
from channel.providers import (
    Access,
    CallbackRequest,
    CallbackResponse,
    Credentials,
    Listed,
    OutgoingMessage,
    ProviderEvent,
)
from channel.sender import ChannelSender
from channel.store.outcomes import Accepted, InboundMessage, Outcome, Report
from common import dialogue, http
from common.bus.pglog import PgLogBus
from common.config import ConfigReader, TwilioSmsAccount
from common.config.store import Document, save
from common.database import Database
from common.dialogue import Output
from common.events.questionnaire import Questionnaire
from common.events.sends import Step
from common.events.values import Channel
from common.process.runtime import Runtime
from common.process.settings import CommonSettings
from common.testing.databases import Package
from common.time import utc_now

OURS = "+12025550190"
DOCUMENTS = (
    ("workspace", {"id": "acme", "name": "Acme"}),
    (
        "account",
        {
            "id": "main",
            "account_sid": "AC1",
            "auth_token": "env:AFTERCALL_SECRET_NONE",
            "senders": [{"number": OURS, "per_second": 1000}],
        },
    ),
    ("flow", {"id": "flow", "survey": "after-call", "enabled": True}),
)


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.config", "common.bus", ("sms_sender", "channel"))


@dataclass(slots=True)
class Postbox:
    """A provider that takes everything and tells nothing."""

    posted: list[OutgoingMessage] = field(default_factory=list)

    async def send(self, access: Access[TwilioSmsAccount], message: OutgoingMessage) -> Outcome:
        self.posted.append(message)
        return Accepted(f"SM{len(self.posted)}")

    async def sent(
        self, access: Access[TwilioSmsAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        return []

    async def credentials(self, access: Access[TwilioSmsAccount]) -> Credentials:
        return Credentials(said="all are welcome")

    def verify(
        self, request: CallbackRequest, account: TwilioSmsAccount, secrets: Mapping[str, str]
    ) -> bool:
        return False

    def signed_by(self, account: TwilioSmsAccount, secrets: Mapping[str, str]) -> Hashable:
        return account.account_sid

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        return None

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        return None

    def inbound(self, fields: Mapping[str, Any]) -> InboundMessage | None:
        return None

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        return CallbackResponse()


class Words:
    """Everything as text."""

    def ask(self, step: Step) -> Content:
        return Text(text=dialogue.opening_text(step.questionnaire, step.variables))

    reminder = ask

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Content:
        return Text(text=dialogue.spoken(questionnaire, output, variables))

    def notice(self, text: str, language: str) -> Content:
        return Text(text=text)


@dataclass(slots=True)
class Shifted:
    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset


@pytest.fixture
async def sender(database: Database) -> AsyncIterator[ChannelSender]:
    async with database.transaction() as connection:
        documents = [
            Document(workspace="acme", kind=kind, id=str(body["id"]), body=body)
            for kind, body in DOCUMENTS
        ]
        await save(connection, documents, by="test")
    settings = {"database_url": "postgresql://given", "contact_pepper": "pepper of the tests"}
    bus = PgLogBus(database)
    async with http.client() as client:
        runtime = Runtime(
            settings=CommonSettings.model_validate(settings),
            db=database,
            bus=bus,
            http=client,
            config=ConfigReader(database),
            clock=Shifted(),
        )
        yield ChannelSender(
            runtime=runtime,
            name="sms_sender",
            channel=Channel.SMS,
            providers={"twilio": Postbox()},
            renderer=Words(),
        )
    await bus.close()
