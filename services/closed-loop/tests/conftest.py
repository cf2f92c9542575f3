"""A running closed loop, whose clock can be moved, and people who receive webhooks."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from closed_loop.app import service
from closed_loop.service.intake import Intake
from closed_loop.service.parts import Parts
from closed_loop.testing import Receiver, receiving
from closed_loop.testing.running import Loop, MovedClock, configure
from common.bus import Bus
from common.config import ConfigReader
from common.database import Database
from common.http import client
from common.process.runtime import Runtime, Service
from common.process.service import running
from common.process.settings import CommonSettings
from common.process.web import application
from common.topics import partitions
from tests.contracts.conforming import conforming


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus", "closed_loop")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def another() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def intake(database: Database) -> Intake:
    """Of the workspaces `acme` and `other`; nothing is sent."""
    await configure(database)
    return Intake(db=database, config=ConfigReader(database), committed=lambda: None)


@pytest.fixture
def services() -> Sequence[Service]:
    """What runs in one process, as `aftercall up` runs all of them."""
    return [service]


@pytest.fixture
def topics(pglog_bus: Bus) -> Bus:
    """What it reads from."""
    return pglog_bus


@pytest.fixture
def timeout() -> str:
    """Seconds for an answer."""
    return "10"


@pytest.fixture
def most_mails() -> int:
    """Of a workspace in a day."""
    return 100


@pytest.fixture
async def loop(
    database: Database,
    database_url: str,
    services: Sequence[Service],
    topics: Bus,
    timeout: str,
    most_mails: int,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Loop]:
    """Webhooks may go to this machine's own address, as the operator allows."""
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_HOSTS", "127.0.0.1")
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_TIMEOUT", timeout)
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_MOST_MAILS", str(most_mails))
    await configure(database)
    settings = CommonSettings.model_validate(
        {"database_url": database_url, "contact_pepper": "the pepper of the tests"}
    )
    clock = MovedClock()
    async with client() as outgoing:
        runtime = Runtime(
            settings=settings,
            db=database,
            bus=topics,
            http=outgoing,
            config=ConfigReader(database),
            clock=clock,
        )
        await runtime.bus.create_topics(partitions())
        app = application(services, None)
        transport = httpx.ASGITransport(app)
        async with (
            running(app, runtime, services),
            httpx.AsyncClient(
                transport=transport,
                base_url="http://closed-loop",
                event_hooks={"response": [conforming("closed-loop")]},
            ) as http,
        ):
            yield Loop(http, runtime, clock, app.state.parts[Parts])
