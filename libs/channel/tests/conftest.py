"""A kit on a database of its own; nothing of it runs by itself."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from channel.incoming.inbox import Callback
from channel.outgoing.carriers import Listed
from channel.outgoing.claims import Claimed, Lane
from channel.sender import ChannelSender, Ports
from channel.store.outcomes import Accepted, Inbound, Outcome, Report
from common import dialogue, http
from common.bus.pglog import PgLogBus
from common.config import Account, Config, ConfigReader, Sender
from common.config.store import Document, save
from common.database import Database
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
            "auth_token": "env:NONE",
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
    """A carrier that takes everything."""

    posted: list[Claimed] = field(default_factory=list)

    async def post(self, account: Account, lane: Lane, claimed: Claimed) -> Outcome:
        self.posted.append(claimed)
        return Accepted(f"SM{len(self.posted)}")

    async def look_up(
        self, account: Account, lane: Lane, address: str, *, since: datetime
    ) -> Sequence[Listed] | None:
        return []

    async def close(self) -> None: ...


class FirstSender:
    def sender(self, config: Config, workspace: str, step: Step) -> tuple[Account, Sender] | None:
        account = config.workspaces[workspace].accounts["main"]
        return account, account.senders[0]

    def text(self, step: Step) -> str:
        return dialogue.opening_text(step.questionnaire, step.variables)


class NoCallbacks:
    def report(self, callback: Callback) -> Report | None:
        return None

    def inbound(self, callback: Callback) -> Inbound | None:
        return None


@dataclass(slots=True)
class Shifted:
    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset


@pytest.fixture
async def kit(database: Database) -> AsyncIterator[ChannelSender]:
    async with database.transaction() as connection:
        documents = [
            Document(workspace="acme", kind=kind, id=str(body["id"]), body=body)
            for kind, body in DOCUMENTS
        ]
        await save(connection, documents, by="test")
    settings = {"database_url": "given", "contact_pepper": "pepper of the tests"}
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
        ports = Ports(carrier=Postbox(), planning=FirstSender(), understanding=NoCallbacks())
        yield ChannelSender(runtime, "sms_sender", Channel.SMS, ports)
    await bus.close()
