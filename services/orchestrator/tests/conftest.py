"""A workspace on a real database and the real log; time stands still unless a test moves it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from common.events import TYPES, Envelope, decode, envelope, type_of
from common.events.calls import Interaction, InteractionAmended
from common.events.consent import ConsentChanged
from common.events.responses import Response
from common.events.sends import Delivery
from common.streams.consumer import Finish
from common.streams.outbox import Relay
from common.topics import DELIVERIES, partitions
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.consent.consent import Consent
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.deciding.amending import Amending
from orchestrator.service.deciding.deciding import Deciding
from orchestrator.service.erasing.deleting import Deleting
from orchestrator.service.erasing.erasures import Erasure, Erasures
from orchestrator.service.schedule.dispatching import Dispatching
from orchestrator.service.schedule.outcomes import Outcomes
from orchestrator.service.schedule.overdue import Overdue
from orchestrator.service.schedule.stopping import Stopping
from orchestrator.testing import CALLER, NOW, contact_of, documents, viewed

YEAR = timedelta(days=365)


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.bus", "common.config", "orchestrator")


@dataclass(slots=True)
class Orchestra:
    """One replica of the service, without its loops: a test calls what a loop would call."""

    db: Database
    bus: PgLogBus
    now: datetime = NOW
    consent_is_fresh: bool = True
    reports_are_fresh: bool = True
    vendors: frozenset[str] = frozenset()
    deciding: Deciding = field(init=False)
    dispatching: Dispatching = field(init=False)
    overdue: Overdue = field(init=False)

    def __post_init__(self) -> None:
        config = CurrentConfig(ConfigReader(self.db))
        shared: dict[str, Any] = {
            "db": self.db,
            "bus": self.bus,
            "config": config,
            "may_ask": lambda: self.consent_is_fresh,
            "clock": lambda: self.now,
        }
        self.deciding = Deciding(**shared)
        self.dispatching = Dispatching(**shared)
        del shared["bus"], shared["may_ask"]
        self.overdue = Overdue(**shared, has_heard=lambda: self.reports_are_fresh)

    @property
    def consent(self) -> Consent:
        return Consent(self.db, ConfigReader(self.db), lambda: self.now)

    @property
    def outcomes(self) -> Outcomes:
        return Outcomes(self.db, self.dispatching.config, lambda: self.now)

    @property
    def amending(self) -> Amending:
        return Amending(self.db, self.bus, lambda: self.now)

    @property
    def configuring(self) -> Configuring:
        return Configuring(Applying(self.db, self.stopping, self.vendors, clock=lambda: self.now))

    @property
    def stopping(self) -> Stopping:
        return Stopping(db=self.db, clock=lambda: self.now)

    @property
    def erasures(self) -> Erasures:
        return Erasures(db=self.db, clock=lambda: self.now)

    async def erase(self, number: str = CALLER) -> Erasure:
        """With all that follows here."""
        made = await self.erasures.erase("acme", contact_of(number), by="test", known=False)
        deleting = Deleting(db=self.db, clock=lambda: self.now)
        while await deleting.look():
            pass
        return made

    async def switch_off(self) -> None:
        """With all that follows."""
        await self.configuring.switch_flow("acme", "csat-flow", enabled=False, by="test")
        await self.stopping.finish("acme", ["csat-flow"])

    async def configure(self, **changes: Any) -> None:
        """Applies `documents(**changes)`; its flows have been on for a year."""
        await self.configuring.apply("acme", documents(**changes), by="test")
        async with self.db.connection() as connection:
            await connection.execute(
                "update config.documents set enabled_since = $1 where enabled_since is not null",
                NOW - YEAR,
            )
            await connection.execute("update config.version set version = version + 1")

    async def commit(self, *interactions: Interaction) -> Finish:
        """Decides and dies before publishing, unless the test awaits what it returns."""
        return await self.deciding.on_interactions([viewed(one) for one in interactions])

    async def take(self, *interactions: Interaction) -> None:
        """Decides and publishes."""
        finish = await self.commit(*interactions)
        await finish()

    async def hear(self, *changes: ConsentChanged) -> None:
        await self.consent.on_changes([self._event(one, one.id) for one in changes])

    async def report(self, *deliveries: Delivery) -> None:
        await self.outcomes.on_deliveries([self._event(one, one.step_id) for one in deliveries])

    async def report_all(self) -> None:
        """Everything that is on `deliveries`."""
        await self.outcomes.on_deliveries(await self.published(DELIVERIES))

    async def answer(self, response: Response) -> None:
        await self.outcomes.on_responses([self._event(response, response.id)])

    async def amend(self, interaction: Interaction, *, revision: int) -> None:
        await self.amend_all((interaction, revision))

    async def amend_all(self, *told: tuple[Interaction, int]) -> None:
        """In one batch."""
        facts = [InteractionAmended(interaction=one, revision=number) for one, number in told]
        events = [self._event(fact, fact.interaction.id) for fact in facts]
        finish = await self.amending.on_amended(events)
        await finish()

    def _event(self, fact: Any, aggregate: UUID) -> Envelope[Any]:
        return envelope(
            fact,
            aggregate=aggregate,
            revision=0,
            source="/test",
            time=self.now,
            workspace="acme",
        )

    async def until_waiting(self, count: int) -> None:
        """So many sessions wait for a lock of this database."""
        for _ in range(5000):
            [row] = await self.rows(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )
            if row["count"] >= count:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"fewer than {count} wait")

    async def published(self, topic: str) -> list[Envelope[Any]]:
        """Everything on a topic so far, the outbox relayed, per partition in order."""
        await Relay(self.db, self.bus, "orchestrator").drain()
        found: list[Envelope[Any]] = []
        async with self.bus.subscribe(f"test-{id(found)}", [topic]) as subscription:
            while polled := await subscription.poll(max_records=1000, timeout=0.05):
                for records in polled.values():
                    values = [record.value for record in records if record.value is not None]
                    found += [decode(value, TYPES[type_of(value)]) for value in values]
        return found

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.db.connection() as connection:
            return list(await connection.fetch(query, *values))

    async def status(self, invitation: Any) -> tuple[str, str | None]:
        """(status, reason)."""
        rows = await self.rows(
            "select status, reason from orchestrator.invitations where id = $1", invitation
        )
        return rows[0]["status"], rows[0]["reason"]

    async def steps(self, invitation: Any) -> list[tuple[int, str, str, str, str | None]]:
        """(number, kind, channel, state, reason) of each."""
        rows = await self.rows(
            "select number, kind, channel, state, reason from orchestrator.steps"
            " where invitation_id = $1 order by number",
            invitation,
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def empty(database: Database, pglog_bus: PgLogBus) -> Orchestra:
    """Without configuration."""
    await pglog_bus.create_topics(partitions())
    return Orchestra(database, pglog_bus)


@pytest.fixture
async def orchestra(empty: Orchestra) -> Orchestra:
    """Configured with one flow that asks about every connected call."""
    await empty.configure()
    return empty


@pytest.fixture
async def replica(database_url: str, orchestra: Orchestra) -> AsyncIterator[Orchestra]:
    """Another process of the same service."""
    pool = await Database.connect(database_url, size=4)
    yield Orchestra(pool, PgLogBus(pool))
    await pool.close()


@pytest.fixture
async def replicas(database_url: str, orchestra: Orchestra) -> AsyncIterator[list[Orchestra]]:
    """Three of them, each with its own connections."""
    pools = [await Database.connect(database_url, size=4) for _ in range(3)]
    yield [Orchestra(pool, PgLogBus(pool)) for pool in pools]
    for pool in pools:
        await pool.close()
