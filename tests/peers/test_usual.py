"""The usual app that the bench compares us with does the same work, so that the ratio is one."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.events import Mix, configuration, contact, interactions, with_copies
from bench.peers import usual_models
from bench.peers.rules import Rules, Told, read
from bench.peers.usual_models import ContactRow, DailyAsks, InvitationRow, StepRow
from bench.peers.usual_store import Store
from bench.turns import Given, set_up
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.store import Document
from common.database import Database
from common.events import decode
from common.events.decisions import Decision, Reason
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.deciding.deciding import Deciding

PEOPLE = 60
OPTED_OUT = [contact(person) for person in range(3)]


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.bus",)


class Both:
    """Ours and the usual app, on one database: their tables are in schemas of their own."""

    def __init__(self, url: str, db: Database, documents: Sequence[Document]) -> None:
        self.url, self.documents = url, documents
        config = CurrentConfig(ConfigReader(db))
        self.ours = Deciding(db=db, bus=PgLogBus(db), config=config, may_ask=lambda: True)
        self.engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        self.db = db

    async def decide(self, count: int) -> tuple[dict[Any, Any], dict[Any, Any]]:
        """Interaction -> what either decided and why."""
        await set_up(self.url, Given(messages=(), documents=self.documents, opted_out=OPTED_OUT))
        await usual_models.set_up(self.engine)
        feed = with_copies(interactions(count, seed=3, mix=Mix(people=PEOPLE)))
        calls = [read(message.value or b"") for message in feed]
        await self.ours.on_interactions(calls)
        store = Store(
            async_sessionmaker(self.engine, expire_on_commit=False), await Rules.read(self.url)
        )
        usual: dict[Any, Any] = {}
        for call in calls:
            outcome = await store.decided(call)
            if isinstance(outcome, Told):
                usual[call.id] = _verdict(outcome.event)
            else:
                assert _verdict(outcome) == usual[call.id]  # a copy is told as the first was
        async with self.db.connection() as connection:
            rows = await connection.fetch(
                "select interaction_id, event from orchestrator.decisions"
            )
        return {row["interaction_id"]: _verdict(row["event"]) for row in rows}, usual

    async def total(self, statement: Any) -> int:
        async with self.engine.connect() as connection:
            found: int = await connection.scalar(statement)
        return found


def _verdict(event: bytes) -> Sequence[Any]:
    made: Decision = decode(event, Decision).data
    return made.reason, made.flow_id, made.channel, made.invitation_id, made.findings


@pytest.fixture
async def database_of(database: Database, database_url: str) -> AsyncIterator[Any]:
    made: list[Both] = []

    def build(documents: Sequence[Document]) -> Both:
        made.append(Both(database_url, database, documents))
        return made[-1]

    yield build
    for one in made:
        await one.engine.dispose()


async def test_it_decides_as_we_do(database_of: Any) -> None:
    both = database_of(configuration(asks=1))

    ours, usual = await both.decide(300)

    assert len(ours) == 300
    assert usual == ours
    reasons = {verdict[0] for verdict in ours.values()}
    assert reasons >= {None, Reason.OPTED_OUT, Reason.SAMPLED_OUT, Reason.FREQUENCY_CAP}
    invited = sum(verdict[0] is None for verdict in ours.values())
    for model in (InvitationRow, StepRow):
        assert await both.total(select(func.count()).select_from(model)) == invited
    assert await both.total(select(DailyAsks.asks)) == invited
    assert await both.total(select(func.count()).select_from(ContactRow)) == len(OPTED_OUT) + len(
        {verdict[3] for verdict in ours.values()} - {None}
    )


async def test_a_ceiling_that_is_full_is_found_when_it_is_counted(database_of: Any) -> None:
    documents = configuration()
    assert documents[0].body is not None
    documents[0].body["daily_ceiling"] = 10
    both = database_of(documents)

    ours, usual = await both.decide(120)

    assert sum(verdict[0] is None for verdict in usual.values()) == 10
    assert {key: verdict[:2] for key, verdict in usual.items()} == {
        key: verdict[:2] for key, verdict in ours.items()
    }
    assert await both.total(select(DailyAsks.asks)) == 10
